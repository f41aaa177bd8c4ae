"""What the bench says of a ratio that is near its target: between what it lies, and not by one toss what it is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml

from bench import commands
from bench.measure import Ratio, Run, median_of, paired
from bench.page import shown, targets
from tests.tools import require, run, succeeded


def test_the_interval_leaves_out_as_many_values_at_either_end_as_a_coin_allows() -> None:
    """Of 31 falls, nine or fewer are heads in 1.5 %, ten or fewer in 3.5 %: so nine values are left out."""
    assert median_of(range(31)) == Ratio(15, 9, 21)
    assert median_of([3, 1, 2]) == Ratio(2, 1, 3)


def test_the_interval_holds_the_true_median_in_nineteen_of_twenty() -> None:
    """Skewed on purpose, as times are: many near the least, few far above."""
    draw = random.Random(1)
    true, inside = 0.6931, 0
    for _ in range(1_000):
        found = median_of([draw.expovariate(1) for _ in range(31)])
        inside += found.low <= true <= found.high
    assert 940 <= inside <= 990


def test_neighbours_are_divided_and_take_turns_to_go_first() -> None:
    """A machine that becomes slower and slower makes neither of two equal commands look slower."""
    clock, order = [1.0], []

    def call(name: str) -> Run:
        clock[0] *= 1.1
        order.append(name)
        return Run(0, clock[0], 0)

    found = paired(lambda: call("one"), lambda: call("other"), 10)
    assert order[:4] == ["one", "other", "other", "one"]
    assert found.low == pytest.approx(1 / 1.1)
    assert found.high == pytest.approx(1.1)
    assert found.median == pytest.approx(1, abs=0.01)
    assert paired(lambda: Run(3, 9, 0), lambda: Run(2, 1, 0), 1, "wall").median == 1.5


@pytest.mark.e2e
def test_the_tool_alone_makes_the_objects_that_build_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one of them has less to do; what Flux marks what it applies with no tool adds."""
    require("kustomize")
    monkeypatch.setattr(commands, "KUSTOMIZATIONS", 3)
    commands.repository(tmp_path / "tree")
    commands.repository(tmp_path / "alone", is_whole=True)
    folders = [tmp_path / "alone" / "clusters" / "home", *sorted((tmp_path / "alone" / "apps").iterdir())]
    theirs = [succeeded(run(["kustomize", "build", one])) for one in folders]
    ours = succeeded(run(["cilium-policies", "build", tmp_path / "tree"]))

    def objects(text: str) -> list[dict]:
        found = [one for one in yaml.safe_load_all(text) if one]
        for one in found:
            labels = one["metadata"].get("labels", {})
            one["metadata"]["labels"] = {
                key: value for key, value in labels.items() if not key.startswith("kustomize.toolkit")
            }
        return sorted(found, key=str)

    assert objects("---\n".join(theirs)) == objects(ours)
    assert len(objects(ours)) == 4 + 3 * 2


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (0.99, "| 0.99 | met |"),
        (1.01, "| 1.01 | **missed** |"),
        (Ratio(0.97, 0.95, 0.99), "| 0.97 (0.95 to 0.99) | met |"),
        (Ratio(1.03, 1.01, 1.05), "| 1.03 (1.01 to 1.05) | **missed** |"),
        (Ratio(0.99, 0.97, 1.01), "| 0.99 (0.97 to 1.01) | **neither met nor missed for certain** |"),
    ],
)
def test_a_target_is_met_when_the_whole_interval_is_below_it(got: float | Ratio, said: str) -> None:
    """Nothing is rounded in its favour."""
    assert said in targets([("what", 1, got)])
    assert shown(got) in said
