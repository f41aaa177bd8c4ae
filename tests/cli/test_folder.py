"""Folders as they lie: what is left out of them, and which have to be built first."""

from __future__ import annotations

from pathlib import Path

import pytest
from cilium_policies.builds.ignore import Ignored
from cilium_policies.cli import inputs
from cilium_policies.cli.folder import Folder
from cilium_policies.document.finding import RefusedError

from tests.builds import deployment, home, ks, kustomization, laid, namespace
from tests.cli.test_bare import command

OWN = "# Written by cilium-policies write, which replaces this file: change the config instead.\n---\n"


def names(folder: Folder) -> list[str]:
    return [Path(path).name for path, _ in folder.files]


def test_templates_of_charts_and_files_without_an_object_are_left_out(tmp_path: Path) -> None:
    files = {
        "app/web.yaml": namespace("web"),
        "charts/web/Chart.yaml": "name: web\n",
        "charts/web/values.yaml": "kind: x\n",
        "charts/web/templates/web.yaml": "kind: {{ .Values.kind }}\n",
        "charts/web/templates/sub/x.yaml": "{{- if x }}\nkind: X\n{{- end }}\n",
        "templates/kept.yaml": namespace("kept"),
        "Taskfile.yaml": "version: 3\ntasks: {a: {kinds: [b]}}\n",
    }
    folder = Folder(str(laid(tmp_path, files)))
    assert names(folder) == ["web.yaml", "kept.yaml"]
    assert folder.told() == (
        f"{tmp_path}: left out 2 of Helm charts (helm template renders them), "
        f"1 that hold no object, as {tmp_path}/Taskfile.yaml"
    )


def test_what_fleet_applies_is_built_first(tmp_path: Path) -> None:
    """Overlays lie beside what they replace. Other programs have files of that name."""
    fleet = laid(tmp_path / "fleet", {"web/fleet.yaml": "namespace: web\n", "web/web.yaml": namespace("web")})
    assert (
        Folder(str(fleet)).unbuilt() == f"{fleet}/web/fleet.yaml says what Fleet makes of the files beside it"
    )
    # as Go reads its keys
    small = laid(tmp_path / "small", {"fleet.yaml": "defaultnamespace: web\n", "web.yaml": namespace("web")})
    assert "Fleet makes of the files" in Folder(str(small)).unbuilt()
    other = laid(tmp_path / "other", {"fleet.yaml": "agents: 3\n", "web.yaml": namespace("web")})
    assert not Folder(str(other)).unbuilt()


def test_krmignore_and_exclude_leave_out(tmp_path: Path) -> None:
    files = {f"{name}.yaml": namespace("x") for name in ("a", "b", "dev/c", "dev/d", "e/dev/f", "g/h")}
    root = laid(tmp_path, files | {".krmignore": "# no\nb.yaml\n", "e/.krmignore": "/dev/\n"})
    assert names(Folder(str(root))) == ["a.yaml", "c.yaml", "d.yaml", "h.yaml"]
    assert names(Folder(str(root), ("dev/**", "h.*"))) == ["a.yaml"]


@pytest.mark.parametrize(
    ("pattern", "path", "folder", "hidden"),
    [
        ("*.yaml", "a/b.yaml", False, True),
        ("/b.yaml", "a/b.yaml", False, False),
        ("a/*.yaml", "a/b.yaml", False, True),
        ("a/*.yaml", "a/b/c.yaml", False, False),
        ("a/**/c.yaml", "a/c.yaml", False, True),
        ("a/**", "a/b/c.yaml", False, True),
        ("**/c.yaml", "a/b/c.yaml", False, True),
        ("a/", "a", True, True),
        ("a/", "a", False, False),
        ("[ab].yaml", "b.yaml", False, True),
        ("a.yaml", "axyaml", False, False),
    ],
)
def test_patterns_are_those_of_gitignore(pattern: str, path: str, folder: bool, hidden: bool) -> None:
    assert Ignored([pattern]).hides(path, folder=folder) is hidden


def test_a_later_pattern_takes_back() -> None:
    ignored = Ignored(["*.yaml", "!keep.yaml"])
    assert [ignored.hides(name, folder=False) for name in ("a.yaml", "keep.yaml")] == [True, False]


UNBUILT = {
    "a namespace": {"kustomization.yaml": kustomization("web.yaml", more="namespace: web\n")},
    "a component": {"kustomization.yaml": kustomization("web.yaml", more="components: [../x]\n")},
    "in JSON's quotes": {"kustomization.yaml": '"resources": [web.yaml]\n"namePrefix": x-\n'},
    "a Flux Kustomization": {"flux/ks.yaml": ks("apps", "./apps"), "apps/web.yaml": deployment("web")},
    "an Application": {
        "argo/app.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n"
        "spec:\n  source:\n    path: apps\n",
        "apps/web.yaml": deployment("web"),
    },
}
BUILT = {
    "resources alone": {"kustomization.yaml": "# x\n" + kustomization("web.yaml")},
    "a path that is not here": {"ks.yaml": ks("apps", "./elsewhere/apps")},
    "this program's own tree": {
        "web/network-policies/ks.yaml": OWN + ks("web", "./web/network-policies/app"),
        "web/network-policies/app/kustomization.yaml": OWN + kustomization("default-deny.yaml"),
        "web/network-policies/app/default-deny.yaml": OWN + namespace("web"),
    },
    "the listing of such a tree": {
        "web/kustomization.yaml": kustomization("./network-policies/ks.yaml"),
        "flux/ks.yaml": ks("web", "./web/network-policies/app"),
        "web/network-policies/app/default-deny.yaml": OWN + namespace("web"),
    },
}


@pytest.mark.parametrize("files", UNBUILT.values(), ids=UNBUILT)
def test_unbuilt(tmp_path: Path, files: dict[str, str]) -> None:
    assert Folder(str(laid(tmp_path, {"web.yaml": deployment("web"), **files}))).unbuilt()


@pytest.mark.parametrize("files", BUILT.values(), ids=BUILT)
def test_built(tmp_path: Path, files: dict[str, str]) -> None:
    assert Folder(str(laid(tmp_path, {"web.yaml": deployment("web"), **files}))).unbuilt() == ""


def test_a_part_of_the_repository_is_unbuilt_too(tmp_path: Path) -> None:
    laid(tmp_path, home())
    assert "which lies in it" in Folder(str(tmp_path / "kubernetes" / "apps" / "media" / "web")).unbuilt()


QUESTIONS = [
    ["list"],
    ["report"],
    ["lint"],
    ["explain", "--from", "a/b", "--to", "c/d", "--port", "80"],
    ["write", "--output", "out"],
    ["inventory"],
    ["--only-policies"],
    ["check"],
]


@pytest.mark.parametrize("arguments", QUESTIONS, ids=lambda one: one[0])
def test_every_question_answers_with_build_and_never_with_a_namespace(
    tmp_path: Path, arguments: list[str]
) -> None:
    laid(tmp_path / "repo", home())
    done = command(*arguments, "repo", cwd=tmp_path)
    (line,) = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (1, b"")
    assert line.startswith("cilium-policies: repo is not built: repo/")
    assert f"; cilium-policies build repo | cilium-policies {arguments[0]}" in line
    assert "--namespace" not in line
    assert not (tmp_path / "out").exists()


def test_check_reads_only_this_programs_files_of_an_unbuilt_repository_beside_a_build(tmp_path: Path) -> None:
    policy = "web/network-policies/app/default-deny.yaml"
    files = UNBUILT["a namespace"] | {"web.yaml": deployment("web"), policy: OWN + namespace("web")}
    repo = str(laid(tmp_path / "repo", files))
    built = str(laid(tmp_path / "built", {"x.yaml": namespace("web")}))
    read = inputs.read([built, repo], command="check")
    assert [Path(name).name for name, _ in read] == ["x.yaml", "default-deny.yaml"]
    with pytest.raises(RefusedError):
        inputs.read([built, repo], command="list")


def test_a_file_that_is_no_yaml_says_how_many_are_alike(tmp_path: Path) -> None:
    broken = {f"{name}.yaml": "kind: {{ .Values.kind }}\n" for name in ("a", "b", "c")}
    laid(tmp_path / "x", {**broken, "web.yaml": namespace("web")})
    done = command("list", "x", cwd=tmp_path)
    (line,) = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert line.startswith("cilium-policies: x/a.yaml:1")
    assert line.endswith("; 2 more files like this; --exclude GLOB leaves files out")
    assert command("list", "--exclude", "[abc].yaml", "x", cwd=tmp_path).returncode == 0


def test_a_file_whose_yaml_breaks_off_says_how_to_go_on_without_it(tmp_path: Path) -> None:
    """One file of many, which stops the reader before any object of it is known."""
    laid(tmp_path / "x", {"a.yaml": namespace("a") + "----\nkind: b\n", "web.yaml": namespace("web")})
    done = command("list", "x", cwd=tmp_path)
    (line,) = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (1, b"")
    assert line.startswith("cilium-policies: x/a.yaml:")
    assert line.endswith("; --exclude GLOB leaves files out")
    assert command("list", "--exclude", "a.yaml", "x", cwd=tmp_path).returncode == 0
    alone = command("list", "x/a.yaml", cwd=tmp_path).stderr.decode()
    assert "--exclude" not in alone


def test_what_git_crypt_encrypts_is_left_out_and_said(tmp_path: Path) -> None:
    laid(tmp_path / "x", {"web.yaml": namespace("web")})
    (tmp_path / "x/secret.yaml").write_bytes(b"\0GITCRYPT\0\xad\xa6J")
    done = command("list", "x", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.decode().splitlines()[0] == (
        "cilium-policies: x: left out 1 that git-crypt encrypts, as x/secret.yaml (git-crypt unlock shows them)"
    )
    (tmp_path / "x/other.yaml").write_bytes(b"\0\xad\xa6J")  # any other binary file is refused
    done = command("list", "x", cwd=tmp_path)
    assert done.returncode == 1
    assert b"x/other.yaml:1:1: a NUL byte" in done.stderr
    assert done.stderr.endswith(b"; --exclude GLOB leaves files out\n")
