"""`python -m tests.engine.deletion`: each component of the catalogue is taken away in turn, and no cut may be silent.

What a cluster runs that the catalogue does not know is unlike anything in the corpus; what it knows, and is made to
forget, is like it. For each case and each component that stands in it the policies are made without that entry (its
labels, charts and objects of operators are unknown then), every flow is asked of the engine, and each legitimate flow
that is cut must be named by `list --uncovered` at one end at least.

Scrapers and gateways are forgotten in a run apart (`--roles`): what they call are other components, whose own entries
say nothing of them, so there the line of the object or of the forgotten workload counts.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cilium_policies.catalogue.load import load
from cilium_policies.config.model import Config
from cilium_policies.document.split import split
from cilium_policies.function import Made, Options, make
from cilium_policies.generate.reconcile import documents
from cilium_policies.questions.uncovered import values

from tests.engine.announced import Cuts, announced, cuts, false_alarms, lines, signs, told_of
from tests.engine.corpus import Case, cases, cluster_text, left_out
from tests.engine.fixtures import asked_corpus
from tests.engine.judge import Judge, World
from tests.engine.measure import measure
from tests.engine.substitute import substitute

_ROLES = ("scraper", "gateway", "gateway-controller")


class Forgotten(NamedTuple):
    """A component that the catalogue was made to forget, in one case."""

    case: str
    component: str
    cuts: Cuts
    unknown: (
        int  # directions listed as unknown that the whole catalogue does not list, of pods that have rows
    )
    false: frozenset[str]  # those of them in which nothing is missing


def made(case: Case, *forget: str) -> Made:
    """The whole case as one cluster, without these entries of the catalogue."""
    sources = [split(build.read_bytes(), str(build)) for build in case.builds]
    return make(sources, Config(mode="enforce", disabled_components=forget), Options())


def components(case: Case, *, roles: bool = False) -> list[str]:
    """The components that stand in a case: those with a role that others look for, or those without."""
    catalogue = load()
    found = {one.component for one in made(case).plan.cluster.workloads if one.component}
    looked_for = {name for name in found if catalogue.components[name].data.get("role") in _ROLES}
    return sorted(name for name in found if bool(looked_for & kin(name)) == roles)


def kin(name: str) -> set[str]:
    """The entry, and those that the same charts and operators' objects make pods of: who has never seen a chart knows
    none of its parts."""
    catalogue = load()
    entry = catalogue.components[name]
    found = {name}
    for chart in entry.charts:
        found.update(one.name for one, _ in catalogue.by_chart(chart.chart))
    for maker in entry.made_by:
        found.update(one.name for one, _ in catalogue.made_by(maker.group, maker.kind))
    return found


def distinct(names: Iterable[str]) -> list[str]:
    """Of components that are forgotten together the first: the others' runs would be the same."""
    return list({frozenset(kin(one)): one for one in sorted(names, reverse=True)}.values())


def makers(whole: Made) -> dict[tuple[str, str], frozenset[str]]:
    """The object and release that stand behind each workload, as the whole catalogue knows them."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for one in whole.plan.cluster.workloads:
        names = {one.release, one.source.name if one.source is not None else ""} - {""}
        found[one.namespace, one.name] = frozenset(names)
    return found


def forgotten(
    case: Case,
    world: World,
    name: str,
    beside: Mapping[str, Any],
    before: Collection[str] = (),
) -> Forgotten:
    """What is cut, and what is said, when one entry is gone. `beside`: what else the judge goes by, by its names in
    Announced; `before`: what is unknown in any case."""
    run = made(case, *sorted(kin(name)))
    world.set_policies(substitute(documents(run.policies.policies).decode()))
    elsewhere = frozenset(left_out(case))
    answer = json.dumps({"items": values(run.plan)})
    misses = measure(case, world, elsewhere).misses
    found = cuts(misses, announced([answer])._replace(**beside))
    unknown = {
        words: said._replace(**beside)
        for words, said in lines(answer, "unknown").items()
        if words not in before
    }
    unknown = told_of(unknown, case.rows)
    return Forgotten(case.name, name, found, len(unknown), frozenset(false_alarms(unknown, misses)))


def run(judge: Judge, case: Case, names: Sequence[str]) -> Iterator[Forgotten]:
    """Each of these components in turn, on one case."""
    whole = made(case)
    names = distinct(names)
    text = cluster_text(case)
    world, beside = judge.world(text=text), {"makers": makers(whole), "signs": signs(text)}
    before = lines(json.dumps({"items": values(whole.plan)}), "unknown")
    for name in names:
        yield forgotten(case, world, name, beside, before)
    world.unload()


def sample(judge: Judge, corpus: Path, number: int, seed: int = 0) -> Iterator[Forgotten]:
    """As many pairs of case and component, drawn from all of them."""
    chosen = random.Random(seed)
    kept = [case for case in cases(corpus) if case.kind != "app"]
    for _ in range(number):
        case = chosen.choice(kept)
        names = components(case)
        if names:
            yield from run(judge, case, [chosen.choice(names)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when no cut is silent."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.deletion", description=__doc__)
    parser.add_argument("--case", action="append", default=[], metavar="NAME")
    parser.add_argument("--component", action="append", default=[], metavar="NAME")
    parser.add_argument("--roles", action="store_true", help="scrapers and gateways instead of all others")
    parser.add_argument("--noise", action="store_true", help="each direction that is unknown in vain, too")
    options = parser.parse_args(arguments)
    folder = asked_corpus()
    if folder is None:
        return 2
    started, total, noise = time.monotonic(), [0, 0, 0, 0], [0, 0]
    with Judge() as judge:
        for case in cases(folder):
            if options.case and not any(part in case.name for part in options.case):
                continue
            names = [
                one
                for one in components(case, roles=options.roles)
                if not options.component or one in options.component
            ]
            for one in run(judge, case, names):
                total = [a + b for a, b in zip(total, (1, *map(len, one.cuts)), strict=True)]
                if any(one.cuts):
                    noise = [noise[0] + one.unknown, noise[1] + len(one.false)]
                    for words in sorted(one.false) if options.noise else ():
                        print(f"{one.case} without {one.component}: in vain {words}", flush=True)
                for miss in one.cuts.silent:
                    print(f"{one.case} without {one.component}: IN SILENCE {miss}", flush=True)
            told = f"{case.name}: {len(names)} components, {len(distinct(names))} runs"
            print(told, file=sys.stderr, flush=True)
    print("{} runs: cut and announced {}, half announced {}, in silence {}".format(*total))
    print("where flows are cut: {} directions unknown, in {} of them nothing is missing".format(*noise))
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    return 1 if total[3] else 0


if __name__ == "__main__":
    sys.exit(main())
