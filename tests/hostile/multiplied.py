"""A cluster with one of its objects many times over, and how much work the program has with it.

Work is counted in lines of the package that are run, not in seconds: the same on every machine, whatever else it does.
"""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import cilium_policies
import yaml
from cilium_policies.config.settings import config_of
from cilium_policies.document.split import split
from cilium_policies.evidence.edge import written_out
from cilium_policies.function import Options, make, run

from tests.shapes import _object

CASES = Path(__file__).parents[1] / "generate" / "silent_cuts"
_PACKAGE = str(Path(cilium_policies.__file__).parent)
_MOST = 6000  # characters of an object that is multiplied

Shape = dict[str, Any]


@cache
def _cases() -> list[list[Shape]]:
    loaded = (yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) for path in sorted(CASES.glob("*.yaml")))
    return [[_object(one) for one in case["input"]] for cases in loaded for case in cases]


def richest(group: str, kind: str) -> tuple[Shape, list[Shape]]:
    """Of all cases of silent cuts the longest object of a kind, and what stands beside it."""
    found = [
        (len(json.dumps(one)), one, [other for other in case if other is not one])
        for case in _cases()
        for one in case
        if one["kind"] == kind and one["apiVersion"].partition("/")[0] == group
    ]
    _, one, beside = max((each for each in found if each[0] < _MOST), key=lambda each: each[0])
    return one, beside


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
    work(many(one, beside, 2))  # imports, and what is looked up once a process
    # Each has names of its own: what is kept of names from one run to the next would make the later ones cheaper.
    small, middle, large = (work(many(one, beside, count * by, 1000 * by)) for by in (1, 2, 4))
    return (large - middle) / (middle - small)
