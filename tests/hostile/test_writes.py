"""Trees written under faults: forty-five numbers in CI, any number on demand: HOSTILE_WRITES=5000 pytest
tests/hostile/test_writes.py."""

from __future__ import annotations

import os

import pytest

from tests.hostile.oracle import each
from tests.hostile.writes import FAULTS, case, check

COUNT = int(os.environ.get("HOSTILE_WRITES", "45"))
CHUNK = 15


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, COUNT, CHUNK))
def test_the_tree_is_as_before_or_as_after(first: int) -> None:
    each(check, first, CHUNK, COUNT)


def test_each_fault_is_there() -> None:
    assert {case(number).fault for number in range(COUNT)} == {*FAULTS}
