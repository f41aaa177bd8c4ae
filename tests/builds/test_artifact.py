"""What Flux fetches of a repository: expectations worked out by fluxcd/pkg/sourceignore's rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from cilium_policies.builds.artifact import laid as artifact
from cilium_policies.builds.flux import Flux
from cilium_policies.builds.ignore import Ignored
from cilium_policies.builds.repository import FLUX, Repository
from cilium_policies.builds.sources import ElsewhereError, Sources
from cilium_policies.builds.unit import Unit
from cilium_policies.kube.objects import Object

from . import deployment, home, ks, laid


@pytest.mark.parametrize(
    ("lines", "path", "left_out"),
    [
        (["archive/"], "archive/web/ks.yaml", True),
        (["archive/"], "kubernetes/archive/ks.yaml", True),
        (["/archive/"], "kubernetes/archive/ks.yaml", False),
        (["archive/"], "archive", False),  # a file of that name is not a folder
        (["*.md"], "docs/a.md", True),
        # The example of Flux's documentation: everything, but these folders.
        (["/*", "!/apps/", "!/clusters/"], "apps/base/web/deployment.yaml", False),
        (["/*", "!/apps/", "!/clusters/"], "scripts/web.yaml", True),
        (["/*", "!/kubernetes", "/kubernetes/clusters/**/secrets/"], "kubernetes/clusters/a/secrets/x.yaml", True),
        (["/*", "!/kubernetes", "/kubernetes/clusters/**/secrets/", "!/kubernetes/clusters/**/secrets/x.yaml"],
         "kubernetes/clusters/a/secrets/x.yaml", False),
        (["tools/**"], "tools/x/y.yaml", True),
        (["# archive/", ""], "archive/x.yaml", False),
    ],
)  # fmt: skip
def test_a_pattern_holds_for_all_below_a_folder(lines: list[str], path: str, left_out: bool) -> None:
    assert Ignored(lines).hides_below(path) is left_out


def test_a_folder_of_its_own_rules(tmp_path: Path) -> None:
    files = {
        ".sourceignore": "*.txt\n",
        "a/.sourceignore": "/x.yaml\n!keep.txt\n",
        "a/x.yaml": "",
        "b/x.yaml": "",
    }
    files |= {"a/keep.txt": "", "b/keep.txt": "", ".github/w.yaml": ""}
    root = laid(tmp_path / "repo", files)
    (root / "b" / "link.yaml").symlink_to(root / "b" / "x.yaml")
    target = artifact(str(root), Repository(str(root)).left_out, str(tmp_path / "out"))
    found = {path.relative_to(target).as_posix() for path in Path(target).rglob("*") if not path.is_dir()}
    rules = {".sourceignore", "a/.sourceignore"}
    assert found == rules | {"a/keep.txt", "b/x.yaml", ".github/w.yaml"}  # no link: Flux archives files alone


def test_kustomizations_that_flux_never_sees_lead_nowhere(tmp_path: Path) -> None:
    old = {"archive/ks.yaml": ks("old", "./archive/app"), "archive/app/web.yaml": deployment("old")}
    by_hand = {"bootstrap/ks.yaml": ks("root", "./kubernetes/flux/cluster")}
    ignore = {".sourceignore": "archive/\nbootstrap/\n"}
    repository = Repository(str(laid(tmp_path, home() | old | by_hand | ignore)))
    names = {one.one.name for one in repository.kinds("Kustomization", FLUX)}
    assert names == {"cluster-meta", "cluster-apps", "web", "root"}


def test_hidden_folders_are_hidden_below_the_one_asked_for(tmp_path: Path) -> None:
    files = {f"{place}/ks.yaml": ks("web", "./x") for place in (".old", ".home/apps", ".home/.old")}
    root = laid(tmp_path / "repo", files | {".git/HEAD": ""})
    assert Repository(str(root)).found == []
    assert [one.path for one in Repository(str(root / ".home")).found] == [".home/apps/ks.yaml"]


def test_paths_begin_nowhere_above_the_folder_of_git(tmp_path: Path) -> None:
    """A folder beside the repository has the name that a path says: all that lies there would be read."""
    root = laid(tmp_path / "repo", {"apps/ks.yaml": ks("web", "./x"), ".git/HEAD": ""})
    laid(tmp_path, {"x/ks.yaml": ks("other", "./y"), "y/web.yaml": deployment("other")})
    assert Repository(str(root / "apps")).root == str(root)


def test_who_waits_for_an_artifact_gets_it_whoever_asks_first(tmp_path: Path) -> None:
    """The first one may be at work while the next is still looked for."""
    generator = """\
        apiVersion: source.extensions.fluxcd.io/v1beta1
        kind: ArtifactGenerator
        metadata: {name: parts, namespace: flux-system}
        spec: {artifacts: [{name: web}]}
        """
    reference = {"kind": "ExternalArtifact", "name": "web"}
    repository = Repository(str(laid(tmp_path / "fleet", {"parts.yaml": generator})))
    flux = Flux(repository, Sources(repository, set(), str(tmp_path)), "", str(tmp_path), lambda *_: None)
    for name in ("one", "other"):
        metadata = {"name": name, "namespace": "flux-system"}
        unit = Unit(Object({"metadata": metadata, "spec": {"sourceRef": reference}}), b"")
        unit.elsewhere = "no artifact"
        flux.units[unit.key] = unit
    assert not [*flux._late()]
    flux.sources.add(repository.kinds("ArtifactGenerator", "source.extensions.fluxcd.io")[0][:1])
    assert len([flux.sources.place(unit.one) for unit in flux._late()]) == 2
    assert not [*flux._late()]


@pytest.mark.parametrize(
    ("origin", "to"),
    [("a/x.yaml", "../../own/keep"), ("a/**", "/../../own"), ("../../own/**", ""), ("a/../../x", "")],
)
def test_an_artifact_is_copied_within_its_source_and_itself(tmp_path: Path, origin: str, to: str) -> None:
    root = laid(tmp_path / "repo", {"a/x.yaml": "", "a/keep": ""})
    own = laid(tmp_path / "own", {"keep": "x"})
    (tmp_path / "scratch" / "target").mkdir(parents=True)
    spec = {"sources": [{"alias": "repo", "kind": "GitRepository", "name": "flux-system"}]}
    one = Object(
        {"kind": "ArtifactGenerator", "metadata": {"name": "a", "namespace": "flux-system"}, "spec": spec}
    )
    sources = Sources(Repository(str(root)), {("GitRepository", "flux-system", "flux-system")}, str(tmp_path))
    step = {"from": f"@repo/{origin}", "to": f"@artifact/{to}"}
    with pytest.raises(ElsewhereError, match="copies from or to a place outside of its artifact"):
        sources._copy(one, step, [], str(tmp_path / "scratch" / "target"))
    assert not (own / "keep").is_symlink()


@pytest.mark.parametrize(
    "steps",
    [
        [("a/x.yaml", "x" * 300)],
        [("a/x.yaml", "a/\0")],
        [("a/x.yaml", "x"), ("a/**", "x/y")],
        [("a/**", "x"), ("b/**", "x")],
        [("a/**", "x"), ("a/keep", "x")],
    ],
    ids=["long", "nul", "below a file", "a folder over a file", "a file over a folder"],
)
def test_what_cannot_be_copied_is_said(tmp_path: Path, steps: list[tuple[str, str]]) -> None:
    root = laid(tmp_path / "repo", {"a/x.yaml": "", "a/keep": "", "b/keep/z": ""})
    copies = [{"from": f"@repo/{origin}", "to": f"@artifact/{to}"} for origin, to in steps]
    spec = {
        "sources": [{"alias": "repo", "kind": "GitRepository", "name": "flux-system"}],
        "artifacts": [{"name": "web", "copy": copies}],
    }
    metadata = {"name": "a", "namespace": "flux-system"}
    one = Object(
        {
            "apiVersion": "source.extensions.fluxcd.io/v1",
            "kind": "ArtifactGenerator",
            "metadata": metadata,
            "spec": spec,
        }
    )
    sources = Sources(Repository(str(root)), {("GitRepository", "flux-system", "flux-system")}, str(tmp_path))
    sources.add([one])
    with pytest.raises(ElsewhereError, match="ArtifactGenerator flux-system/a cannot copy @repo/"):
        sources._artifact(("ExternalArtifact", "flux-system", "web"))
