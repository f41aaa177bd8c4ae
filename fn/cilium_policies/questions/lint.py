"""Every fault of the policies in an input: what is refused, what never matches, what opens or cuts too much."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cilium_policies.checks import needs
from cilium_policies.checks.every import CHECKS
from cilium_policies.checks.rows import Row, Texts, ordered
from cilium_policies.checks.rows import rows as found
from cilium_policies.checks.situation import Known, Situation
from cilium_policies.cilium.model import Policy
from cilium_policies.cilium.validity import VERSIONS
from cilium_policies.document.finding import ERROR
from cilium_policies.document.source import Source
from cilium_policies.generate.plan import Plan
from cilium_policies.kube.inventory import policy_objects
from cilium_policies.kube.objects import Object
from cilium_policies.show.table import Cell, Table, columns


def lint(
    sources: list[Source],
    plan: Plan,
    own: Iterable[Object] = (),
    generated: Iterable[Policy] = (),
    versions: tuple[str, ...] = (),
) -> list[Row]:
    """Every fault of the user's policies and the program's, by file and line.

    `own` are policies of earlier runs in the input, `generated` those of this run; give one or the other.
    `versions` of Cilium to hold them against; empty: the config's, else the newest.
    """
    versions = versions or (plan.config.cluster.cilium_version or VERSIONS[-1],)
    texts = Texts(sources)
    written = [texts.known(one, versions) for one in (*policy_objects(plan.cluster.inventory), *own)]
    situation = Situation(plan.cluster, [*written, *(Known(one) for one in generated)], enforced=True)
    cuts = list(needs.cuts(situation, plan.edges, plan.dns.workloads))
    return ordered(found(situation, situation.known, texts, CHECKS, cuts))


def table(rows: list[Row]) -> Table:
    """One row a fault."""
    cells: list[tuple[Cell, ...]] = [
        (row.severity, f"{row.file}:{row.line}" if row.line else "generated", row.policy, row.path, row.message,
         row.cure, row.check)
        for row in rows
    ]  # fmt: skip
    named = columns("severity", "file", "policy", "field", "message=fault", "cure=what to do", "check")
    return Table("", named, cells, "no fault")


def values(rows: list[Row]) -> list[dict[str, Any]]:
    """The same as objects for programs; `file` is empty and `line` 0 for a policy that this run generates."""
    return [
        {
            "check": row.check,
            "severity": row.severity,
            "policy": row.policy,
            "file": row.file,
            "line": row.line,
            "field": row.path,
            "message": row.message,
            "cure": row.cure,
        }
        for row in rows
    ]


def reference() -> Table:
    """Every check and what it finds."""
    cells: list[tuple[Cell, ...]] = [(name, (check.__doc__ or "").strip()) for name, check in CHECKS.items()]
    return Table("Checks", columns("check", "finds"), cells)


def refused(rows: Iterable[Row]) -> bool:
    """Whether any policy does not work at all."""
    return any(row.severity == ERROR for row in rows)
