"""`python -m tests.engine.alarms`: which lines of `list --uncovered` are false alarms, case by case.

A direction that is listed and of whose pods the table of flows has rows: *in vain* where no legitimate row is denied
there, by Cilium's engine. Printed with its reason, so that a reader can ask of each what the input could have told. Of
a route whose proxy the case leaves out the table can tell only where a row has it as its source: others do not count.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.engine.announced import Announced, Signs, announced, false_alarms, selecting, signs, told_of
from tests.engine.corpus import Case, cases, cluster_text, left_out
from tests.engine.fixtures import asked_corpus
from tests.engine.judge import Judge
from tests.engine.measure import Miss, measure
from tests.engine.product import Product, variants


class Alarm(NamedTuple):
    """One direction as `list --uncovered` names it, and whether a flow is missing there."""

    degree: str
    reason: str
    place: str  # NAMESPACE/NAME DIRECTION
    why: str
    in_vain: bool


def alarms(judge: Judge, case: Case, product: Product) -> list[Alarm]:
    """All listed directions of which the case's rows can tell; the reasons of one direction are joined."""
    text, plain = cluster_text(case), variants(case, separate=False)[0]
    world = judge.world(text=text)
    world.set_policies(product.policies(case, "enforce", plain))
    misses = measure(case, world, frozenset(left_out(case))).misses
    by = selecting(world, case.rows)
    world.unload()
    [answer] = product.uncovered(case, "enforce", plain)
    return list(_judged(case, json.loads(answer)["items"], misses, by, signs(text)))


def _judged(
    case: Case,
    items: Sequence[dict[str, Any]],
    misses: Sequence[Miss],
    by: dict[str, tuple[str, ...]],
    whose: Mapping[tuple[str, str], Signs],
) -> Iterator[Alarm]:
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in items:
        for direction in one["direction"].split(" and "):
            place = f"{one['namespace']}/{one['name']} {direction}"
            grouped.setdefault((one["degree"], place), []).append({**one, "direction": direction})
    named: dict[tuple[str, str], Announced] = {
        key: announced([json.dumps({"items": found})])._replace(signs=whose) for key, found in grouped.items()
    }
    words = {f"{degree} {place}": known for (degree, place), known in named.items()}
    words = told_of(words, case.rows, by)
    sources = [row.source for row in case.rows]
    beyond = {
        place
        for (_, place), found in grouped.items()
        if {one["reason"] for one in found} == {"proxy-elsewhere"}
        and not any(map(_is_source(found), sources))
    }
    vain = false_alarms(words, misses)
    for (degree, place), found in sorted(grouped.items()):
        if f"{degree} {place}" in words and place not in beyond:
            reasons = "+".join(sorted({one["reason"] for one in found}))
            why = "; ".join(dict.fromkeys(one["why"] for one in found))
            yield Alarm(degree, reasons, place, why, f"{degree} {place}" in vain)


def _is_source(items: Sequence[dict[str, Any]]) -> Callable[[str], bool]:
    """Whether a row was read from the objects of these lines, by kind, namespace and name."""
    objects = {f"{one['kind']} {one['namespace']}/{one['name']}" for one in items}
    return lambda source: any(re.search(rf"{re.escape(one)}(?![\w.-])", source) for one in objects)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints each false alarm, then the counts by degree and reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.alarms", description=__doc__)
    parser.add_argument("--case", action="append", default=[], metavar="NAME")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--guessed", action="store_true", help="those of guessed directions, too")
    parser.add_argument("--all", action="store_true", help="those that tell of a missing flow, too")
    options = parser.parse_args(arguments)
    folder = asked_corpus(options.corpus)
    if folder is None:
        return 2
    counts: Counter[tuple[str, str, bool]] = Counter()
    product = Product()
    with Judge() as judge:
        for case in cases(folder):
            if case.kind == "app" or (options.case and not any(part in case.name for part in options.case)):
                continue
            found = alarms(judge, case, product)
            counts.update((one.degree, one.reason, one.in_vain) for one in found)
            for one in found:
                if (one.in_vain or options.all) and (options.guessed or one.degree == "unknown"):
                    word = "in vain" if one.in_vain else "missing"
                    print(f"{case.name} {word} {one.degree} {one.reason} {one.place}: {one.why}", flush=True)
    for degree in ("unknown", "guessed"):
        reasons = {reason for word, reason, _ in counts if word == degree}
        for reason in sorted(reasons, key=lambda one: -counts[degree, one, True]):
            vain, told = counts[degree, reason, True], counts[degree, reason, False]
            print(f"{degree} {reason}: {vain} of {vain + told} in vain")
        vain, told = (
            sum(n for (word, _, state), n in counts.items() if word == degree and state is wanted)
            for wanted in (True, False)
        )
        print(f"{degree}: {vain} of {vain + told} in vain")
    return 0


if __name__ == "__main__":
    sys.exit(main())
