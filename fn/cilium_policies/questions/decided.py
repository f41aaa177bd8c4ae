"""Connections that pass, as `list` finds them, each with the rules that let it pass and the needs behind it.

What the policies decide comes first; the plan only says why. A connection, or the part of its ports, for which the
plan has no need stands on a row of its own, with the policy that opens it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from cilium_policies.checks.snapshot import Known, Snapshot
from cilium_policies.evaluate.endpoint import Endpoint, address, dns_name, entity
from cilium_policies.evaluate.entries import Entry
from cilium_policies.evaluate.portset import (
    EVERYTHING,
    NOTHING,
    PortSet,
    difference,
    intersection,
    port_set,
    union,
    words,
)
from cilium_policies.evaluate.reach import numbered
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.words import reason_words
from cilium_policies.generate.plan import Plan, by_end
from cilium_policies.kube.ports import Port
from cilium_policies.lean import NamedTuple
from cilium_policies.questions.because import stands_for, told, where_words
from cilium_policies.questions.connections import Connections
from cilium_policies.questions.ends import End
from cilium_policies.questions.list import Connection, found_rows
from cilium_policies.questions.marks import marks, shared_texts
from cilium_policies.questions.party import INTERNET, WORLD, Party
from cilium_policies.questions.words import kind_of

MEMBERS = 12  # so many pods of "every pod" are asked for their reasons
SHOWN = 6  # so many reasons stand in a row
YOURS, OPEN = "your policy", "not closed"


class Rule(NamedTuple):
    """A rule that lets a connection pass. `place` is the file and line of one that the input holds."""

    policy: str  # Kind/namespace/name
    path: str  # spec.egress[2]
    place: str
    own: bool

    def __str__(self) -> str:
        return f"{self.policy} {self.path}{f' ({self.place})' if self.place else ''}"


class Decided(NamedTuple):
    """A connection, what sort it is, why it is needed, where that is written, and what lets it pass. `yours`: only
    policies of the user's, or nothing that closes a direction, account for it. `edges` are the needs behind it."""

    connection: Connection
    kind: str
    reasons: tuple[str, ...]
    edges: tuple[Edge, ...]
    rules: tuple[Rule, ...]
    marks: tuple[str, ...] = ()

    @property
    def evidence(self) -> tuple[str, ...]:
        """Where the needs are written. It reads the input's text again, so ask once."""
        return self.evidence_by(told)

    def evidence_by(self, words: Callable[[Edge], str]) -> tuple[str, ...]:
        """The same, by who has the words already."""
        return _few(tuple(dict.fromkeys(map(words, self.edges))))

    def lines(self) -> list[str]:
        """The connection for people, with why and by which rule below it."""
        why = [f"  {'; '.join(self.reasons)}"] if self.reasons else []
        evidence = [f"  evidence: {'; '.join(self.evidence)}"] if self.edges else []
        return [str(self.connection), *why, *evidence, *(f"  rule: {rule}" for rule in self.rules)]

    @property
    def yours(self) -> bool:
        return self.kind in (YOURS, OPEN)


def decided(
    plan: Plan,
    snapshot: Snapshot,
    rows: Iterable[Connection] | None = None,
    found: Connections | None = None,
) -> list[Decided]:
    """These rows of `list`, else all of them, in order, with what decides each. `found` are the snapshot's
    connections, where they are known already."""
    joined = _Joined(plan, snapshot, found or Connections(snapshot))
    return [each for one in (joined.connections if rows is None else rows) for each in joined.row(one)]


class _Joined:
    def __init__(self, plan: Plan, snapshot: Snapshot, found: Connections) -> None:
        self._snapshot = snapshot
        self._found = found
        self.connections = found_rows(self._found)
        self._ends = {party: end for end, party in self._found.party.items()}
        self._spaces: dict[str, list[Party]] = {}
        for end in self._found.pods:
            self._spaces.setdefault(end.namespace, []).append(self._found.party[end])
        self._by_target, self._by_source = by_end(plan.edges)
        self._outside: dict[Party, End] = {}
        self._rules: dict[Entry, Rule] = {}
        self._policies: dict[int, tuple[str, str, bool]] = {}  # by identity: what a rule says of its policy
        self._shared = shared_texts(plan.edges)

    def row(self, one: Connection) -> Iterator[Decided]:
        edges: dict[Edge, PortSet] = {}
        entries: dict[Entry, None] = {}
        open_ends: dict[str, None] = {}
        for source, target in self._pairs(one):
            for edge in self._needs(source, target):
                needed = intersection(_ports(edge, target), one.open)
                if needed:
                    known = edges.get(edge)
                    edges[edge] = needed if known is None else union(known, needed)
            for end, other, ingress in ((source, target, False), (target, source, True)):
                found, closed = self._entries(end, other, one.open, ingress)
                for entry in found:
                    entries[entry] = None
                if not closed:
                    open_ends[f"nothing closes {'ingress' if ingress else 'egress'} of {end.endpoint}"] = None
        explained = NOTHING
        for ports in edges.values():
            explained = union(explained, ports) if explained else ports
        rules = tuple(dict.fromkeys(map(self._rule, entries)))
        if explained:
            row = one._replace(ports=words(explained), open=explained)
            yield Decided(row, _kind(edges), _reasons(edges), tuple(edges), rules, marks(edges, self._shared))
        rest = difference(one.open, explained)
        if rest:
            yield self._unexplained(one._replace(ports=words(rest), open=rest), entries, tuple(open_ends))

    def _unexplained(self, row: Connection, entries: Iterable[Entry], open_ends: tuple[str, ...]) -> Decided:
        fitting = [one for one in entries if intersection(_entry_ports(one), row.open)]
        rules = tuple(dict.fromkeys(map(self._rule, fitting)))
        users = list(dict.fromkeys(rule.policy for rule in rules if not rule.own))
        if users:
            return Decided(row, YOURS, tuple(f"your policy {name}" for name in users[:SHOWN]), (), rules)
        whys = tuple(dict.fromkeys(one.rule.why for one in fitting if one.rule is not None and one.rule.why))
        if whys:
            return Decided(row, self._sort(row), whys[:SHOWN], (), rules)
        return Decided(row, OPEN if open_ends else self._sort(row), _few(open_ends), (), rules)

    def _sort(self, row: Connection) -> str:
        """The kind of a connection that only a rule's own words explain."""
        if all(span == (53, 53) for _, spans in row.open for span in spans):
            return "dns"
        parties = (row.source, row.target)
        names = {one.name for one in parties if one.kind == "entity"}
        if "kube-apiserver" in names:
            return "kube-apiserver"
        if names - {WORLD, INTERNET}:
            return "nodes"
        beyond = any(one.kind not in ("workload", "pods") for one in parties)
        return "outside" if beyond else "application"

    def _needs(self, source: End, target: End) -> Iterator[Edge]:
        """The edges between two ends."""
        client, server = source.workload, target.workload
        for edge in self._by_source.get(id(client), ()):
            peer = edge.target
            if peer.kind == "workload" and server is not None:  # as most, and many: without a call for each
                if peer.workload is server:
                    yield edge
            elif stands_for(peer, target):
                yield edge
        for edge in self._by_target.get(id(server), ()):
            peer = edge.source
            if peer.kind == "workload" and client is not None:
                continue  # known by its source, or another's
            if stands_for(peer, source):
                yield edge

    def _entries(self, end: End, other: End, ports: PortSet, ingress: bool) -> tuple[list[Entry], bool]:
        """The rules at one end that let some of the ports pass, and whether the direction is closed at all."""
        if not end.endpoint.managed or end.workload is None:
            return [], True
        closed, allowing = self._found.allowing(end.endpoint, other.endpoint, ingress)
        return [one for one in allowing if intersection(_entry_ports(one), ports)], closed

    def _rule(self, entry: Entry) -> Rule:
        rule = self._rules.get(entry)
        if rule is None:
            policy = entry.ref.policy
            told = self._policies.get(id(policy))
            if told is None:
                known: Known = self._snapshot.known_of(policy)
                told = self._policies[id(policy)] = (str(known.policy), where_words(known.where), known.own)
            name, place, own = told
            rule = self._rules[entry] = Rule(name, entry.ref.path, place, own)
        return rule

    def _pairs(self, one: Connection) -> Iterator[tuple[End, End]]:
        targets = self._members(one.target)
        for source in self._members(one.source):
            for target in targets:
                if source.endpoint is not target.endpoint:
                    yield source, target

    def _members(self, party: Party) -> list[End]:
        if party.kind != "pods":
            return [self._end(party)]
        one_of_each = (members[0] for members in self._spaces.values())
        members = self._spaces[party.namespace] if party.namespace else list(one_of_each)
        return [self._end(one) for one in members[:MEMBERS]]

    def _end(self, party: Party) -> End:
        endpoint = self._ends.get(party)
        if endpoint is not None:
            return End(endpoint, self._snapshot.workloads.get(endpoint))
        if party not in self._outside:
            made = self._outside[party] = End(self._beyond(party))
            self._found.stand_ins[made.endpoint] = party
        return self._outside[party]

    def _beyond(self, party: Party) -> Endpoint:
        """An end that stands for what lies outside."""
        options = self._snapshot.options
        made = entity(WORLD, options)[0]
        if party.kind == "fqdn" and "*" not in party.name:
            made = dns_name(party.name, options=options)[0]
        elif party.kind == "cidr":
            try:
                made = address(party.name, options)
            except ValueError:  # a Flux variable
                pass
        made.name = str(party)
        return made


def _ports(edge: Edge, target: End) -> PortSet:
    """The pod ports of an edge at a target: names as its containers declare them."""
    if not edge.ports:
        return EVERYTHING
    workload = target.workload
    if workload is None or all(port.number for port in edge.ports):
        return _numbered(edge.ports, ())
    return _numbered(edge.ports, tuple((one.name, one.number) for one in workload.ports))


@lru_cache(maxsize=10_000)  # the same ports are called by many
def _numbered(ports: tuple[Port, ...], declared: tuple[tuple[str, int], ...]) -> PortSet:
    by_name = dict(declared)
    spans = []
    for port in ports:
        number = port.number or by_name.get(port.name, 0)
        if number or port.protocol.upper().startswith("ICMP"):
            spans.append((port.protocol.upper(), number, max(number, port.end)))
    return port_set(spans)


def _entry_ports(entry: Entry) -> PortSet:
    """The ports of a rule; those that it names count as any, since who asks knows which pods are meant."""
    return EVERYTHING if entry.named else numbered(entry.spans)


def _kind(edges: Iterable[Edge]) -> str:
    """The kind of most weight: what explains a direction before what tells of itself."""
    return kind_of(min(edges, key=lambda edge: not edge.explains))


def _reasons(edges: Iterable[Edge]) -> tuple[str, ...]:
    return _few(tuple(dict.fromkeys([reason_words(edge.reason) for edge in edges])))


def _few(texts: tuple[str, ...]) -> tuple[str, ...]:
    return texts if len(texts) <= SHOWN else (*texts[: SHOWN - 1], f"and {len(texts) - SHOWN + 1} more")
