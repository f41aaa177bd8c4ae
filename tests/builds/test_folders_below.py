"""Which folders with a kustomization, and which files, lie below a folder: the same as asking each of them."""

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


def test_files_below(tmp_path: Path) -> None:
    files = [f"{folder}/x.yaml".lstrip("/") for folder in FOLDERS]
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("a: b\n")
    repository = Repository(str(tmp_path))
    assert sorted(repository.files) == sorted(files)
    for path in (*FOLDERS, "ab", "c", "a/b/"):
        assert repository.files_below(path) == sorted(one for one in files if within(one, path))
