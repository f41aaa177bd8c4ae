"""Recipes: read, followed and looked through; and each that stands here can be read and has a source for each row."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clusters.__main__ import main
from tests.clusters.check import faults
from tests.clusters.recipe import RecipeError, read
from tests.clusters.render import make
from tests.engine.corpus import objects, rows
from tests.tools import require

HERE = Path(__file__).parent
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
"""


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A recipe's folder `town`, beside a repository `some/thing` that holds a manifest and a chart."""
    mirror = tmp_path / "mirrors" / "some+thing"
    for name, text in {
        "plain/web.yaml": DEPLOYMENT,
        "listed/all.yaml": "kind: List\nitems:\n- {kind: Service, metadata: {name: a}}\n"
        "- {kind: Namespace, metadata: {name: a}}\n",
        "empty/web.yaml": DEPLOYMENT.replace("{name: web}", "{name: web, namespace: }", 1),
        "mixed/all.yaml": "---\n".join(
            f"kind: {kind}\nmetadata: {{name: a}}\n"
            for kind in ("Namespace", "ClusterRole", "StorageClass", "Cluster")
        ),
        "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"
        "dependencies: [{name: gone, version: 1.0.0, repository: 'oci://nowhere.invalid'}]\n",
        "chart/values-town.yaml": "name: town\nlabels: {of: town}\n",
        "chart/templates/web.yaml": DEPLOYMENT.replace(
            "{name: web}", "{name: {{ .Values.name }}, labels: {{ toJson .Values.labels }}}", 1
        ),
    }.items():
        path = mirror / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git = ["git", "-C", str(mirror), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *command], check=True)
    commit = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    monkeypatch.setenv("CILIUM_POLICIES_SOURCES", str(mirror.parent))
    monkeypatch.setattr("tests.clusters.sources.CACHE", tmp_path / "cache")

    def write(parts: str, **files: str) -> Path:
        folder = tmp_path / "recipes" / "town"
        folder.mkdir(parents=True, exist_ok=True)
        head = f"what: a town\nclass: home\nsources: {{thing: some/thing@{commit}}}\nparts:\n"
        (folder / "recipe.yaml").write_text(head + parts)
        for name, text in files.items():
            (folder / f"{name}.yaml").write_text(text)
        return folder

    return write


def test_files_get_the_namespace_that_they_lack(cluster: Callable[..., Path], tmp_path: Path) -> None:
    made = make(read(cluster("- files: thing:plain\n  namespace: town\n")), tmp_path / "made")
    (one,) = objects((made / "input.yaml").read_text())
    assert one["metadata"] == {"name": "web", "namespace": "town"}


def test_an_empty_namespace_is_none(cluster: Callable[..., Path], tmp_path: Path) -> None:
    recipe = read(cluster("- files: thing:empty\n  namespace: town\n"))
    (one,) = objects((make(recipe, tmp_path / "made") / "input.yaml").read_text())
    assert one["metadata"] == {"name": "web", "namespace": "town"}


def test_kinds_that_have_no_namespace_get_none(cluster: Callable[..., Path], tmp_path: Path) -> None:
    made = make(read(cluster("- files: thing:mixed\n  namespace: town\n")), tmp_path / "made")
    placed = {
        one["kind"]: one["metadata"].get("namespace") for one in objects((made / "input.yaml").read_text())
    }
    assert placed == {"Namespace": None, "ClusterRole": None, "StorageClass": None, "Cluster": "town"}


@pytest.mark.e2e
def test_a_tree_of_its_own_is_a_repository_whose_paths_begin_at_its_folder(
    cluster: Callable[..., Path], tmp_path: Path
) -> None:
    require("kustomize")
    folder = cluster('- {tree: ":repo", entry: [clusters/town]}\n')
    entry = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "metadata: {name: apps, namespace: flux-system}\n"
        "spec: {path: ./apps, sourceRef: {kind: GitRepository, name: town}}\n"
    )
    for name, text in {"clusters/town/apps.yaml": entry, "apps/web.yaml": DEPLOYMENT}.items():
        path = folder / "repo" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    made = make(read(folder), tmp_path / "made")
    assert "web" in {one["metadata"]["name"] for one in objects((made / "input.yaml").read_text())}


@pytest.mark.e2e
def test_a_kustomization_is_built_without_an_object_or_all_of_a_kind(
    cluster: Callable[..., Path], tmp_path: Path
) -> None:
    require("kustomize")
    folder = cluster('- {kustomize: ":town", without: [Secret, ConfigMap/b]}\n')
    (folder / "town").mkdir()
    (folder / "town/kustomization.yaml").write_text("resources: [all.yaml]\n")
    (folder / "town/all.yaml").write_text(
        "---\n".join(
            f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
            for kind in ("ConfigMap", "Secret")
            for name in "ab"
        )
    )
    made = make(read(folder), tmp_path / "made")
    left = [(one["kind"], one["metadata"]["name"]) for one in objects((made / "input.yaml").read_text())]
    assert left == [("ConfigMap", "a")]


def test_members_of_a_list_get_it_each(cluster: Callable[..., Path], tmp_path: Path) -> None:
    made = make(read(cluster("- files: thing:listed\n  namespace: town\n")), tmp_path / "made")
    text = (made / "input.yaml").read_text()
    assert [one["metadata"].get("namespace") for one in objects(text)] == ["town", None]
    assert text.startswith("kind: List\nitems:\n")


def test_a_repository_without_a_mirror_is_fetched_once(
    cluster: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cluster("- files: thing:plain\n")
    hub = tmp_path / "hub" / "some" / "thing"
    hub.parent.mkdir(parents=True)
    (tmp_path / "mirrors" / "some+thing").rename(hub)
    monkeypatch.delenv("CILIUM_POLICIES_SOURCES")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{tmp_path}/hub/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
    first = make(read(folder), tmp_path / "first")
    hub.rename(tmp_path / "gone")
    (tmp_path / "cache" / "sources").rename(tmp_path / "kept")
    with pytest.raises(RecipeError, match="cannot be fetched"):
        make(read(folder), tmp_path / "second")
    shutil.rmtree(tmp_path / "cache" / "sources")
    (tmp_path / "kept").rename(tmp_path / "cache" / "sources")
    second = make(read(folder), tmp_path / "second")
    texts = [(made / "input.yaml").read_text() for made in (first, second)]
    assert texts == [DEPLOYMENT + "\n"] * 2


@pytest.mark.e2e
def test_a_chart_is_rendered_without_the_subchart_that_is_not_there(
    cluster: Callable[..., Path], tmp_path: Path
) -> None:
    require("helm")
    folder = cluster(
        "- chart: thing:chart\n  release: r\n  namespace: town\n  values: values.yaml\n",
        values="name: shop\n",
    )
    made = make(read(folder), tmp_path / "made")
    (one,) = objects((made / "input.yaml").read_text())
    assert (one["metadata"]["namespace"], one["metadata"]["name"]) == ("town", "shop")


@pytest.mark.e2e
def test_later_values_win_and_a_repository_may_hold_them(
    cluster: Callable[..., Path], tmp_path: Path
) -> None:
    require("helm")
    folder = cluster(
        "- chart: thing:chart\n  release: r\n  namespace: town\n"
        "  values: ['thing:chart/values-town.yaml', values.yaml]\n",
        values="name: shop\n",
    )
    (one,) = objects((make(read(folder), tmp_path / "made") / "input.yaml").read_text())
    assert (one["metadata"]["name"], one["metadata"]["labels"]) == ("shop", {"of": "town"})


def test_what_a_recipe_cannot_do_is_one_line(cluster: Callable[..., Path], tmp_path: Path) -> None:
    for parts, said in {
        "- files: other:plain\n": "not among sources",
        "- files: thing:plain\n  own: x\n": "a part is one of",
        "- files: thing:nowhere\n": "is not there",
        "- chart: thing:chart\n  namespace: a\n": "needs release and namespace",
        "- chart: thing:chart\n  release: r\n  namespace: a\n  value: x\n": "says nothing by value",
        "- chart: thing:chart\n  release: r\n  namespace: a\n  dependencies: {b: other:b}\n": "not among sources",
        "": "what and parts are needed",
        "- [": "while parsing",
    }.items():
        with pytest.raises(RecipeError, match=said):
            make(read(cluster(parts)), tmp_path / "made")


def test_a_cluster_that_nobody_wrote_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["clusters", "--check", "nowhere"])
    with pytest.raises(SystemExit):
        main()
    assert "no recipe of nowhere" in capsys.readouterr().err


def test_faults_of_a_truth(cluster: Callable[..., Path], tmp_path: Path) -> None:
    flows = """\
- {from: {pod: town/web}, to: {entity: world}, port: 443, expect: allow, why: a, source: b}
- {from: {pod: town/web}, to: {entity: world}, port: 443, expect: deny, why: a, source: b}
- {from: {pod: town/nobody}, to: {entity: moon}, port: 80, expect: allow, why: a}
"""
    made = make(read(cluster("- files: thing:plain\n  namespace: town\n", flows=flows)), tmp_path / "made")
    assert [line.partition("TCP: ")[2] for line in faults(made)] == [
        "stands in row 1 too",
        "no source or no why",
        "no workload town/nobody in input.yaml or runtime.yaml",
        "moon is none of host, ingress, kube-apiserver, remote-node, world",
    ]


def test_each_recipe_can_be_read_and_each_row_has_its_source() -> None:
    recipes = sorted(HERE.glob("*/recipe.yaml"))
    assert recipes
    for path in recipes:
        assert read(path.parent).parts
        bare = [row.text() for row in rows(path.parent / "flows.yaml") if not (row.source and row.why)]
        assert bare == [], path.parent.name
