"""A cluster with one of its objects many times over, and how much work the program has with it.

Work is counted in lines of the package that are run, not in seconds: the same on every machine, whatever else it does.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import cilium_policies
import yaml
from cilium_policies.config.settings import config_of
from cilium_policies.document.split import split
from cilium_policies.evidence.edge import written_out
from cilium_policies.function import Options, make, run

from tests.hostile.kinds import Kind
from tests.hostile.once import one_catalogue
from tests.shapes import _object

CASES = Path(__file__).parents[1] / "generate" / "silent_cuts"
_PACKAGE = str(Path(cilium_policies.__file__).parent)
_MOST = 6000  # characters: a longer object is long by its own lists, of which test_real.py makes each longer

Shape = dict[str, Any]
Cluster = tuple[str, list[Shape]]  # where it stands, and its objects


class Sample(NamedTuple):
    """An object, where it was found, and what stands beside it there."""

    place: str
    one: Shape
    beside: list[Shape]


@cache
def silent_cuts() -> list[Cluster]:
    """The inputs of the cases of silent cuts."""
    return [
        (f"{path.stem}: {case['case']}", [_object(one) for one in case["input"]])
        for path in sorted(CASES.glob("*.yaml"))
        for case in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    ]


def longest(clusters: Iterable[Cluster], asked: Callable[[Shape], bool]) -> dict[Kind, Sample]:
    """Of the objects asked for the longest one of each kind."""
    found: dict[Kind, tuple[int, Sample]] = {}
    for place, objects in clusters:
        for one in filter(asked, objects):
            size, kind = len(json.dumps(one, default=str)), kind_of(one)
            if found.get(kind, (0,))[0] < size < _MOST:
                found[kind] = size, Sample(place, one, [other for other in objects if other is not one])
    return {kind: sample for kind, (_, sample) in found.items()}


def kind_of(one: Shape) -> Kind:
    """Group and kind."""
    group, slash, _ = str(one.get("apiVersion", "")).partition("/")
    return group if slash else "", one["kind"]


def richest(group: str, kind: str) -> tuple[Shape, list[Shape]]:
    """Of all cases of silent cuts the longest object of a kind, and what stands beside it."""

    def asked(one: Shape) -> bool:
        return one["kind"] == kind and one["apiVersion"].partition("/")[0] == group

    (sample,) = longest(silent_cuts(), asked).values()
    return sample.one, sample.beside


def many(one: Shape, beside: list[Shape], count: int, first: int = 0) -> bytes:
    """A stream of the object so many times, each called otherwise wherever its text has its name, and what stands
    beside it."""
    name, written = one["metadata"]["name"], json.dumps(one)
    made = []
    for number in range(first, first + count):
        called = re.sub(f'"{re.escape(name)}(?=["./:-])', f'"{name}-{number}', written)
        each = {**json.loads(called), "apiVersion": one["apiVersion"], "kind": one["kind"]}
        each["metadata"]["name"] = f"{name}-{number}"
        made.append(each)
    return "\n---\n".join(map(json.dumps, [*beside, *made])).encode()


def work(stream: bytes) -> int:
    """How many lines of the package are run to make the policies of a stream."""
    lines = 0

    def local(_frame: FrameType, event: str, _value: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return local

    def called(frame: FrameType, _event: str, _value: object) -> Any:
        return local if frame.f_code.co_filename.startswith(_PACKAGE) else None

    before = sys.gettrace()
    sys.settrace(called)
    try:
        run([("stdin", stream)], Options(None, (), only_policies=True, verbose=True))
    finally:
        sys.settrace(before)
    return lines


def flows(stream: bytes) -> int:
    """How many pairs of ends a plan connects, each of which may be two rules."""
    sources = [split(stream, "stdin")]
    return len(written_out(make(sources, config_of(sources, None, ()), Options()).plan.edges))


def growth(group: str, kind: str, count: int = 20) -> float:
    """How much more work the second doubling is than the first: twice as much where work grows with the number of
    objects, four times where with its square."""
    return growth_of(*richest(group, kind), count)


def growth_of(one: Shape, beside: list[Shape], count: int = 20) -> float:
    """The same of one object."""
    with one_catalogue():
        work(many(one, beside, 2))  # imports, and what is looked up once a process
        # Each has names of its own: what is kept of names from one run to the next would make the later ones cheaper.
        small, middle, large = (work(many(one, beside, count * by, 1000 * by)) for by in (1, 2, 4))
    return (large - middle) / (middle - small)
