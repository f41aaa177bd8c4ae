"""Which folders with a kustomization lie below another: the same as asking each of them."""

from __future__ import annotations

from pathlib import Path

from cilium_policies.builds.repository import Repository, within

FOLDERS = ("", "a", "a/b", "a/b/c", "a-b", "a0", "ab/c", "b")


def test_folders_below(tmp_path: Path) -> None:
    for folder in FOLDERS:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "kustomization.yaml").write_text("resources: []\n")
    repository = Repository(str(tmp_path))
    assert sorted(repository.kustomizations) == sorted(FOLDERS)
    for path in (*FOLDERS, "ab", "c", "a/b/"):
        assert repository.folders_below(path) == sorted(one for one in FOLDERS if within(one, path))
