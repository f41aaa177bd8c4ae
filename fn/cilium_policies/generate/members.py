"""Members of one instance that all call each other over an edge of the catalogue: an edge each, not one a pair.

A hundred shards would be ten thousand edges. Where they are many, each has one edge that leads to itself and holds
`members`, those whom it stands for. A policy asks for its peers (`evidence.edge.with_peers`), whoever asks of single
pairs for their edges (`written_out`).
"""

from __future__ import annotations

from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.catalogue.flows import When
from cilium_policies.evidence.edge import Members, Peer, WorkloadPeer
from cilium_policies.generate import roles
from cilium_policies.generate.owners import are_stores, is_alone
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.shown_ports import in_place, serving
from cilium_policies.generate.ties import Ties
from cilium_policies.kube.ports import Port
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_OF_OBJECT = {"field", "is", "has", "matches", "not", "all", "any"}
_Ports = tuple[Port, ...]


class _Square(NamedTuple):
    """Who calls each other over one edge, on which ports, and each other one whom all of these call."""

    among: Members
    ports: _Ports
    others: list[tuple[Workload, _Ports]]


class Among:
    """Finds the members of an edge between them, once for all of them."""

    def __init__(self, found: Roles, cluster: Cluster, ties: Ties) -> None:
        self._roles = found
        self._cluster = cluster
        self._ties = ties
        self._found: dict[tuple[object, ...], _Square | None] = {}

    def of(self, known: Known, one: Workload) -> list[tuple[Peer, _Ports, Members | None]] | None:
        """Whom an edge leads to, of one that calls many members which call each other as well, and on which ports: one
        edge to itself that stands for those, and one to each other; None for every other edge."""
        if known.peer != f"component:{one.component}" or known.direction != "egress" or known.by:
            return None
        members = self._roles.members(one)
        if len(members) < roles.MANY or known.fallback or known.ports_at:
            return None
        key = (known.owner, known.number, known.ports, known.when is None, id(members))
        if key not in self._found:
            self._found[key] = self._square(known, one, members) if _is_alike(known, one, members) else None
        square = self._found[key]
        if square is None or id(one) not in square.among.identities:
            return None
        others = [(WorkloadPeer(other), on, None) for other, on in square.others]
        return [(WorkloadPeer(one), square.ports, square.among), *others]

    def _square(self, known: Known, one: Workload, members: list[Workload]) -> _Square | None:
        """Those members of this one's instance that play both parts of the edge, on one list of ports."""
        ports, plays = known.pod_ports(), self._ties.plays
        entry = self._ties.entry(one.component)
        if one.rendered and entry is not None and _is_also_said(known, entry.own_edges):
            return None
        called = [each for each in members if plays(each, known.of)]
        if len(serving(called, ports, self._cluster, self._ties.said_of(known))) < len(called):
            return None  # who is called hangs on who else is
        on = {id(each): in_place(known, each, ports, self._cluster, entry) for each in called}
        both = [each for each in called if plays(each, known.part)]
        usual = on[id(both[0])] if both else ()
        among = [each for each in both if on[id(each)] == usual]
        if len(among) < roles.MANY:
            return None
        alone = frozenset(id(each) for each in among if is_alone(each, known))
        found = Members(among, alone)
        others = [(each, on[id(each)]) for each in called if id(each) not in found.identities]
        return _Square(found, usual, others)


def _is_alike(known: Known, one: Workload, members: list[Workload]) -> bool:
    """Whether nothing but the parts that they play says which of the members have an edge."""
    if one.rendered:
        whole = known.of or not are_stores(known.pod_ports())  # else names tell whose each is
        return (
            bool(whole)
            and known.when is None
            and all(each.rendered and not each.asked_by for each in members)
        )
    if one.chart or one.source is None:
        return False
    return known.when is None or (
        _is_of_object(known.when) and all(mate.source is one.source for mate in members)
    )


def _is_also_said(known: Known, edges: tuple[Known, ...]) -> bool:
    """Whether another edge between members has one of the ports: then it counts which of them is met first."""
    mine = known.pod_ports()
    return any(
        other.number != known.number
        and other.peer == known.peer
        and any(_overlap(port, each) for port in other.pod_ports() for each in mine)
        for other in edges
    )


def _overlap(one: Port, other: Port) -> bool:
    return one.number <= (other.end or other.number) and other.number <= (one.end or one.number)


def _is_of_object(when: When) -> bool:
    """Whether a condition asks of the object alone, which is the same for all that come of it."""
    if isinstance(when, list):
        return all(map(_is_of_object, when))
    if not isinstance(when, dict):
        return True
    return when.keys() <= _OF_OBJECT and all(map(_is_of_object, when.values()))
