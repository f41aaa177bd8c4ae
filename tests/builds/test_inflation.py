"""Folders without the charts that their kustomizations inflate."""

from __future__ import annotations

from pathlib import Path

import pytest
from cilium_policies.builds import generators
from cilium_policies.builds.inflation import Inflation
from cilium_policies.builds.kustomization import file_in, read

from tests.builds import kustomization, laid


def test_one_that_is_under_way_keeps_to_what_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Threads share one: while a folder is laid without patches another's is begun and ended."""
    with_patch = kustomization(
        "web.yaml", more="patches: [{path: patch.yaml}]\nhelmCharts: [{name: redis}]\n"
    )
    for name in ("first", "second"):
        laid(tmp_path / name, {"kustomization.yaml": with_patch, "web.yaml": "", "patch.yaml": ""})
    inflation = Inflation(str(tmp_path / "scratch"))
    true = generators.settled
    others: list[str] = []

    def settled(fields: dict, folder: str) -> dict:
        if not others:
            others.append("")
            others.append(inflation.without_patches(str(tmp_path / "second")))
        return true(fields, folder)

    monkeypatch.setattr(generators, "settled", settled)
    made = inflation.without_patches(str(tmp_path / "first"))
    assert made != others[1]
    for one in (made, others[1]):
        assert read(file_in(one)).keys() == {"apiVersion", "kind", "resources"}
