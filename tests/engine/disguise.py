"""`python -m tests.engine.disguise`: what passes in a cluster has to pass where another team deployed the same.

Each disguise (tests/engine/disguises) deploys the programs of a case as another real team would have: images by way
of a company's mirror, other namespaces, labels of their own. The rows are rewritten alike. A flow that passed and is
cut now has to be announced; an attack that was denied has to be denied still.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cilium_policies.catalogue.load import load
from cilium_policies.config.settings import config_of
from cilium_policies.document.split import split
from cilium_policies.evidence.told import told
from cilium_policies.function import Made, Options, make
from cilium_policies.generate.reconcile import documents
from cilium_policies.kube.reading import objects
from cilium_policies.questions.uncovered import values
from cilium_policies.workloads.inventory.write import write_inventory

from tests.engine import manifests
from tests.engine.announced import announced, cuts, signs
from tests.engine.corpus import Case, cases, cluster_text
from tests.engine.disguises import DISGUISES
from tests.engine.fixtures import asked_corpus
from tests.engine.judge import Judge
from tests.engine.manifests import Cluster
from tests.engine.measure import Measure, Miss, measure
from tests.engine.substitute import substitute
from tests.tools import CACHE


class Result(NamedTuple):
    """What the policies of one cluster do, by the numbers of its rows."""

    measure: Measure
    announced: frozenset[int]  # cut, and named at one end at least
    silent: frozenset[int]
    open: frozenset[int]  # attacks that pass

    @property
    def cut(self) -> frozenset[int]:
        return self.announced | self.silent


class Loss(NamedTuple):
    """What a disguise changes for the worse."""

    case: str
    disguise: str
    before: Result
    after: Result

    def numbers(self) -> tuple[int, int, int, int, int]:
        """Rows that passed, that pass, newly cut and announced, newly in silence, attacks newly allowed."""
        new = self.after.cut - self.before.cut
        return (
            self.before.measure.legit.good,
            self.after.measure.legit.good,
            len(new & self.after.announced),
            len(new & self.after.silent) + len(self.after.silent & self.before.announced),
            len(self.after.open - self.before.open),
        )

    def misses(self) -> Iterator[tuple[str, Miss]]:
        """Each row that is new, by what it is."""
        for miss in self.after.measure.misses:
            number = miss.row.number
            if number in self.after.silent and number not in self.before.silent:
                yield "IN SILENCE", miss
            elif number in self.after.cut - self.before.cut:
                yield "announced", miss
            elif number in self.after.open - self.before.open:
                yield "OPEN", miss


def made(case: Case, dressed: Cluster | None = None) -> list[Made]:
    """The policies of a case, one run, or one for each build that is run alone."""
    sources = [(str(build), build.read_bytes()) for build in case.builds]
    own = case.folder / "config.yaml"
    given = (str(own), own.read_bytes()) if own.exists() else None
    more = dressed.config.items() if dressed else ()
    overrides = (("mode", "enforce"), *((f"cluster.{key}", value) for key, value in more))
    config = config_of([], given, overrides)
    if dressed is None or not dressed.separate:
        return [make([split(data, file) for file, data in sources], config, Options())]
    catalogue = load(config.defined_components, config.disabled_components)
    found = objects([split(data, file) for file, data in sources], config.default_namespace).objects
    told_of = write_inventory(found, dict(sources), catalogue, told, "cluster").encode()
    options = Options(inventory=("inventory.yaml", told_of))
    return [make([split(data, file)], config, options) for file, data in sources]


def asked(judge: Judge, case: Case, dressed: Cluster | None = None) -> Result:
    """What Cilium's engine says to the rows of this case."""
    runs = made(case, dressed)
    text = cluster_text(case)
    world = judge.world(text=text)
    policies = "\n---\n".join(documents(one.policies.policies).decode() for one in runs)
    world.set_policies(substitute(policies))
    found = measure(case, world)
    known = announced(json.dumps({"items": values(one.plan)}) for one in runs)._replace(signs=signs(text))
    world.unload()
    named = cuts(found.misses, known)
    return Result(
        found,
        frozenset(one.row.number for one in (*named.announced, *named.half)),
        frozenset(one.row.number for one in named.silent),
        frozenset(one.row.number for one in found.misses if one.row.expect == "deny" and not one.row.strict),
    )


def cluster_of(case: Case) -> Cluster:
    """The case as values."""
    rows = tuple(row.query for row in case.rows)
    return manifests.read(case.builds, case.folder / "runtime.yaml", rows)


def disguised(case: Case, cluster: Cluster, folder: Path) -> Case:
    """The case that these values make, as files in a folder."""
    builds = []
    paths = [str(path.relative_to(case.folder)) for path in case.builds]
    if len(cluster.builds) > len(paths):
        paths = [f"build-{number}.yaml" for number, _ in enumerate(cluster.builds)]
    for path, build in zip(paths, cluster.builds, strict=True):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_stream(build), encoding="utf-8")
        builds.append(target)
    (folder / "runtime.yaml").write_text(_stream(cluster.runtime), encoding="utf-8")
    if (case.folder / "config.yaml").exists():
        (folder / "config.yaml").write_bytes((case.folder / "config.yaml").read_bytes())
    rows = tuple(row._replace(query=dict(query)) for row, query in zip(case.rows, cluster.rows, strict=True))
    return case._replace(folder=folder, builds=tuple(builds), rows=rows)


def _stream(build: Sequence[manifests.Document]) -> str:
    texts = (one.text if one.text.endswith("\n") else one.text + "\n" for one in build)
    return "".join(text if text.startswith("---") else f"---\n{text}" for text in texts)


def run(judge: Judge, case: Case, names: Sequence[str]) -> Iterator[Loss]:
    """Each of these disguises of a case, against the case as it is."""
    before, cluster = asked(judge, case), cluster_of(case)
    for name in names:
        folder = CACHE / "disguise" / case.name / name
        dressed = DISGUISES[name](cluster)
        other = disguised(case, dressed, folder)
        yield Loss(case.name, name, before, asked(judge, other, dressed))


def table(losses: Sequence[Loss]) -> str:
    """One line a disguise."""
    lines = [
        "| disguise | passed before | after | newly announced | newly in silence | attacks newly allowed |",
        "|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(one.disguise for one in losses):
        rows = [one.numbers() for one in losses if one.disguise == name]
        lines.append(f"| {name} | {' | '.join(str(sum(column)) for column in zip(*rows, strict=True))} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when no disguise cuts in silence what passed, and none opens what was denied."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.disguise", description=__doc__)
    parser.add_argument("--case", action="append", default=[], metavar="NAME")
    parser.add_argument("--disguise", action="append", default=[], choices=list(DISGUISES))
    parser.add_argument("--corpus", type=Path, help="its folder, instead of ../shared/corpus")
    parser.add_argument("--losses", action="store_true", help="each row that is cut and announced, too")
    options = parser.parse_args(arguments)
    folder = asked_corpus(options.corpus)
    if folder is None:
        return 2
    started, losses = time.monotonic(), []
    with Judge() as judge:
        for case in cases(folder):
            if case.kind == "app" or (options.case and not any(part in case.name for part in options.case)):
                continue
            for loss in run(judge, case, options.disguise or list(DISGUISES)):
                losses.append(loss)
                for word, miss in loss.misses():
                    if word != "announced" or options.losses:
                        print(f"{loss.case} {loss.disguise}: {word} {miss}", flush=True)
                print(f"{loss.case} {loss.disguise}: {loss.numbers()}", file=sys.stderr, flush=True)
    print(table(losses))
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    return 1 if any(any(one.numbers()[3:]) for one in losses) else 0


if __name__ == "__main__":
    sys.exit(main())
