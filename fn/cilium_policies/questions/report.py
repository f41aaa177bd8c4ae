"""What the cluster decides, as a graph and tables: what `report` draws."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property, partial

from cilium_policies.checks.rows import Row as Violation
from cilium_policies.checks.snapshot import Known, Snapshot
from cilium_policies.cilium.write import policy_text
from cilium_policies.document.finding import Finding, line_of
from cilium_policies.document.source import Source
from cilium_policies.evidence.edge import Edge
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.summary import plural
from cilium_policies.generate.uncovered import Uncovered, directions
from cilium_policies.kube.objects import integer
from cilium_policies.kube.reading import BREAK_GLASS
from cilium_policies.lean import Any
from cilium_policies.questions import uncovered
from cilium_policies.questions.because import told, where_words
from cilium_policies.questions.connections import Connections
from cilium_policies.questions.decided import Decided, decided
from cilium_policies.questions.drawn import graph
from cilium_policies.show.page import Sheet, Tile
from cilium_policies.show.table import Cell, Table, columns

GENERATED = "generated"
_TABS = ("Connections", "Namespaces", "Uncovered", "Outside", "Findings", "Made from")


class Report:
    """Everything that a report shows: connections as the snapshot's policies decide them, the plan's reasons.

    `rows` are as `list` has them, and `graph` is what is drawn of them. The rest is worked out when it is asked for, so
    that it can go on beside the drawing: `tables` by the name of their tab, `tiles` with the numbers.
    """

    def __init__(
        self,
        plan: Plan,
        snapshot: Snapshot,
        title: str,
        *,
        standing: Callable[[], dict[str, Table]] | None = None,
        words: Callable[[], Callable[[Edge], str]] | None = None,
    ) -> None:
        """`standing` gives the tables that need no connections, `words` what says where a need is written: where
        somebody works them out elsewhere."""
        self._words = words or (lambda: told)
        self._plan, self._snapshot = plan, snapshot
        self._standing = standing or partial(standing_tables, plan, snapshot)
        self._found = Connections(snapshot)  # held: to take it apart serves nobody
        self.rows = decided(plan, snapshot, found=self._found)  # names the ends outside as well
        self.graph = graph(plan, self.rows, title)

    @cached_property
    def tables(self) -> list[tuple[str, Table]]:
        words = self._words()
        cells = [_row(one, words) for one in self.rows]
        made = {"Connections": _connections(cells), "Outside": _outside(self.rows, cells), **self._standing()}
        return [(name, made[name]) for name in _TABS if name in made]

    @cached_property
    def tiles(self) -> list[Tile]:
        counted = [one for one in self._snapshot.known if not one.refusals]
        return _tiles(self._plan, self.rows, counted, self.tables)


def standing_tables(
    plan: Plan,
    snapshot: Snapshot,
    violations: Sequence[Violation] = (),
    said: Sequence[Finding] = (),
    lacking: Table | None = None,
) -> dict[str, Table]:
    """The tables that need no connections, by the name of their tab. `violations` are lint's, `said` the run's own
    findings, `lacking` is the one of what is uncovered, where somebody has made it."""
    return {
        "Namespaces": namespaces(plan, snapshot),
        "Uncovered": lacking or uncovered.table(plan),
        "Findings": findings(violations, said),
    }


def sheets(snapshot: Snapshot, sources: list[Source]) -> list[Sheet]:
    """The policies' texts. `sources` hold those of the user's."""
    files = {source.file: source for source in reversed(sources)}
    ordered = sorted(snapshot.known, key=lambda one: str(one.policy))
    return [sheet(one, files.get(one.where.file)) for one in ordered]


def connections(rows: list[Decided], title: str = "Connections that the policies allow") -> Table:
    """One row a connection, with why it is needed and what lets it pass."""
    return _connections([_row(one) for one in rows], title)


def _connections(cells: list[tuple[Cell, ...]], title: str = "Connections that the policies allow") -> Table:
    named = columns("from", "to", "ports", "kind", "why", "evidence", "rule", "mark")
    return Table(title, named, cells, "no connection")


def _row(one: Decided, words: Callable[[Edge], str] = told) -> tuple[Cell, ...]:
    row = one.connection
    return (
        str(row.source),
        str(row.target),
        row.ports,
        one.kind,
        "; ".join(one.reasons),
        "; ".join(one.evidence_by(words)),
        "; ".join(map(str, one.rules)),
        ", ".join(one.marks),
    )


def namespaces(plan: Plan, snapshot: Snapshot) -> Table:
    """One row a namespace that gets policies, or in which the user has some."""
    own: dict[str, int] = {}
    users: dict[str, int] = {}
    for one in snapshot.known:
        counts = own if one.own else users
        counts[one.policy.namespace] = counts.get(one.policy.namespace, 0) + 1
    unknown: dict[str, list[Uncovered]] = {}
    for lacking in plan.uncovered:
        unknown.setdefault(lacking.namespace, []).append(lacking)
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            plan.modes[name].word if name in plan.namespaces else "no policies",
            len(plan.cluster.in_namespace(name)),
            own.get(name, 0),
            users.get(name, 0),
            directions(unknown.get(name, ())),
        )
        for name in sorted({*plan.namespaces, *users} - {""})
    ]
    named = columns(
        "namespace", "mode", "workloads", "policies", "yours=your policies", "uncovered=uncovered directions"
    )
    return Table("Namespaces", named, rows, "no namespace")


def outside(rows: list[Decided]) -> Table:
    """Who is reached from outside the cluster, and who reaches out of it."""
    return _outside(rows, [_row(one) for one in rows])


def _outside(rows: list[Decided], cells: list[tuple[Cell, ...]]) -> Table:
    told: list[tuple[Cell, ...]] = []
    for one, row in zip(rows, cells, strict=True):
        for direction, party in (("in", one.connection.source), ("out", one.connection.target)):
            if party.lies_outside:
                told.append((direction, *row))
    named = columns("direction", "from", "to", "ports", "kind", "why", "evidence", "rule", "mark")
    return Table("Connections with the outside", named, sorted(told), "no connection with the outside")


def findings(violations: Sequence[Violation], said: Sequence[Finding]) -> Table:
    """What lint finds in the policies, then what the run itself has to say."""
    rows: list[tuple[Cell, ...]] = [
        (
            one.severity,
            f"{one.file}:{one.line}" if one.line else GENERATED,
            one.policy,
            one.message,
            one.cure,
            one.check,
        )
        for one in violations
    ]
    told = {one.finding().message for one in violations}
    for finding in said:
        if finding.message in told:
            continue  # lint says the same
        place = line_of(finding._replace(message="", cure="")).removesuffix(": ")
        rows.append((finding.severity, place, finding.name, finding.message, finding.cure, "run"))
    named = columns("severity", "place", "about", "message=finding", "cure=what to do", "check")
    return Table("Findings", named, list(dict.fromkeys(rows)), "nothing found")


def sheet(one: Known, source: Source | None = None) -> Sheet:
    """A policy's text as it is in the input, or as it would be written. Of the user's, annotations and what HTTP
    headers are compared with stay out: both may hold a token."""
    whose = GENERATED if one.generated else "of an earlier run" if one.own else "yours"
    place = f", {where_words(one.where)}" if one.where.file else ""
    note = f"{whose}{place}{', refused by Cilium' if one.refusals else ''}"
    return Sheet(str(one.policy), one.policy.namespace, note, partial(_text, one, source))


def _text(one: Known, source: Source | None) -> str:
    number = one.where.item
    item = source.items[number] if source is not None and 0 <= number < len(source.items) else None
    if one.generated:
        text = policy_text(one.policy)
    elif (bare := _bare(one.body)) != one.body and not one.own:
        text = _written(one._replace(body=bare))
    elif item is not None and (item.kind, item.name) == (one.policy.kind, one.policy.name):
        text = item.text()
    else:  # a list's member, or what a release's values hold: what stands beside it is no part of it
        text = _written(one)
    return text.decode("utf-8", "replace").strip("\n")


def _written(one: Known) -> bytes:
    import yaml

    body = _with_numbers(one.body) if one.policy.kind == "NetworkPolicy" else one.body
    return yaml.safe_dump(body, sort_keys=False, allow_unicode=True).encode("utf-8", "replace")


def _bare(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        without = (
            value
            if key != "metadata"
            else {name: one for name, one in value.items() if name != "annotations"}
        )
        return {
            name: "x" if key == "headerMatches" and name == "value" else _bare(member, name)
            for name, member in without.items()
        }
    if isinstance(value, list):
        return [_bare(member, key) for member in value]
    return (
        re.sub(r":.*", ": x", value, flags=re.DOTALL)
        if key == "headers" and isinstance(value, str)
        else value
    )


def _with_numbers(value: Any, key: str = "") -> Any:
    """Scalars are read as text; the API server takes a port that is quoted for a name."""
    if isinstance(value, dict):
        return {name: _with_numbers(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_numbers(member, key) for member in value]
    number = integer(value) if key in ("port", "endPort") else None
    return value if number is None else number


def _tiles(
    plan: Plan, rows: list[Decided], policies: list[Known], tables: list[tuple[str, Table]]
) -> list[Tile]:
    words = [plan.modes[name].word for name in plan.namespaces]
    enforced, audited = words.count("enforce"), words.count("audit")
    counts = {name: len(table.rows) for name, table in tables}
    tiles = [_tile(len(words), "namespace", "plain", "Namespaces")]
    tiles.append(_tile(len(policies), "policy", "plain", "Policies", "policies"))
    tiles += [Tile(str(enforced), "enforced", "good")] if enforced else []
    tiles += [Tile(str(audited), "in audit", "warn")] if audited else []
    mixed = len(words) - enforced - audited
    tiles += [Tile(str(mixed), "one direction each", "mixed")] if mixed else []
    tiles.append(_tile(counts["Connections"], "connection", "plain", "Connections"))
    glass = sum(BREAK_GLASS in one.policy.annotations for one in policies)
    tiles += [Tile(str(glass), "open in an emergency (break glass)", "bad", "Findings")] if glass else []
    yours = sum(one.yours for one in rows)
    if yours:
        tiles.append(
            Tile(str(yours), "that only your own policies, or none, account for", "bad", "Connections")
        )
    tiles.append(Tile(str(counts["Outside"]), "with the outside", "outside", "Outside"))
    unknown, guessed = directions(plan.uncovered), directions(plan.guessed)
    tone = "bad" if unknown else "good"
    tiles.append(_tile(unknown, "direction unknown", tone, "Uncovered", "directions unknown"))
    tiles += [Tile(str(guessed), "guessed", "warn", "Uncovered")] if guessed else []
    tiles.append(_tile(counts["Findings"], "finding", "bad" if counts["Findings"] else "good", "Findings"))
    return tiles


def _tile(number: int, one: str, tone: str, tab: str, many: str = "") -> Tile:
    return Tile(str(number), plural(number, one, many or f"{one}s").partition(" ")[2], tone, tab)
