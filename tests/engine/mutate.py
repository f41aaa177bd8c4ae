"""`python -m tests.engine.mutate`: can the judge fail? One generated rule at a time is dropped or altered.

Each mutation (a rule dropped or turned round, a port, a label, a peer changed) must change the verdict of some row;
otherwise it is listed: a rule, or a part of it, that no asserted flow exercises. All of it runs in one engine
process. Rows beside the corpus, justified from the component facts, stand in tests/engine/flows/CASE.yaml.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.engine.corpus import Case, Row, cases, cluster_text, rows
from tests.engine.facts import facts_directory, load_facts
from tests.engine.fixtures import asked_corpus
from tests.engine.judge import Judge, World
from tests.engine.justify import Dependants, Justifier
from tests.engine.mutations import Mutation, mutations, rule_text
from tests.engine.product import Given, Product, ProductError, Variant

FLOWS = Path(__file__).resolve().parent / "flows"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def survivors(world: World, policies: str, asked: Sequence[Row]) -> tuple[list[Mutation], int]:
    """Run every mutation; returns those that change no verdict, and how many were run."""
    world.set_policies(policies)
    queries = [row.query for row in asked]
    before = world.verdicts(queries)
    found, total = [], 0
    for policy in yaml.load_all(policies, Loader=_Loader):
        for mutation in mutations(policy) if policy else ():
            total += 1
            if world.attempt(queries, policies=json.dumps(mutation.policy)) == before:
                found.append(mutation)
    return found, total


def extra_rows(case: Case) -> tuple[Row, ...]:
    """The rows beside the corpus for this case."""
    path = FLOWS / f"{case.name}.yaml"
    return rows(path) if path.exists() else ()


class Unnoticed(NamedTuple):
    """A mutation that changes no row, with what depends on the rule."""

    mutation: Mutation
    dependants: Dependants

    def __str__(self) -> str:
        where, rule = self.mutation.where, rule_text(self.mutation.rule)
        return f"  {where} {rule}: {self.mutation.what}\n      {self.dependants.verdict()}"


def report(found: Sequence[Unnoticed]) -> Iterator[str]:
    """Openings first, then what rows should be added for, then what nothing depends on."""
    kinds = (
        ("that let pass what nobody states", lambda one: one.dependants.unknown),
        (
            "that let pass what the facts call optional: is the evidence in the input?",
            lambda one: one.dependants.optional,
        ),
        ("that let pass what the facts state, but no row asks about", lambda one: one.dependants.known),
        ("on which nothing depends", lambda one: True),
    )
    left = list(found)
    for text, belongs in kinds:
        chosen = [one for one in left if belongs(one)]
        left = [one for one in left if one not in chosen]
        yield f"{len(chosen)} rules or parts {text}"
        yield from map(str, chosen)


def proposed_rows(found: Sequence[Unnoticed], justifier: Justifier) -> str:
    """One row for each unnoticed mutation that the facts justify, as flows.yaml holds them; no optional ones."""
    lines: dict[str, None] = {}
    for one in found:
        for flow, statement in list(one.dependants.required.items())[:1]:
            ends = ", ".join(f"{key}: {_flow_style(end)}" for key, end in justifier.query(flow).items())
            lines[f'- {{{ends}, expect: allow, why: component facts, source: "{statement}"}}'] = None
    return "\n".join(lines) + "\n"


def _flow_style(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {text}" for key, text in value.items()) + "}"
    return str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when each mutation is noticed, 1 when some survive, 2 without a corpus or policies."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.mutate", description=__doc__)
    parser.add_argument("--case", default="seed-cluster")
    parser.add_argument("--command", type=shlex.split, help="the product, instead of the installed one")
    parser.add_argument(
        "--policies", type=Path, metavar="FILE", help="these policies instead of the product's"
    )
    parser.add_argument(
        "--rows", type=Path, metavar="FILE", help="write rows that the facts justify, to choose from"
    )
    parser.add_argument("--corpus", type=Path, help="its folder, instead of ../shared/corpus")
    options = parser.parse_args(arguments)
    folder = asked_corpus(options.corpus)
    if folder is None:
        return 2
    case = next(one for one in cases(folder) if one.name == options.case)
    product = Given(options.policies) if options.policies else Product(options.command)
    try:
        policies = product.policies(case, "enforce", Variant(""))
    except ProductError as error:
        print(error, file=sys.stderr)
        return 2
    started = time.monotonic()
    with Judge() as judge:
        # Both families, so that either half of a rule for the outside is missed when it goes.
        world = judge.world(text=cluster_text(case), options={"ipv6": True})
        found, total = survivors(world, policies, [*case.rows, *extra_rows(case)])
        justifier = Justifier(world, load_facts(facts_directory()))
        unnoticed = [Unnoticed(one, justifier.dependants(one)) for one in found]
        if options.rows:
            options.rows.write_text(proposed_rows(unnoticed, justifier), encoding="utf-8")
    print("\n".join(report(unnoticed)))
    print(f"{total} mutations, {len(found)} unnoticed, {time.monotonic() - started:.1f} s", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
