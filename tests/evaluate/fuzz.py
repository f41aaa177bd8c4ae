"""Hold the evaluation to Cilium's engine: `python -m tests.evaluate.fuzz --pairs 1000000 [--seed N]`.

Every pair is one flow in one drawn cluster, asked of both. "Not known" counts as a difference unless its
reason is one of the documented ones.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from typing import Any, NamedTuple

from cilium_policies.cilium.validity import refusals
from cilium_policies.evaluate.verdict import UNKNOWN_CONFLICT, UNKNOWNS, Verdict

from tests.engine.judge import Judge
from tests.evaluate.drawn import Case
from tests.evaluate.manifests import Cluster, options_of

PER_CASE = 40


class Difference(NamedTuple):
    """A flow on which the two do not agree, with all that is needed to ask again."""

    seed: int
    query: dict[str, Any]
    told: str

    def __str__(self) -> str:
        return f"seed {self.seed}: {json.dumps(self.query)}: {self.told}"


class Tally(NamedTuple):
    """What a run found."""

    pairs: int
    differences: list[Difference]
    counts: Counter[str]

    def __str__(self) -> str:
        unknown = sum(self.counts[f"unknown: {reason}"] for reason in UNKNOWNS)
        share = 100 * unknown / max(self.pairs, 1)
        lines = [f"{self.pairs} pairs, {len(self.differences)} differences, {share:.2f} % not known"]
        return "\n".join([*lines, *(f"  {count:>9} {name}" for name, count in sorted(self.counts.items()))])


def compare(judge: Judge, seed: int, found: list[Difference], counts: Counter[str]) -> int:
    """Ask both about one drawn case; the number of pairs asked."""
    case = Case(seed, PER_CASE)
    labels = bool(case.options.get("nodeSelectorLabels"))
    sound = [one for one in case.policies if not refusals(one, typed=True, node_labels=labels)]
    counts["policies"] += len(sound)
    fields = {"text": _stream(case.cluster), "policies": _stream(sound), "queries": case.queries}
    answers = judge.request(op="once", options=case.options or None, **fields)["answers"]
    cluster = Cluster(case.cluster + sound, options_of(case.options))
    for query, engine in zip(case.queries, answers, strict=True):
        ours = cluster.ask(query)
        counts[f"engine: {engine['verdict'] or 'error'}"] += 1
        for reason in {end.note for end in (ours.egress, ours.ingress) if end.allowed is None}:
            counts[f"unknown: {reason}"] += 1
        told = difference(ours, engine)
        if told:
            found.append(Difference(case.seed, query, told))
    return len(case.queries)


def difference(ours: Verdict, engine: dict[str, Any]) -> str:
    """Where two answers differ: in the verdict of an end, in whether a named policy let it pass, or in an
    unknown that is none of the documented ones. "" where they agree."""
    unknown = [end.note for end in (ours.egress, ours.ingress) if end.allowed is None]
    theirs = _spoken(engine)
    # One conflict at either end leaves the engine without any answer.
    mine = "error" if UNKNOWN_CONFLICT in unknown and theirs == "error" else _ours(ours, engine)
    if mine == theirs and set(unknown) <= set(UNKNOWNS):
        return ""
    return f"engine {theirs}, ours {mine}: {_brief(ours)}"


def _spoken(engine: dict[str, Any]) -> str:
    """The engine's answer of both ends: allow or deny, and whether a named policy let the flow pass."""
    if engine.get("error"):
        return "error" if "cannot merge" in engine["error"] else engine["error"]
    return ", ".join(f"{name} {_end(engine[name])}" for name in ("egress", "ingress"))


def _end(end: dict[str, Any]) -> str:
    named = any(not name.startswith("(") for name in end.get("by") or ())
    return f"{end['verdict']}{' by name' if named and end['verdict'] == 'allow' else ''}"


def _ours(verdict: Verdict, engine: dict[str, Any]) -> str:
    """Our answer in the same words; an end that is not known is the engine's to tell."""
    ends = []
    for name, end in (("egress", verdict.egress), ("ingress", verdict.ingress)):
        known = f"{'allow' if end.allowed else 'deny'}{' by name' if end.covered else ''}"
        ends.append(f"{name} {_end(engine[name]) if end.allowed is None else known}")
    return ", ".join(ends)


def _brief(verdict: Verdict) -> str:
    ends = (("egress", verdict.egress), ("ingress", verdict.ingress))
    return "; ".join(
        f"{name} {end.reason} {[str(ref) for ref in end.rules]} {end.note}" for name, end in ends
    )


def _stream(documents: list[dict[str, Any]]) -> str:
    return "\n---\n".join(json.dumps(one) for one in documents)


def run(judge: Judge, pairs: int, seed: int, stop_at: int = 20) -> Tally:
    """Draw cases until `pairs` flows are asked or `stop_at` differences are found."""
    found: list[Difference] = []
    counts: Counter[str] = Counter()
    asked = 0
    while asked < pairs and len(found) < stop_at:
        asked += compare(judge, seed, found, counts)
        seed += 1
    return Tally(asked, found, counts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    start = time.monotonic()
    with Judge() as judge:
        tally = run(judge, given.pairs, given.seed)
    for difference in tally.differences:
        print(difference)
    print(tally)
    print(f"{time.monotonic() - start:.0f} s")
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main())
