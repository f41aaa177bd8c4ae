"""Twice as many objects take twice the work: of every kind that anybody reads the twentieth, each on demand:
EVERY_KIND=1 pytest tests/hostile/test_every_kind.py, or `python -m tests.hostile.every_kind` for the list."""

from __future__ import annotations

import os

import pytest

from tests.hostile.every_kind import grows, samples
from tests.hostile.kinds import Kind, kinds

STEP = 1 if os.environ.get("EVERY_KIND") else 20


def test_every_kind_that_an_entry_asks_for_has_an_object() -> None:
    names = {name for _, name in samples()}
    assert len(samples()) > 500
    assert {name for _, name in kinds()} - names <= {
        "List",
        "ClusterInventory",
        "CiliumPolicies",
        "PolicyTest",
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(samples())[::STEP], ids="/".join)
def test_twice_as_many_are_twice_the_work(kind: Kind) -> None:
    assert grows(samples()[kind]) == ""
