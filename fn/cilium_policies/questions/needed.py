"""What a change does to the needs themselves: which come and go with the manifests, and which the policies then cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cilium_policies.checks import needs
from cilium_policies.checks.rows import Row
from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.checks.violation import Flow
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.words import reason_words
from cilium_policies.generate.plan import Plan
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.questions.because import told
from cilium_policies.questions.lint import identity, new
from cilium_policies.questions.words import peer_words, ports_words
from cilium_policies.show.table import Cell, Table, columns

GAINED, LOST, CUT = "new need", "need gone", "need cut"


class Need(NamedTuple):
    """One row. `evidence` is where the need is written, with file and line; of one that is cut `why` says by whom."""

    change: str
    source: str
    target: str
    ports: str
    why: str
    evidence: str


def needed(before: tuple[Plan, Snapshot], after: tuple[Plan, Snapshot]) -> list[Need]:
    """Needs that the policies cut now and did not before, then those that are new, then those that are gone."""
    old, new_ones = _needs(before[0].edges), _needs(after[0].edges)
    rows = [
        *_cut(before, after),
        *(row._replace(change=GAINED) for key, row in new_ones.items() if key not in old),
        *(row._replace(change=LOST) for key, row in old.items() if key not in new_ones),
    ]
    return list(dict.fromkeys(rows))


Key = tuple[str, str, str]


def _needs(edges: Iterable[Edge]) -> dict[Key, Need]:
    found: dict[Key, Need] = {}
    for edge in edges:
        if edge.explains:
            ends = (peer_words(edge.source), peer_words(edge.target), ports_words(edge.ports))
            found.setdefault(ends, Need("", *ends, reason_words(edge.reason), told(edge)))
    return found


def _cut(before: tuple[Plan, Snapshot], after: tuple[Plan, Snapshot]) -> list[Need]:
    """A need that is denied now, whether it is new or only its policy no longer fits."""
    known = {_flow(one)[:3] for one in _denied(*before)}
    rows = [_flow(one) for one in _denied(*after)]
    return [Need(CUT, *row) for row in dict.fromkeys(rows) if row[:3] not in known]


def _denied(plan: Plan, snapshot: Snapshot) -> list[Flow]:
    return list(needs.cuts(snapshot, plan.edges, plan.dns.workloads))


def _flow(one: Flow) -> tuple[str, str, str, str, str]:
    closing = ", ".join(dict.fromkeys(str(ref.policy) for ref in one.decision.rules)) or "a default deny"
    return (
        str(one.source),
        str(one.target),
        one.port,
        f"{one.direction} is closed by {closing}; it {one.why}",
        "",
    )


def table(rows: list[Need]) -> Table:
    """One row a need, those that are cut first."""
    cells: list[tuple[Cell, ...]] = [tuple(row) for row in rows]
    return Table(
        "Needs that change",
        columns("change", "from", "to", "ports", "why", "evidence"),
        cells,
        "no need changes",
    )


def values(rows: list[Need]) -> list[dict[str, Any]]:
    """The same as objects for programs."""
    names = ("change", "from", "to", "ports", "why", "evidence")
    return [dict(zip(names, row, strict=True)) for row in rows]


def new_violations(before: list[Row], after: list[Row]) -> list[Row]:
    """What lint finds after the change and did not find before."""
    return new(after, Counter(map(identity, before)))
