"""Which files a folder means."""

from __future__ import annotations

from pathlib import Path

import pytest
from cilium_policies.cli import inputs
from cilium_policies.document.finding import RefusedError


def _tree(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"kind: {name}")


def test_a_folder_is_its_manifests_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tree(
        tmp_path,
        "b.yml",
        "a/z.yaml",
        "a/y.json",
        "c.txt",
        "kustomization.yaml",
        "a/kustomization.yml",
        "a/Kustomization",
    )
    _tree(tmp_path, ".git/x.yaml", ".hidden.yaml", "a/.b/c.yaml", "Kptfile")
    monkeypatch.chdir(tmp_path)
    assert [name for name, _ in inputs.read(["."])] == ["./b.yml", "./a/y.json", "./a/z.yaml"]
    assert inputs.read(["a/z.yaml"]) == [("a/z.yaml", b"kind: a/z.yaml")]


def test_a_linked_folder_is_not_followed(tmp_path: Path) -> None:
    _tree(tmp_path, "a/x.yaml")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "link.yaml").symlink_to("x.yaml")
    assert [Path(name).name for name, _ in inputs.read([str(tmp_path / "a")])] == ["link.yaml", "x.yaml"]


def test_a_hidden_folder_named_on_the_command_line_is_read(tmp_path: Path) -> None:
    _tree(tmp_path, ".hidden/x.yaml")
    assert len(inputs.read([str(tmp_path / ".hidden")])) == 1


def test_what_is_not_there_and_what_cannot_be_read_differ(tmp_path: Path) -> None:
    with pytest.raises(inputs.MissingInputError):
        inputs.read([str(tmp_path / "x")])
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(RefusedError):
        inputs.read([str(tmp_path / "loop")])
