"""The index of the tree: which folders it lists, in the layouts that repositories have."""

from __future__ import annotations

from pathlib import Path

import pytest
from cilium_policies import listing, tree
from cilium_policies.document.finding import RefusedError

from tests.builds import kustomization, laid, namespace
from tests.test_tree import POLICIES, made

LISTED = "resources:\n- ../media/network-policies\n- ../web/network-policies\n"


def index(root: Path) -> str:
    place = root / "network-policies" / "kustomization.yaml"
    return place.read_text() if place.is_file() else ""


def test_folders_with_a_kustomization_of_their_own_are_listed(tmp_path: Path) -> None:
    """Flux does not look into a folder whose kustomization does not name what lies there."""
    laid(
        tmp_path, {f"{name}/kustomization.yaml": kustomization("./app/ks.yaml") for name in ("media", "web")}
    )
    changes = tree.write(str(tmp_path), made(), indexed=True)
    assert index(tmp_path).endswith(LISTED)
    folder = tmp_path / "media" / "network-policies" / "kustomization.yaml"
    assert folder.read_text().endswith("resources:\n- ks.yaml\n")
    assert listing.unlisted(str(tmp_path), changes.written) == []


def test_folders_that_flux_finds_by_itself_are_not(tmp_path: Path) -> None:
    """Nothing lists them, so Flux builds every folder below: an index would build them twice."""
    tree.write(str(tmp_path), made(), indexed=True)
    assert index(tmp_path) == ""
    assert (tmp_path / "media" / "network-policies" / "kustomization.yaml").is_file()


def test_a_kustomization_at_the_top_lists_all_through_one_line(tmp_path: Path) -> None:
    laid(
        tmp_path,
        {"kustomization.yaml": kustomization("./media"), "media/kustomization.yaml": kustomization("x.yaml")},
    )
    changes = tree.write(str(tmp_path), made(), indexed=True)
    assert "- ../cluster-policies/network-policies\n- ../media/network-policies\n- ../web" in index(tmp_path)
    top = str(tmp_path / "kustomization.yaml")
    assert listing.unlisted(str(tmp_path), changes.written) == [(top, "./network-policies")]
    laid(tmp_path, {"kustomization.yaml": kustomization("./media", "./network-policies")})
    assert listing.unlisted(str(tmp_path), changes.written) == []


def test_what_is_listed_by_hand_already_is_not_listed_again(tmp_path: Path) -> None:
    own = kustomization("./network-policies/ks.yaml")
    laid(tmp_path, {"media/kustomization.yaml": own, "web/kustomization.yaml": kustomization("x.yaml")})
    tree.write(str(tmp_path), made(), indexed=True)
    assert index(tmp_path).endswith("resources:\n- ../web/network-policies\n")


def test_later_writes_keep_the_index_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    laid(
        tmp_path, {f"{name}/kustomization.yaml": kustomization("./app/ks.yaml") for name in ("media", "web")}
    )
    tree.write(str(tmp_path), made(), indexed=True)
    again = tree.write(str(tmp_path), made())
    assert (again.added, again.changed, again.removed) == ([], [], [])
    part = tree.write(str(tmp_path), made(POLICIES[:2]))
    assert (part.changed, index(tmp_path).endswith(LISTED)) == ([], True)
    tree.write(str(tmp_path), made(POLICIES[:2]), prune=True)
    assert index(tmp_path).endswith("resources:\n- ../media/network-policies\n")


def test_an_index_of_somebody_else_is_in_the_way(tmp_path: Path) -> None:

    laid(
        tmp_path,
        {
            "media/kustomization.yaml": kustomization("x.yaml"),
            "network-policies/kustomization.yaml": namespace("x"),
        },
    )
    with pytest.raises(RefusedError, match="is in the way"):
        tree.write(str(tmp_path), made(), indexed=True)
