"""Twice as many objects take twice the work: every kind that the program, or an entry of the catalogue, reads.

    python -m tests.hostile.every_kind [KIND …]

prints the kinds with which a doubling takes more than 2.2 times as many lines as the one before, unless the flows among
the objects grow as much, and how many kinds it went through; the exit code says whether there was one. A kind is the
longest object of it among the cases of tests/generate and tests/trust, beside what stands with it there; where no case
has one, the longest of the corpus and the examples; else an object with a value at every path that an entry names of
it. How work is counted: multiplied.py.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml
from cilium_policies.kube.kinds import READ_KINDS

from tests import short
from tests.hostile import real
from tests.hostile.kinds import SOUND, Kind, _put, kinds
from tests.hostile.multiplied import Cluster, Sample, flows, growth_of, kind_of, longest, many, silent_cuts
from tests.hostile.planted import deployment, thing

FACTOR = 2.2  # 2 is linear, 4 the square
SLACK = 0.2
COUNT = 20
_TESTS = Path(__file__).parents[1]
_NOT_MANY = ("CiliumPolicies", "ClusterInventory", "PolicyTest", "List")  # a config, or one of a stream
_CORPUS, _MADE = "the corpus", "made"


def _narrow() -> Iterator[Cluster]:
    for path in sorted((_TESTS / "trust").glob("narrow*.yaml")):
        for case in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader):
            text = short.manifests(yaml.safe_dump(case["cluster"], sort_keys=False)).decode()
            yield f"{path.stem}: {case['name']}", list(yaml.load_all(text, yaml.CSafeLoader))


@cache
def samples() -> dict[Kind, Sample]:
    """One of each kind."""
    found: dict[Kind, Sample] = {}
    for clusters in ((*silent_cuts(), *_narrow()), ((_CORPUS, [one]) for one in real.objects())):
        for kind, sample in longest(clusters, _is_multiplied).items():
            beside = sample.beside or _pod_near(sample.one)
            found.setdefault(kind, sample._replace(beside=beside))
    shown = {name for _, name in found}
    for group, name in kinds():
        if (group, name) not in found and (group or name not in shown) and name not in _NOT_MANY:
            one = _made((group, name))
            found[group, name] = Sample(_MADE, one, _pod_near(one))
    return dict(sorted(found.items()))


def _is_multiplied(one: Any) -> bool:
    """Whether it is an object with a name, of a kind that somebody reads."""
    if not (isinstance(one, dict) and isinstance(one.get("kind"), str) and one["kind"] not in _NOT_MANY):
        return False
    metadata = one.get("metadata")
    named = isinstance(metadata, dict) and isinstance(metadata.get("name"), str)
    return named and (kind_of(one) in kinds() or one["kind"] in READ_KINDS)


def _made(kind: Kind) -> dict[str, Any]:
    group, name = kind
    draw = Random(f"{group}/{name}")
    body = thing(f"{group}/v1" if group else "v1", name, "web")
    for path in kinds()[kind]:
        if not path.startswith("metadata.n"):
            _put(body, path, copy.deepcopy(draw.choice(SOUND[:-2])), draw)
    return body


def _pod_near(one: dict[str, Any]) -> list[dict[str, Any]]:
    space = one["metadata"].get("namespace") or "shop"
    return [thing("v1", "Namespace", space, space=None), deployment("w", space=space)]


def grows(sample: Sample) -> str:
    """Nothing where twice as many objects take twice the work, or as much more as there are flows among them; else how
    much they take."""
    one, beside = sample.one, sample.beside
    if growth_of(one, beside, COUNT) <= FACTOR:
        return ""
    again = 2 * COUNT  # a square is one there too; a way that is taken for long texts alone makes one step
    if (factor := growth_of(one, beside, again)) <= FACTOR:
        return ""
    small, middle, large = (flows(many(one, beside, again * by)) for by in (1, 2, 4))
    more = (large - middle) / max(middle - small, 1)
    return f"{factor:.2f} times the work, {more:.2f} times the flows" if factor > more + SLACK else ""


def main() -> None:
    only = sys.argv[1:]
    chosen = {kind: one for kind, one in samples().items() if not only or kind[1] in only}
    grown = 0
    for number, ((group, name), sample) in enumerate(chosen.items(), 1):
        if number % 50 == 0:
            print(f"{number} of {len(chosen)} kinds, {grown} not in proportion", file=sys.stderr, flush=True)
        if said := grows(sample):
            grown += 1
            print(f"{name} ({group}): {said}; {sample.place}", flush=True)
    places = [one.place for one in chosen.values()]
    made, corpus = places.count(_MADE), places.count(_CORPUS)
    print(f"{len(places)} kinds ({corpus} of the corpus, {made} made): {grown} not in proportion")
    sys.exit(grown > 0)


if __name__ == "__main__":
    main()
