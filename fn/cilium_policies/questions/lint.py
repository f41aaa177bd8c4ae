"""Every violation in the policies in an input: what is refused, what never matches, what opens or cuts too much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cilium_policies.checks import needs
from cilium_policies.checks.every import CHECKS
from cilium_policies.checks.rows import Row, Texts, ordered
from cilium_policies.checks.rows import rows as found
from cilium_policies.checks.snapshot import Known, Snapshot
from cilium_policies.cilium.model import Policy
from cilium_policies.cilium.validity import VERSIONS
from cilium_policies.document.finding import ERROR, line_of
from cilium_policies.document.origin import placed
from cilium_policies.document.source import Source
from cilium_policies.generate.plan import Plan
from cilium_policies.kube.inventory import policy_objects
from cilium_policies.kube.objects import Object
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.show.sarif import Result
from cilium_policies.show.table import Cell, Table, columns


def lint(
    sources: list[Source],
    plan: Plan,
    own: Iterable[Object] = (),
    generated: Iterable[Policy] = (),
    versions: tuple[str, ...] = (),
) -> list[Row]:
    """Every violation in the user's policies and the program's, by file and line.

    `own` are policies of earlier runs in the input, `generated` those of this run; give one or the other.
    `versions` of Cilium to hold them against; empty: the config's, else the newest.
    """
    versions = versions or (plan.config.cluster.cilium_version or VERSIONS[-1],)
    texts = Texts(sources)
    written = [texts.known(one, versions) for one in (*policy_objects(plan.cluster.inventory), *own)]
    return violations(
        Snapshot(plan.cluster, [*written, *(Known(one) for one in generated)], enforced=True), plan, texts
    )


BRIEFLY = (
    "refused",
    "too-large",
)  # what a policy that this run generates may be; its other violations are this program's


def violations(snapshot: Snapshot, plan: Plan, texts: Texts, *, briefly: bool = False) -> list[Row]:
    """The same for policies that are enforced in a snapshot, those of the input read by `texts`. `briefly`: of those
    that this run generates only what depends on the cluster, as tests hold them to have none."""
    others = [
        one for one in snapshot.known if not (one.own or one.refusals)
    ]  # the only ones that are told of cuts
    cuts = list(needs.cuts(snapshot, plan.edges, plan.dns.workloads)) if others else []
    planned = [one for one in snapshot.known if one.generated and briefly]
    rest = snapshot.known if not briefly else [one for one in snapshot.known if not one.generated]
    return ordered([
        *found(snapshot, rest, texts, CHECKS, cuts),
        *found(snapshot, planned, texts, BRIEFLY, cuts),
    ])  # fmt: skip


def table(rows: list[Row]) -> Table:
    """One row per violation."""
    cells: list[tuple[Cell, ...]] = [
        (row.severity, f"{row.file}:{row.line}" if row.line else "generated", row.policy, row.path, row.message,
         row.cure, row.check)
        for row in rows
    ]  # fmt: skip
    named = columns("severity", "file", "policy", "field", "message=violation", "cure=what to do", "check")
    return Table("", named, cells, "no violation")


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


class Group(NamedTuple):
    """Faults of one cause: the first of them, and how many there are, in how many policies."""

    first: Row
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody calls
    policies: int
    namespaces: tuple[str, ...]

    def line(self, sources: list[Source]) -> str:
        """For people: the first violation, and what the others have in common with it."""
        line = f"{line_of(placed([self.first.finding()], sources)[0])} [{self.first.check}]"
        if self.count == 1:
            return line
        where = f" in {self.policies} policies" if self.policies > 1 else " in this policy"
        spaces = ", ".join(self.namespaces[:4]) + (
            f" and {len(self.namespaces) - 4} more namespaces" if len(self.namespaces) > 4 else ""
        )
        others = f"{spaces}; " if self.policies > 1 and spaces else ""
        return f"{line} ({self.count} alike{where}: {others}--all lists them)"


def grouped(rows: Iterable[Row]) -> list[Group]:
    """Rows with the same check, the same place in policies of the same name, and the same cure as one."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        kind, _, rest = row.policy.partition("/")
        key = (row.check, row.severity, kind, rest.rpartition("/")[2], row.path, row.cure)
        groups.setdefault(key, []).append(row)
    return [_group(members) for members in groups.values()]


def _group(rows: list[Row]) -> Group:
    policies = {row.policy for row in rows}
    spaces = {policy.partition("/")[2].rpartition("/")[0] for policy in policies} - {""}
    return Group(rows[0], len(rows), len(policies), tuple(sorted(spaces)))


def identity(row: Row) -> str:
    """What makes a violation the same in another version of the input: neither its line nor its place in a list."""
    return "\n".join((row.check, row.policy, row.message))


def new(rows: Iterable[Row], known: Counter[str]) -> list[Row]:
    """The rows beyond those that are known already, each counted as often as it is known."""
    left = Counter(known)
    found = []
    for row in rows:
        if left[identity(row)]:
            left[identity(row)] -= 1
        else:
            found.append(row)
    return found


def results(rows: Iterable[Row]) -> list[Result]:
    """The same for SARIF."""
    return [
        Result(row.check, row.severity, f"{row.policy}: {row.path}: {row.message}; {row.cure}", row.file, row.line,
               identity(row))
        for row in rows
    ]  # fmt: skip


def descriptions() -> dict[str, str]:
    """Each check and what it finds."""
    return {name: (check.__doc__ or "").strip() for name, check in CHECKS.items()}


def reference() -> Table:
    """Every check and what it finds."""
    cells: list[tuple[Cell, ...]] = [(name, (check.__doc__ or "").strip()) for name, check in CHECKS.items()]
    return Table("Checks", columns("check", "finds"), cells)


def refused(rows: Iterable[Row]) -> bool:
    """Whether any policy does not work at all."""
    return any(row.severity == ERROR for row in rows)
