"""Two thousand hostile inputs in CI, any number on demand: HOSTILE_INPUTS=100000 pytest tests/hostile."""

from __future__ import annotations

import json
import os
import resource

import pytest

from tests.engine.judge import Judge
from tests.hostile.inputs import case, loaded
from tests.hostile.oracle import check, each

COUNT = int(os.environ.get("HOSTILE_INPUTS", "2000"))
CHUNK = max(100, COUNT // 50)
GIB = 2**20  # of ru_maxrss, in KiB


@pytest.mark.parametrize("first", range(0, COUNT, CHUNK))
def test_hostile_inputs(first: int, judge: Judge) -> None:
    policies: dict[bytes, int] = {}
    for number, made in each(lambda number: check(case(number)), first, CHUNK, COUNT).items():
        for policy in made:
            policies.setdefault(policy, number)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 * GIB
    findings = judge.findings("\n---\n".join(json.dumps(loaded(text.decode())) for text in policies))
    assert len(findings) == len(policies)
    wrong = [
        (number, str(one)) for one, number in zip(findings, policies.values(), strict=True) if one.refused
    ]
    assert not wrong, wrong[:5]
