"""Every fault of the policies in an input: what is refused, what never matches, what opens or cuts too much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cilium_policies.checks import needs
from cilium_policies.checks.every import CHECKS
from cilium_policies.checks.fault import Fault, Linted
from cilium_policies.checks.situation import Known, Situation, known, place, policy_objects
from cilium_policies.cilium.model import Policy
from cilium_policies.cilium.read import CCNP, CNP
from cilium_policies.cilium.typed import typed
from cilium_policies.cilium.validity import VERSIONS
from cilium_policies.document.finding import ERROR, Finding
from cilium_policies.document.lines import lines_of
from cilium_policies.document.source import Item, Source
from cilium_policies.generate.plan import Plan
from cilium_policies.kube.objects import Mapping, Object, at
from cilium_policies.show.table import Cell, Table, columns


class Row(NamedTuple):
    """One fault of one policy. `line` is that of the field, 0 for a policy that this run generates."""

    check: str
    severity: str
    policy: str  # Kind/namespace/name
    file: str
    line: int
    path: str
    message: str
    cure: str
    item: int = -1

    def finding(self) -> Finding:
        """The row as the function's other findings."""
        kind, _, rest = self.policy.partition("/")
        namespace, _, name = rest.rpartition("/")
        message = f"{self.policy}: {self.path}: {self.message}"
        place_ = (self.file, self.item, self.line, 0, self.path)
        return Finding(self.severity, message, self.cure, *place_, "", kind, namespace, name)


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
    texts = _Texts(sources)
    written = [_known(one, texts, versions) for one in (*policy_objects(plan.cluster.inventory), *own)]
    situation = Situation(plan.cluster, [*written, *(Known(one) for one in generated)], enforced=True)
    cut = list(needs.cuts(situation, plan.edges, plan.dns.workloads))
    rows = [
        _row(name, fault, one, texts)
        for one in situation.known
        for name, fault in _faults(Linted(one, situation, situation.entries_of(one), cut))
    ]
    return sorted(dict.fromkeys(rows), key=lambda row: (row.file, row.line, row.policy, row.path, row.check))


def _known(one: Object, texts: _Texts, versions: tuple[str, ...]) -> Known:
    body = texts.body(one)
    found = [known(one, version=version, typed=body) for version in versions]
    refusals: dict[tuple[str, str], Any] = {}
    for version, judged in zip(versions, found, strict=True):
        for refusal in judged.refusals:
            told = refusals.setdefault((refusal.path, refusal.message), (refusal, []))
            told[1].append(version)
    marked = [
        refusal
        if len(by) == len(versions)
        else refusal._replace(message=f"{refusal.message} (Cilium {', '.join(by)})")
        for refusal, by in refusals.values()
    ]
    return found[0]._replace(refusals=tuple(marked))


def _faults(one: Linted) -> Iterator[tuple[str, Fault]]:
    for name, check in CHECKS.items():
        for fault in check(one):
            yield name, fault


def _row(check: str, fault: Fault, one: Known, texts: _Texts) -> Row:
    name = str(one.policy)
    line = texts.line(one, fault.path)
    where = one.where
    return Row(
        check, fault.severity, name, where.file, line, fault.path, fault.message, fault.cure, where.item
    )


class _Texts:
    """The policies' own text: types of scalars, and lines of fields."""

    def __init__(self, sources: list[Source]) -> None:
        self._items: dict[tuple[str, int], Item] = {}
        for source in sources:
            for item in source.items:
                self._items[source.file, item.index] = item
        self._lines: dict[tuple[str, int], dict[tuple[str | int, ...], int]] = {}

    def body(self, one: Object) -> Mapping | None:
        """The object with numbers and flags as the API server sees them; None where its text is not at hand."""
        item = self._items.get(one.where[:2])
        if item is None or item.kind not in (CNP, CCNP):
            return None
        found = typed(item.text())
        return found if isinstance(found, dict) and at(found, "metadata", "name") == one.name else None

    def line(self, one: Known, path: str) -> int:
        """The line of a field, or of the nearest field around it that stands in the text."""
        key = one.where[:2]
        item = self._items.get(key)
        if item is None or item.kind != one.policy.kind:
            return one.where.line
        if key not in self._lines:
            self._lines[key] = lines_of(item.text(), item.line)
        wanted = place(path)
        while wanted:
            if wanted in self._lines[key]:
                return self._lines[key][wanted]
            wanted = wanted[:-1]
        return one.where.line


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
