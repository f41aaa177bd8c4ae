"""What the examples print is what Cilium takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.judge import Judge

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*/expected.yaml"))

pytestmark = pytest.mark.judge


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 5


@pytest.mark.parametrize("expected", EXAMPLES, ids=lambda path: path.parent.name)
def test_each_version_accepts_what_an_example_prints(
    judge: Judge, crds: dict[str, Path], expected: Path
) -> None:
    found = judge.findings(expected.read_text(encoding="utf-8"), crds)
    assert found
    assert [str(one) for one in found if one.refused] == []
