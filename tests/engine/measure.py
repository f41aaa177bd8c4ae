"""Count what a set of policies does to a case: legitimate flows that pass, attacks and strict rows denied."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from tests.engine.corpus import Case, Row
from tests.engine.judge import Verdict, World


class Count(NamedTuple):
    """So many of so many."""

    good: int
    total: int

    def __str__(self) -> str:
        return f"{self.good} / {self.total}" if self.total else "-"

    @property
    def full(self) -> bool:
        """Whether none is missing."""
        return self.good == self.total


class Denial(NamedTuple):
    """An end that denies a flow: the query's `from` or `to`, its direction, and the policies that decide."""

    end: str
    direction: str
    by: tuple[str, ...]


class Miss(NamedTuple):
    """A row whose verdict is not the expected one, and who decided."""

    row: Row
    verdict: str
    reason: str
    denied: tuple[Denial, ...] = ()  # the ends that deny

    def __str__(self) -> str:
        kind = "legit" if self.row.expect == "allow" else "strict" if self.row.strict else "attack"
        text = f"{kind} {self.row.text()} ({self.row.why}; {self.row.source})"
        return f"{text}\n      {self.verdict or 'no answer'}: {self.reason}"


class Measure(NamedTuple):
    """The enforce figures of one case."""

    legit: Count  # allow rows that pass
    attacks: Count  # deny rows that are denied, strict ones apart
    strict: Count
    misses: tuple[Miss, ...]

    @property
    def full(self) -> bool:
        """Whether every row has its verdict."""
        return not self.misses


def measure(case: Case, world: World, left_out: frozenset[int] = frozenset()) -> Measure:
    """Ask every row but those left out against the policies that the world holds."""
    asked = [row for row in case.rows if row.number not in left_out]
    verdicts = world.ask([row.query for row in asked])
    pairs = list(zip(asked, verdicts, strict=True))

    def count(expect: str, strict: bool) -> Count:
        chosen = [verdict for row, verdict in pairs if (row.expect, row.strict) == (expect, strict)]
        return Count(sum(verdict.verdict == expect for verdict in chosen), len(chosen))

    misses = [
        Miss(row, one.verdict, one.reason(), _denied(one)) for row, one in pairs if one.verdict != row.expect
    ]
    return Measure(count("allow", False), count("deny", False), count("deny", True), tuple(misses))


def _denied(verdict: Verdict) -> tuple[Denial, ...]:
    sides = (("from", "egress", verdict.egress), ("to", "ingress", verdict.ingress))
    return tuple(Denial(end, way, side.by) for end, way, side in sides if side.verdict == "deny")


class Audit(NamedTuple):
    """Rows that break a condition of mode audit, each with its reason."""

    cut: tuple[Miss, ...]  # passes without generated policies and not with them
    not_passing: tuple[Miss, ...]  # legitimate and denied
    unattributed: tuple[Miss, ...]  # legitimate, and on a managed end no named policy decides
    attributed: tuple[Miss, ...]  # an attack on all of whose managed ends a named policy decides

    @property
    def full(self) -> bool:
        """Whether audit cuts nothing and tells legitimate flows from the others exactly."""
        return not any(self)


def audit(
    case: Case,
    world: World,
    bare: Sequence[str],
    covered: Collection[str],
    left_out: frozenset[int] = frozenset(),
) -> Audit:
    """The conditions of mode audit.

    `bare` holds each row's verdict without any generated policy, `covered` the namespaces that have one: pods of
    other namespaces and, for one application, pods of other builds have no policy that could be named.
    """
    found: dict[str, list[Miss]] = {name: [] for name in Audit._fields}
    for row, before, now in zip(case.rows, bare, world.ask([row.query for row in case.rows]), strict=True):
        miss = Miss(row, now.verdict, now.reason())
        legitimate = row.expect == "allow"
        if before == "allow" and now.verdict != "allow":
            found["cut"].append(miss)
        if row.number in left_out:
            continue
        if now.verdict != "allow":
            if legitimate:
                found["not_passing"].append(miss)
            continue
        if "host" in row.query["from"].values():
            continue  # the own node reaches its pods whatever a policy says: no rule is needed
        ends = [
            side
            for end, side in (("from", now.egress), ("to", now.ingress))
            if side.managed and (side.selected or (case.kind != "app" and _namespace(row, end) in covered))
        ]
        named = all(side.named for side in ends)
        if legitimate and not named:
            found["unattributed"].append(miss)
        if not legitimate and ends and named:
            found["attributed"].append(miss)
    return Audit(*(tuple(found[name]) for name in Audit._fields))


def _namespace(row: Row, end: str) -> str:
    return str(row.query[end].get("pod", "")).split("/")[0]
