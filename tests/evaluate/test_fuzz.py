"""Drawn flows, asked of Cilium's engine and of the evaluation: no difference (a million: see fuzz.py)."""

from __future__ import annotations

import os

import pytest
from cilium_policies.evaluate.verdict import UNKNOWNS

from tests.engine.judge import Judge
from tests.evaluate.fuzz import run

PAIRS = int(os.environ.get("CILIUM_POLICIES_FUZZ_PAIRS") or 10_000)
SEED = int(os.environ.get("CILIUM_POLICIES_FUZZ_SEED") or 1)


@pytest.mark.judge
def test_no_difference(judge: Judge) -> None:
    tally = run(judge, PAIRS, SEED)
    print(tally)
    assert not tally.differences, "\n".join(map(str, tally.differences))
    unknown = sum(tally.counts[f"unknown: {reason}"] for reason in UNKNOWNS)
    assert unknown < 0.005 * tally.pairs
    assert tally.counts["engine: deny"] > 0.2 * tally.pairs
