"""`python -m tests.engine.score`: what the generated policies do to every case of the corpus, by Cilium's engine.

Prints one line per case: legitimate flows that pass, attacks denied, strict rows denied, openings. `--misses` adds
each row with the wrong verdict and who decided it. Mode audit prints its four conditions instead.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.engine.announced import Cuts, announced, cuts, signs
from tests.engine.build import NoGoError
from tests.engine.corpus import Case, cases, cluster_text, left_out
from tests.engine.facts import Facts, facts_directory, load_facts
from tests.engine.fixtures import asked_corpus
from tests.engine.judge import Judge, JudgeError, World
from tests.engine.measure import Audit, Measure, audit, measure
from tests.engine.openings import Openings, by_pair, openings
from tests.engine.policies import conflicts, namespaces, wide_rules
from tests.engine.product import DefaultDeny, Given, Nothing, Product, ProductError, Variant, variants


class Line(NamedTuple):
    """One line of the table: a case, run in one way."""

    name: str
    error: str = ""  # why there are no figures
    measure: Measure | None = None
    audit: Audit | None = None
    cuts: Cuts | None = None
    openings: Openings | None = None
    remarks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    policies: int = 0
    by_name: tuple[int, ...] = ()  # strict rows that are denied under each of BY_NAME

    @property
    def full(self) -> bool:
        """Whether every row has its verdict (enforce) or every condition holds (audit)."""
        found = self.measure or self.audit
        return not self.error and found is not None and found.full

    def cells(self) -> list[str]:
        """The table's columns."""
        if self.error:
            return [self.name, self.error]
        outside = f"{len(self.left_out)}" if self.left_out else ""
        if self.audit is not None:
            return [self.name, *(str(len(rows)) for rows in self.audit), str(self.policies), outside]
        assert self.measure is not None
        figures = (self.measure.legit, self.measure.attacks, self._strict())
        return [self.name, *map(str, figures), *self._cut(), *self._opened(), str(self.policies), outside]

    def _strict(self) -> str:
        """Strict rows that are denied, and how many are where the outside is opened by name."""
        assert self.measure is not None
        told = [f"{word}: {count}" for word, count in zip(BY_NAME, self.by_name, strict=False)]
        return "; ".join([str(self.measure.strict), *told])

    def _cut(self) -> list[str]:
        """How many cut flows are announced, half announced and in silence; empty where none is cut."""
        rows = self.cuts or Cuts((), (), ())
        return [str(len(each)) if any(rows) else "" for each in rows]

    def _opened(self) -> list[str]:
        if self.openings is None:
            return ["", ""]
        own = f"{len(self.openings.flows)} + {len(self.openings.optional)}"
        return [own, str(len(self.openings.given) or "")]


HEADS = {
    "enforce": [
        "case",
        "legit pass",
        "attacks denied",
        "strict denied",
        "cut and announced",
        "half announced",
        "in silence",
        "openings",
        "by the cluster",
        "policies",
        "rows left out",
    ],
    "audit": [
        "case",
        "cut",
        "legit not passing",
        "legit unnamed",
        "attacks named",
        "policies",
        "rows left out",
    ],
}


BY_NAME = ("known", "all")  # of `spec.cluster.fqdn`


def strict_denied(case: Case, world: World, policies: str) -> int:
    """How many strict rows these policies deny: a rule for a name lets through what a rule for every address does."""
    world.set_policies(policies)
    asked = [row.query for row in case.rows if row.strict]
    return sum(verdict == "deny" for verdict in world.verdicts(asked))


def score_case(
    judge: Judge, case: Case, product: Product, options: argparse.Namespace, facts: Facts
) -> Iterator[Line]:
    """Load the case once, and score each way of running the product on it."""
    world = judge.world(text=cluster_text(case))
    bare = world.verdicts([row.query for row in case.rows]) if options.mode == "audit" else []
    for variant in variants(case, options.builds):
        name = f"{case.name} ({variant.name})" if variant.name else case.name
        try:
            policies = product.policies(case, options.mode, variant)
            line = _line(name, case, variant, world, policies, options, bare, facts)
            if line.measure is not None and not line.measure.legit.full:
                known = announced(product.uncovered(case, options.mode, variant))
                known = known._replace(signs=signs(cluster_text(case)))
                line = line._replace(cuts=cuts(line.measure.misses, known))
            if line.measure is not None and not line.measure.strict.full:
                asked = (("--set", f"cluster.fqdn={word}") for word in BY_NAME)
                named = [product.policies(case, options.mode, variant, more) for more in asked]
                line = line._replace(by_name=tuple(strict_denied(case, world, one) for one in named))
            yield line
        except (ProductError, JudgeError) as error:
            yield Line(name, error=str(error).splitlines()[0][:80])
    world.unload()


def _line(
    name: str,
    case: Case,
    variant: Variant,
    world: World,
    policies: str,
    options: argparse.Namespace,
    bare: list[str],
    facts: Facts,
) -> Line:
    number = len(world.set_policies(policies))
    elsewhere = {} if variant.inventory else left_out(case)
    rows = {row.number: row for row in case.rows}
    texts = tuple(f"{rows[number].text()}: {source}" for number, source in elsewhere.items())
    if options.mode == "audit":
        found = audit(case, world, bare, namespaces(policies), frozenset(elsewhere))
        return Line(name, audit=found, policies=number, left_out=texts)
    opened = openings(case, world, policies, facts) if options.openings else None
    remarks = (*(f"wide without a reason: {text}" for text in wide_rules(policies)), *_fights(policies))
    measured = measure(case, world, frozenset(elsewhere))
    return Line(name, measure=measured, openings=opened, remarks=remarks, policies=number, left_out=texts)


def _fights(policies: str) -> list[str]:
    return [f"two builds write it differently: {name}" for name in conflicts(policies)]


def details(line: Line, options: argparse.Namespace) -> Iterator[str]:
    """Each miss, each row left out, and the openings, as asked for."""
    if options.misses:
        for miss in line.measure.misses if line.measure else ():
            silent = " IN SILENCE" if line.cuts and miss in line.cuts.silent else ""
            yield f" {silent} {miss}"
        for condition in Audit._fields if line.audit else ():
            for miss in getattr(line.audit, condition):
                yield f"  {condition.replace('_', ' ')}: {miss}"
        yield from (f"  left out, of another build: {text}" for text in line.left_out)
        yield from (f"  {text}" for text in line.remarks)
    if options.openings and options.misses and line.openings:
        for word, flows in (
            ("open", line.openings.flows),
            ("optional", line.openings.optional),
            ("given by the cluster", line.openings.given),
        ):
            for (source, target), ports in sorted(by_pair(flows).items()):
                yield f"  {word}: {source} -> {target} {' '.join(ports)}"


def table(head: Sequence[str], lines: Sequence[Line]) -> str:
    """A Markdown table; a case without figures says why in its first column."""
    body = []
    for line in lines:
        cells = line.cells()
        body.append([*cells, *[""] * (len(head) - len(cells))] if not line.error else [line.name, line.error])
    widths = [
        max(len(row[i]) for row in [list(head), *(row for row in body if len(row) > 2)])
        for i in range(len(head))
    ]
    text = [
        [cell.ljust(width) for cell, width in zip(row, widths, strict=False)] for row in [list(head), *body]
    ]
    rows = [f"| {' | '.join(row)} |" for row in text]
    return "\n".join([rows[0], f"|{'|'.join('-' * (width + 2) for width in widths)}|", *rows[1:]])


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.engine.score", description=__doc__)
    made.add_argument(
        "--case", action="append", default=[], metavar="NAME", help="only cases whose name holds NAME"
    )
    made.add_argument("--mode", choices=["enforce", "audit"], default="enforce")
    made.add_argument("--misses", action="store_true", help="each wrong verdict with its reason")
    made.add_argument("--openings", action="store_true", help="count what is open beyond rows and facts")
    made.add_argument("--builds", action="store_true", help="run each build of a tree on its own, too (slow)")
    made.add_argument("--command", type=shlex.split, help="the product, instead of the installed one")
    made.add_argument(
        "--policies", type=Path, metavar="FILE", help="score these policies instead of the product's"
    )
    made.add_argument("--baseline", choices=["nothing", "default-deny"], help="score a stand-in")
    made.add_argument("--write", type=Path, metavar="FILE", help="write the tables of both modes to FILE")
    made.add_argument("--corpus", type=Path, help="its folder, instead of ../shared/corpus")
    return made


def chosen_product(options: argparse.Namespace) -> Product:
    """The product or the stand-in that the command line asks for."""
    if options.policies:
        return Given(options.policies)
    if options.baseline:
        return Nothing() if options.baseline == "nothing" else DefaultDeny()
    return Product(options.command)


def run(options: argparse.Namespace, product: Product, judge: Judge, found: list[Case]) -> list[Line]:
    """Score the cases in one mode, printing details as they come."""
    facts = load_facts(facts_directory()) if options.openings else {}
    lines = []
    for case in found:
        for line in score_case(judge, case, product, options, facts):
            lines.append(line)
            if options.misses:
                print(line.name)
                print("\n".join(details(line, options)) or "  nothing to say", flush=True)
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when every row of every case has its verdict, else 1; 2 without a corpus or Go."""
    options = parser().parse_args(arguments)
    folder = asked_corpus(options.corpus)
    if folder is None:
        return 2
    found = [
        case for case in cases(folder) if not options.case or any(part in case.name for part in options.case)
    ]
    product = chosen_product(options)
    started = time.monotonic()
    try:
        judge = Judge()
    except NoGoError as error:
        print(error, file=sys.stderr)
        return 2
    with judge:
        if options.write:
            return write(options, product, judge, found)
        lines = run(options, product, judge, found)
    product.forget()
    print(table(HEADS[options.mode], lines))
    print(f"{product.describe()}, mode {options.mode}, {time.monotonic() - started:.1f} s", file=sys.stderr)
    return 0 if all(line.full for line in lines) else 1


def write(options: argparse.Namespace, product: Product, judge: Judge, found: list[Case]) -> int:
    """The page with both modes' tables, openings included; not written when the product fails on a case."""
    tables = {}
    for mode in HEADS:
        options.mode, options.openings = mode, mode == "enforce"
        tables[mode] = run(options, product, judge, found)
    product.forget()
    broken = [f"{line.name}: {line.error}" for lines in tables.values() for line in lines if line.error]
    if broken:
        print("not written, some cases have no figures:", *broken, sep="\n  ", file=sys.stderr)
        return 1
    text = PAGE.format(
        command=product.describe(),
        enforce=table(HEADS["enforce"], tables["enforce"]),
        audit=table(HEADS["audit"], tables["audit"]),
    )
    options.write.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0 if all(line.full for lines in tables.values() for line in lines) else 1


PAGE = """\
# Score

Made by `make score`; do not edit. What `{command}` generates for real clusters, judged by Cilium's own policy engine
(v1.20.2). A case is a folder of manifests and a list of flows, each with the verdict that it must get and why:
`apps-root-…` are whole Flux trees of public repositories, `app-…` single builds of theirs, alone and with the tree's
inventory, the others rendered clusters and applications. The config says nothing but the mode. `(config)`: the
application's code, not its manifests, names its peers; the row holds the edges that a user would declare.

The cases (the corpus) are not part of this repository: `CILIUM_POLICIES_CORPUS` names their folder, and
`tests/engine/corpus.py` their form.

## Enforce

| column | counts |
|---|---|
| legit pass | legitimate flows that pass, of all |
| attacks denied | flows that nobody needs and that are denied, of all |
| strict denied | the same for flows that only a fine-grained policy denies; `known: N`: N under `fqdn: known` |
| cut and announced | flows that are cut, and at each end that denies them `list --uncovered` names the direction |
| half announced | at one of two ends it does |
| in silence | at none: 0 in every line |
| openings | what else passes: (from, to, port) of all pods, strangers, nodes, the API server, a LAN, a public address |
| by the cluster | the same, opened by policies of the input's own, which the function never changes |
| rows left out | flows whose source another build holds |

After the plus: openings that the catalogue calls optional for such components and that the input gives evidence of.
apps-root-bjws brings a CiliumClusterwideNetworkPolicy that opens all egress of nearly every pod. It carries a
namespace, which the API server takes off; this page used to leave the policy out for it and said "60 / 60 attacks
denied", where 20 of the 60 (to the API server, nodes and cloud metadata) pass on a running cluster whatever is
generated. Those 20 rows are no longer in the corpus.

What stands before the plus in the trees, each with its evidence in the input. onedr0p 7: NFS (2049) of a LAN host
that Probe lan-nfs names to the blackbox exporter; four ports of LAN names that ScrapeConfigs garage, jetkvm, node-
exporter and smartctl-exporter name to Prometheus (9002, 80, 9100, 9633); Plex (32400) for the CronJob whose
config.ini names its Service; and 443 on the Internet for Agregarr's lists, which its source has and its users choose.
buroa 5: the same NFS, three such ports and Agregarr. bjws 4: the listener of a TCPRoute for SSH (10022), from
anybody, a LAN, other nodes and the API server's. A LAN name has no narrower address in these inputs; under
`cluster.fqdn: known` it is its own name's, and onedr0p has 2. The tables have no rows for these.

{enforce}

## Audit

Flows that break a promise of audit; each number should be 0. Cut: passes without the generated policies and not with
them. Legit unnamed: a legitimate flow that Hubble would list as uncovered. Attacks named: an attack that it would not.

{audit}
"""


if __name__ == "__main__":
    sys.exit(main())
