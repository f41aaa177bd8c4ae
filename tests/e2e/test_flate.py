"""`build --with flate`, with the real flate on a chart that lies in the repository: nothing is fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builds import home, laid
from tests.e2e.manifests import documents, name, policies
from tests.tools import require, run, succeeded

pytestmark = pytest.mark.e2e

SOURCE = "{kind: GitRepository, name: flux-system, namespace: flux-system}"
GIT = {".git/HEAD": "ref: refs/heads/main\n"}  # by this flate finds where paths begin
FILES = (
    home()
    | GIT
    | {
        "kubernetes/flux/cluster/source.yaml": """\
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: GitRepository
        metadata: {name: flux-system, namespace: flux-system}
        spec: {url: "https://git.example.com/home"}
        """,
        "charts/mail/Chart.yaml": "apiVersion: v2\nname: mail\nversion: 1.0.0\n",
        "charts/mail/values.yaml": "port: 25\n",
        "charts/mail/templates/deployment.yaml": """\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "{{ .Release.Name }}-server"}
        spec:
          selector: {matchLabels: {app: mail}}
          template:
            metadata: {labels: {app: mail}}
            spec:
              containers:
                - name: mail
                  image: example.com/mail:1
                  ports: [{name: smtp, containerPort: {{ .Values.port }}}]
        """,
        "charts/mail/templates/service.yaml": """\
        apiVersion: v1
        kind: Service
        metadata: {name: "{{ .Release.Name }}"}
        spec: {selector: {app: mail}, ports: [{name: smtp, port: 25, targetPort: smtp}]}
        """,
        # The name of the release is a variable of its Kustomization, and a prefix stands before it.
        "kubernetes/apps/media/web/app/service.yaml": f"""\
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {{name: "${{APP}}-mail"}}
        spec: {{interval: 1h, chart: {{spec: {{chart: ./charts/mail, sourceRef: {SOURCE}}}}}, values: {{port: 2525}}}}
        """,
    }
)


@pytest.fixture(autouse=True)
def tools() -> None:
    require("kustomize", "flate")


def built(root: Path, *options: str) -> tuple[str, list[str]]:
    done = run(["cilium-policies", "build", *options, root])
    return succeeded(done), done.stderr.splitlines()


def test_a_chart_of_the_repository_is_rendered(tmp_path):
    """As helm alone renders it."""
    plain, said = built(laid(tmp_path, FILES))
    assert not any("not rendered" in line for line in said)
    stream, said = built(tmp_path, "--with", "flate")
    assert not any("not rendered" in line for line in said)
    assert said[-1].startswith("cilium-policies: kustomize and flate built 4 Kustomizations")

    made = {name(doc) for doc in documents(stream)}
    assert made == {name(doc) for doc in documents(plain)}
    assert {"Deployment media/my-web-mail-server", "Service media/my-web-mail"} <= made
    assert "HelmRelease media/my-web-mail" not in made
    (server,) = [doc for doc in documents(stream) if name(doc) == "Deployment media/my-web-mail-server"]
    assert server["spec"]["template"]["spec"]["containers"][0]["ports"] == [
        {"containerPort": "2525", "name": "smtp"}
    ]
    assert server["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] == "web"
    made = policies(succeeded(run(["cilium-policies", "--only-policies"], stdin=stream)))
    assert made["media/my-web-mail-server"]["spec"]["endpointSelector"]["matchLabels"] == {"app": "mail"}


def test_a_chart_that_cannot_be_fetched_stays_a_release_and_is_said(tmp_path):
    remote = FILES["kubernetes/apps/media/web/app/service.yaml"].replace("./charts/mail", "./charts/none")
    stream, said = built(
        laid(tmp_path, FILES | {"kubernetes/apps/media/web/app/service.yaml": remote}), "--with", "flate"
    )
    assert "HelmRelease media/my-web-mail" in {name(doc) for doc in documents(stream)}
    (line,) = [line for line in said if "not rendered" in line]
    assert line.startswith("cilium-policies: HelmRelease media/my-web-mail: not rendered: ")
    assert "charts/none" in line


def test_what_flate_says_of_a_kustomization_is_the_reason(tmp_path):
    """Without `.git` it finds no folder of a Kustomization, and so no release."""
    files = {path: text for path, text in FILES.items() if path not in GIT}
    _, said = built(laid(tmp_path, files), "--with", "flate")
    (line,) = [line for line in said if "not rendered" in line]
    assert "media/my-web-mail: not rendered: flate: Kustomization flux-system/cluster-" in line


def test_without_a_chart_it_gives_what_kustomize_gives(tmp_path):
    root = laid(tmp_path, home() | GIT)
    assert built(root, "--with", "flate")[0] == built(root)[0]
