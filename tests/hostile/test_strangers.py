"""`build` on a stranger's repository, as a pipeline does with each pull request: nothing that it says is executed, and
nothing beside it is read, written or removed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.builds import ks, laid
from tests.e2e.test_build_argo import HERE, application, application_set
from tests.hostile.trees import built
from tests.tools import require

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("builders")]
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: a}\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that leaves a file beside it."""
    place = tmp_path / "program.sh"
    place.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n")
    place.chmod(0o755)
    return place


@pytest.mark.parametrize(
    "option", ["--post-renderer={}", "--post-renderer", "-f{}", "--repository-config={}"]
)
def test_a_release_is_called_no_option_of_helm(tmp_path: Path, program: Path, option: str) -> None:
    helm = f'path: charts/web\nhelm: {{releaseName: "{option.format(program)}"}}\n'
    root = tmp_path / "root"
    laid(
        root,
        {
            "a.yaml": application("web", helm),
            "charts/web/Chart.yaml": CHART,
            "charts/web/templates/a.yaml": MAP,
        },
    )
    done = built(root)
    assert not (tmp_path / "ran").exists()
    assert b"invalid release name" in done.stderr
    assert b"kind: ConfigMap" not in done.stdout


def test_a_base_on_this_disk_has_git_start_nothing(tmp_path: Path, program: Path) -> None:
    """kustomize hands the `ref` to `git fetch`, where it may be an option."""
    require("git")
    subprocess.run(("git", "init", "-q", str(tmp_path / "base")), check=True)
    base = f"file://{tmp_path}/base?ref=--upload-pack={program}"
    done = built(laid(tmp_path / "root", {"kustomization.yaml": f'resources: ["{base}"]\n'}))
    assert not (tmp_path / "ran").exists()
    assert done.returncode == 1


@pytest.mark.parametrize("key", ["generators", "transformers", "validators"])
@pytest.mark.parametrize(
    "how", ["exec: {path: %s}", "container: {image: x, network: true}", "starlark: {path: %s}"]
)
def test_no_function_is_run(tmp_path: Path, program: Path, key: str, how: str) -> None:
    function = how.replace("%s", str(program))
    config = (
        "apiVersion: x.example.com/v1\nkind: X\nmetadata:\n  name: x\n  annotations:\n"
        f'    config.kubernetes.io/function: "{function}"\n'
    )
    made = {"kustomization.yaml": f"resources: [a.yaml]\n{key}: [x.yaml]\n", "a.yaml": MAP, "x.yaml": config}
    assert built(laid(tmp_path / "root", made)).returncode == 1
    assert not (tmp_path / "ran").exists()


SECRET = "tigsecret"
# Ways of a kustomization out of the folder of the repository, `{}`, to a file beside it, and what else they need.
LEAVING = {
    "file": ("configMapGenerator: [{{name: a, files: [x={}/own.yaml]}}]\n", {}),
    "above": ("configMapGenerator: [{{name: a, files: [../../../own.yaml]}}]\n", {}),
    "envs": ("configMapGenerator: [{{name: a, envs: [{}/own.env]}}]\n", {}),
    "secret": ("secretGenerator: [{{name: a, env: {}/own.env}}]\n", {}),
    "resource": ("resources: [../../../own.yaml]\n", {}),
    "dots": ("resources: [./x/../../.././../own.yaml]\n", {"x/a": ""}),
    "base": ("resources: [../../../own]\n", {}),
    "component": ("components: [../../../own]\n", {}),
    "patch": ("resources: [web.yaml]\npatches: [{{path: ../../../own.yaml}}]\n", {}),
    "deep": ("resources: [../b]\n", {"../b/kustomization.yaml": "resources: [.c]\n",
                                    "../b/.c/kustomization.yaml": "resources: [../../../../own.yaml]\n"}),
    "generator": ("generators: [g.yaml]\n", {
        "g.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {{name: a}}\nfiles: [x={}/own.yaml]\n"}),
    "generators": ("generators: [g]\n", {"g/kustomization.yaml": "resources: [g.yaml]\n",
        "g/g.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {{name: a}}\nenvs: [{}/own.env]\n"}),
    "inline": ("resources: [web.yaml]\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n"
               "  metadata: {{name: a}}\n  path: {}/own.yaml\n  target: {{kind: ConfigMap}}\n", {}),
    "values": ("helmCharts: [{{name: a, repo: 'https://x.example.com', valuesFile: ../../../own.yaml}}]\n", {}),
    "git": ("configMapGenerator: [{{name: a, files: [../../.git/config]}}]\n", {}),
    "link": ("resources: [link.yaml]\n", {"link.yaml": Path("../../../own.yaml")}),
    "links": ("configMapGenerator: [{{name: a, files: [x/y/own.env]}}]\n", {"x": Path(".."), "y": Path("../..")}),
    "bare": ("configMapGenerator: [{{name: a, files: [link]}}]\n", {"link": Path("../../../own.yaml")}),
}  # fmt: skip


def beside(tmp_path: Path, how: str) -> Path:
    """A repository with `apps/web`, whose kustomization leaves it so, and what its reader has beside it."""
    own = MAP.replace("namespace: a", f"namespace: a, annotations: {{x: {SECRET}}}")
    laid(
        tmp_path,
        {"own.yaml": own, "own.env": f"A={SECRET}\n", "own/kustomization.yaml": "resources: [../own.yaml]\n"},
    )
    root = tmp_path / "root"
    laid(
        root,
        {
            ".git/config": f"[http]\n\textraheader = {SECRET}\n",
            "apps/web/web.yaml": MAP.replace("web", "first"),
        },
    )
    text, more = LEAVING[how]
    for path, content in {"kustomization.yaml": text, **more}.items():
        place = root / "apps/web" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            place.symlink_to(content)
        else:
            place.write_text(content.format(tmp_path))
    return root


@pytest.mark.parametrize("how", LEAVING)
@pytest.mark.parametrize("kind", ["plain", "flux", "argo"])
def test_nothing_beside_the_repository_is_read(tmp_path: Path, kind: str, how: str) -> None:
    root = beside(tmp_path, how)
    laid(root, {
        "flux": {"clusters/home/ks.yaml": ks("web", "./apps/web")},
        "argo": {"app.yaml": application("web", "path: apps/web\n")},
    }.get(kind, {}))  # fmt: skip
    done = built(root)
    assert SECRET.encode() not in done.stdout
    assert SECRET.encode() not in done.stderr
    assert done.returncode == 1 or kind == "argo"
    if "link" not in how and how != "bare":  # Flux fetches no links
        assert b"leads out of the repository" in done.stderr


def test_kustomizations_may_lie_on_one_another_without_end(tmp_path: Path) -> None:
    """Each calls for the next one here: Python allows for less."""
    root = laid(
        tmp_path, {".git/config": "", "0/kustomization.yaml": "resources: [../1, a.yaml]\n", "0/a.yaml": MAP}
    )
    for number in range(1, 700):
        laid(root, {f"{number}/kustomization.yaml": f"resources: [../{number + 1}]\n"})
    laid(root, {"700/kustomization.yaml": "resources: [../../own.yaml]\n"})
    (tmp_path.parent / "own.yaml").write_text(MAP)
    assert b"../../own.yaml leads out of the repository" in built(root).stderr
    laid(root, {"700/kustomization.yaml": "resources: [../0/a.yaml]\n"})
    assert b"more than 200 deep" in built(root).stderr


def test_what_lies_in_the_repository_is_read(tmp_path: Path) -> None:
    root = beside(tmp_path, "base")
    files = {
        "apps/web/kustomization.yaml": "resources: [../../.b, ../../vendor/c.yaml, link.yaml]\n"
        "configMapGenerator: [{name: x, files: [k=../../.b/x.env]}]\n",
        ".b/kustomization.yaml": "resources: [b.yaml]\n",
        ".b/b.yaml": MAP.replace("web", "b"),
        ".b/x.env": "A=1\n",
        "vendor/c.yaml": MAP.replace("web", "c"),
    }
    laid(root, files)
    (root / "apps/web/link.yaml").symlink_to("web.yaml")
    done = built(root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"\nkind: ConfigMap") == 4


@pytest.mark.parametrize(
    ("link", "to", "said"),
    [
        ("files/x", "{}/own.yaml", "leads out of the repository"),
        ("files/x", "../../../.git/config", "leads out of the repository"),
        ("templates/x", "/", "leads out of the repository"),
        ("templates/x", "..", "leads back to itself"),
        ("values.yaml", "../../../own.yaml", "leads out of the repository"),
        ("Chart.yaml", "../../../own.yaml", "leads out of the repository"),
    ],
)
def test_a_chart_has_no_links_out_of_the_repository(tmp_path: Path, link: str, to: str, said: str) -> None:
    root = beside(tmp_path, "base")
    chart = {
        "Chart.yaml": CHART,
        "templates/a.yaml": 'a: {{ .Values | toJson }} {{ .Files.Get "files/x" }}\n',
    }
    laid(root / "charts/web", {path: text for path, text in chart.items() if path != link})
    laid(root, {"app.yaml": application("web", "path: charts/web\n")})
    (root / "charts/web" / link).parent.mkdir(exist_ok=True)
    (root / "charts/web" / link).symlink_to(to.format(tmp_path))
    done = built(root)
    assert said in done.stderr.decode()
    assert SECRET.encode() not in done.stdout + done.stderr


def test_links_to_links_make_no_chart_without_end(tmp_path: Path) -> None:
    """Of thirty folders with two links each, each to the next one, a thousand million would be copied."""
    root = laid(tmp_path / "root", {"app.yaml": application("web", "path: charts/web\n")})
    laid(root / "charts/web", {"Chart.yaml": CHART, "templates/a.yaml": MAP})
    for number in range(30):
        laid(root, {f"many/{number}/a": ""})
        for name in "xy":
            (root / f"many/{number}/{name}").symlink_to(f"../{number + 1}" if number < 29 else "a")
    (root / "charts/web/many").symlink_to("../../many/0")
    assert b"more than 20000 files" in built(root).stderr


@pytest.mark.parametrize("kind", ["valueFiles: [link.yaml]", "fileParameters: [{name: x, path: link.yaml}]"])
def test_values_are_read_through_no_link_out_of_the_repository(tmp_path: Path, kind: str) -> None:
    root = beside(tmp_path, "base")
    laid(
        root,
        {
            "app.yaml": application("web", f"path: charts/web\nhelm: {{{kind}}}\n"),
            "charts/web/Chart.yaml": CHART,
        },
    )
    (root / "charts/web/link.yaml").symlink_to("../../../own.yaml")
    done = built(root)
    assert b"is not in the repository" in done.stderr
    assert SECRET.encode() not in done.stdout


def test_plain_manifests_are_read_through_no_link_out_of_the_repository(tmp_path: Path) -> None:
    root = beside(tmp_path, "base")
    (root / "apps/web/kustomization.yaml").unlink()
    (root / "apps/web/link.yaml").symlink_to("../../../own.yaml")
    (root / "apps/more").symlink_to("../../own")
    laid(
        root, {"app.yaml": application("web", "path: apps/web\n") + application("more", "path: apps/more\n")}
    )
    done = built(root, "--partial")
    assert b"name: first" in done.stdout
    assert b"path apps/more is not a folder of the repository" in done.stderr
    assert SECRET.encode() not in done.stdout


def test_no_program_of_the_folder_that_it_is_started_in_is_run(tmp_path: Path) -> None:
    root = laid(tmp_path / "root", {"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": MAP})
    for name in ("kustomize", "kubectl", "helm", "git", "flate", "sh"):
        (root / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (root / name).chmod(0o755)
    assert built(root).returncode == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("user", ["me:{}", "{}", "me:{}$x", "me:x/{}", "me:x@{}", "me:x://{}", "me:x {}"])
def test_no_password_of_a_source_elsewhere_is_said(tmp_path: Path, user: str) -> None:
    url = f"https://{user.format(SECRET)}@git.example.net/x?token={SECRET}"
    other = application("web", "path: apps/web\n").replace(HERE, url)
    made = application_set(
        f"generators: [{{git: {{repoURL: '{url}', files: [{{path: 'a/*.yaml'}}]}}}}]\n"
        "template: {metadata: {name: a}}\n"
    )
    done = built(
        laid(
            tmp_path,
            {"a.yaml": other, "b.yaml": made, "c.yaml": application("c", "path: c\n"), "c/a.yaml": MAP},
        )
    )
    begins = (
        "…" if {"/", " "} & {*user} else "https://git.example.net/…"
    )  # of the others nobody knows the host
    assert done.stderr.decode().count(f" {begins}") == 2
    assert SECRET.encode() not in done.stderr
