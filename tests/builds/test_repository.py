"""The walk over a repository: which files, in which order, and what it goes around."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cilium_policies.builds.repository import Repository


def laid(root: Path, *files: str) -> None:
    for one in files:
        (root / one).parent.mkdir(parents=True, exist_ok=True)
        (root / one).write_text("{}\n")


def test_files_come_by_folder_and_nothing_hidden(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    laid(
        tmp_path, "z.yaml", "a/b.yaml", "a-b/c.yml", "a/sub/d.json", "B/e.yaml", ".github/f.yaml", "a/.g.yaml"
    )
    laid(tmp_path, "vendor/h.yaml", "node_modules/i.yaml", "a/notes.txt", "a/k/kustomization.yaml")
    found = Repository(str(tmp_path))
    assert found.files == ["z.yaml", "B/e.yaml", "a/b.yaml", "a/sub/d.json", "a-b/c.yml"]
    assert found.kustomizations == {"a/k": "a/k/kustomization.yaml"}
    assert not found.links
    asked = Repository(str(tmp_path / ".github"))
    assert ".github/f.yaml" in [
        one if asked.root == str(tmp_path) else f".github/{one}" for one in asked.files
    ]


def test_links_are_told_and_folders_behind_them_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    laid(tmp_path, "real/a.yaml")
    os.symlink("real", tmp_path / "linked")
    found = Repository(str(tmp_path))
    assert (found.files, found.links) == (["real/a.yaml"], True)  # Flux fetches none of it
    os.symlink("loop.yaml", tmp_path / "loop.yaml")
    os.symlink("real/a.yaml", tmp_path / "b.yaml")
    found = Repository(str(tmp_path))
    assert (found.files, found.links) == (["b.yaml", "loop.yaml", "real/a.yaml"], True)


def test_links_to_nowhere_say_nothing_whatever_their_names(tmp_path: Path) -> None:
    laid(tmp_path, "real/a.yaml")
    for name in (".sourceignore", "kustomization.yaml", "Chart.yaml", "helmfile.yaml"):
        os.symlink("nowhere", tmp_path / name)
    found = Repository(str(tmp_path))
    assert (found.kustomizations, found.charts, found.helmfiles) == ({}, set(), [])
    assert not found.left_out


def test_folders_a_thousand_deep_are_walked(tmp_path: Path) -> None:
    laid(tmp_path, "z.yaml")
    place = str(tmp_path)
    for _ in range(1_200):
        place += "/a"
        os.mkdir(place)
    laid(Path(place), "b.yaml")
    try:
        assert Repository(str(tmp_path)).files == ["z.yaml", "a/" * 1_200 + "b.yaml"]
    finally:
        os.unlink(f"{place}/b.yaml")
        os.removedirs(place)  # pytest would take them away by a call for each


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_left_out(tmp_path: Path) -> None:
    laid(tmp_path, "a.yaml", "closed/b.yaml")
    (tmp_path / "closed").chmod(0)
    try:
        assert Repository(str(tmp_path)).files == ["a.yaml"]
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_without_git_a_folder_above_counts_only_where_a_path_leads_back(tmp_path: Path) -> None:
    """A neighbour of the same name, in somebody's home most often, is not the repository's."""
    kustomization = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "metadata: {name: apps}\nspec: {path: PATH}\n"
    )
    repo = tmp_path / "repo"
    laid(tmp_path, "apps/secret.yaml", "repo/clusters/home/apps.yaml")
    file = repo / "clusters/home/apps.yaml"
    file.write_text(kustomization.replace("PATH", "./apps"))
    assert Repository(str(repo)).root == str(repo)
    assert Repository(str(repo / "clusters/home")).root == str(repo / "clusters/home")
    file.write_text(kustomization.replace("PATH", "./clusters/home"))
    assert Repository(str(repo / "clusters/home")).root == str(repo)
    (tmp_path / ".git").mkdir()  # where Git begins above, it tells
    file.write_text(kustomization.replace("PATH", "./apps"))
    assert Repository(str(repo)).root == str(tmp_path)
