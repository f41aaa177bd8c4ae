"""`build` of Flux repositories that install charts of their own: helm renders them, as Flux would."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.builds import home, laid
from tests.e2e.manifests import documents, name
from tests.tools import environment, require, run, succeeded

pytestmark = pytest.mark.e2e

_APP = "kubernetes/apps/media/web/app"
_SOURCE = "{kind: GitRepository, name: flux-system, namespace: flux-system}"
_CHART = {
    "charts/mail/Chart.yaml": "{apiVersion: v2, name: mail, version: 0.1.0}",
    "charts/mail/values.yaml": "{image: mail, port: 25, env: [], command: [mail]}\n",
    "charts/mail/values-home.yaml": "{image: home/mail, port: 587, env: [{name: AT, value: home}]}\n",
    "charts/mail/templates/mail.yaml": """\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "{{ .Release.Name }}"}
        spec:
          selector: {matchLabels: {app: mail}}
          template:
            metadata: {labels: {app: mail}}
            spec:
              containers:
                - name: mail
                  image: {{ .Values.image }}
                  command: {{ .Values.command | default list | toJson }}
                  ports: [{containerPort: {{ .Values.port }}}]
                  env:
                    {{- toYaml .Values.env | nindent 20 }}
        """,
}


@pytest.fixture(autouse=True)
def tools() -> None:
    require("kustomize")
    require("helm")


def _repository(tmp_path: Path, spec: str, more: dict[str, str] | None = None, chart: str = "") -> Path:
    release = f"""\
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {{name: mail}}
        spec: {{chart: {{spec: {{chart: ./charts/mail, sourceRef: {_SOURCE}{chart}}}}}{spec}}}
        """
    return laid(tmp_path, home() | _CHART | {f"{_APP}/service.yaml": release} | (more or {}))


def _made(root: Path) -> tuple[dict[str, dict], list[str]]:
    done = run(["cilium-policies", "build", root])
    return {name(one): one for one in documents(succeeded(done))}, done.stderr.splitlines()


def _container(found: dict[str, dict], of: str = "Deployment media/my-mail") -> dict:
    (container,) = found[of]["spec"]["template"]["spec"]["containers"]
    return container


def test_a_chart_of_the_repository_is_rendered_in_the_place_of_its_release(tmp_path):
    found, lines = _made(_repository(tmp_path, ", values: {port: 2525, env: [{name: HOST, value: relay}]}"))
    assert "HelmRelease media/my-mail" not in found
    assert _container(found) == {
        "name": "mail",
        "image": "mail",
        "command": ["mail"],
        "ports": [{"containerPort": "2525"}],
        "env": [{"name": "HOST", "value": "relay"}],
    }
    labels = found["Deployment media/my-mail"]["metadata"]["labels"]
    assert labels["helm.toolkit.fluxcd.io/name"] == "my-mail"
    assert labels["kustomize.toolkit.fluxcd.io/name"] == "web"
    assert not any("charts/mail" in line for line in lines)


def test_a_release_is_called_and_placed_as_flux_does_it(tmp_path):
    found, _ = _made(_repository(tmp_path, ", targetNamespace: post"))
    assert "Deployment post/post-my-mail" in found


def test_values_lie_over_each_other_as_flux_lays_them(tmp_path):
    """`valuesFiles` instead of the chart's own, a ConfigMap over them, `values` over that; a path of its own above."""
    more = {
        f"{_APP}/deployment.yaml": """\
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: mail}
        data: {values.yaml: "{image: from/map}", port: "993", other: "{port: 1}"}
        """
    }
    chart = ", valuesFiles: [./charts/mail/values-home.yaml]"
    # the kustomization of home() gives names a prefix, and knows no field of a HelmRelease
    refer = "{kind: ConfigMap, name: my-mail, valuesKey: %s%s}"
    told = [refer % ("port", ", targetPath: port"), refer % ("values.yaml", ""), refer % ("other", "")]
    root = _repository(tmp_path, f", valuesFrom: [{', '.join(told)}], values: {{port: 143}}", more, chart)
    found, _ = _made(root)
    assert _container(found) == {
        "name": "mail",
        "image": "from/map",
        "command": [],
        "ports": [{"containerPort": "993"}],
        "env": [{"name": "AT", "value": "home"}],
    }


def test_a_key_twice_in_what_a_chart_prints_is_the_last_one(tmp_path):
    """As Argo CD's charts have it (test_build_argo_starts.py): helm prints such, and Kubernetes takes the last."""
    chart = _CHART["charts/mail/templates/mail.yaml"].replace(
        "image: {{ .Values.image }}\n", "image: first\n                  image: {{ .Values.image }}\n"
    )
    found, _ = _made(_repository(tmp_path, "", {"charts/mail/templates/mail.yaml": chart}))
    assert _container(found)["image"] == "mail"


def test_of_a_secret_nothing_is_read(tmp_path):
    """A single value is a variable that nothing sets; of a whole file of values nobody knows what it changes."""
    one = "{kind: Secret, name: keys, valuesKey: db-host, targetPath: 'env[0].value'}"
    env = "values: {env: [{name: DB, value: ''}, {name: PLAIN, value: x}]}"
    found, lines = _made(_repository(tmp_path, f", valuesFrom: [{one}], {env}"))
    assert _container(found)["env"] == [
        {"name": "DB", "value": "${unread_keys_db_host}"},
        {"name": "PLAIN", "value": "x"},
    ]
    elsewhere = "{kind: Secret, name: keys, valuesKey: image, targetPath: image}"
    found, lines = _made(_repository(tmp_path / "b", f", valuesFrom: [{elsewhere}]"))
    assert "HelmRelease media/my-mail" in found
    assert any("stands elsewhere than in a variable" in line for line in lines)
    member = "{kind: Secret, name: keys, valuesKey: name, targetPath: 'env[0].name'}"
    found, lines = _made(_repository(tmp_path / "d", f", valuesFrom: [{member}], {env}"))
    assert "HelmRelease media/my-mail" in found
    found, lines = _made(_repository(tmp_path / "c", ", valuesFrom: [{kind: Secret, name: keys}]"))
    assert "HelmRelease media/my-mail" in found
    assert (
        "cilium-policies: HelmRelease media/my-mail: its chart, charts/mail in this repository, is not rendered, "
        "so only its values are known: its values of Secret keys are not known here"
    ) in lines


def test_what_flux_patches_in_what_helm_renders_is_patched(tmp_path):
    patch = (
        '{target: {kind: Deployment}, patch: "- op: replace\\n'
        '  path: /spec/template/spec/containers/0/ports/0/containerPort\\n  value: 26"}'
    )
    images = "[{name: mail, newName: registry.example.com/mail}]"
    spec = f", postRenderers: [{{kustomize: {{patches: [{patch}], images: {images}}}}}]"
    found, _ = _made(_repository(tmp_path, spec))
    assert _container(found)["ports"] == [{"containerPort": "26"}]
    assert _container(found)["image"] == "registry.example.com/mail"


def test_a_chart_that_needs_another_from_elsewhere_stays_a_release(tmp_path):
    chart = "{apiVersion: v2, name: mail, version: 0.1.0, dependencies: [{name: redis, version: 1.0.0, repository: 'https://charts.example.com'}]}"
    found, lines = _made(_repository(tmp_path, "", {"charts/mail/Chart.yaml": chart}))
    assert "HelmRelease media/my-mail" in found
    assert any(line.endswith("its chart redis would have to be fetched") for line in lines)


def test_without_helm_it_stays_a_release(tmp_path):
    root = _repository(tmp_path / "repository", "")
    only = tmp_path / "bin"
    only.mkdir()
    for tool in ("kustomize", "cilium-policies"):
        (only / tool).symlink_to(str(shutil.which(tool, path=environment()["PATH"])))
    done = run(["cilium-policies", "build", root], env={"PATH": str(only)})
    found = {name(one) for one in documents(succeeded(done))}
    assert "HelmRelease media/my-mail" in found
    assert any(line.endswith("helm is not in PATH") for line in done.stderr.splitlines())
