"""The edges behind a decision: of all that its rules were made of, those between these very ends on this port."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.evaluate.entries import RuleRef
from cilium_policies.evidence.edge import (
    AllPodsPeer,
    CidrPeer,
    Edge,
    EntityPeer,
    FqdnPeer,
    InternetPeer,
    LabelsPeer,
    NamespacePeer,
    OutsidePeer,
    Peer,
    WorkloadPeer,
    fits,
)
from cilium_policies.evidence.words import evidence_words
from cilium_policies.kube.objects import Where
from cilium_policies.kube.ports import Port as PodPort
from cilium_policies.questions.ends import End, Port
from cilium_policies.questions.places import where_of
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.selectors import takes_in

_WIDE = ("world", "all", "cluster")
_NODES = ("host", "remote-node")  # where pods on the host network are


def edges(
    source: End, target: End, port: Port, refs: Iterable[RuleRef], *, mates: bool = False
) -> list[Edge]:
    """In the order in which the rules keep them: what made the rule first, then what it covers. `mates`: those as well
    of workloads whose selector takes in these ends (the CronJob of a Job that a chart runs once)."""
    kept = dict.fromkeys(edge for ref in refs if ref.rule is not None for edge in ref.rule.edges)
    return between(source, target, port, kept, mates=mates)


def between(
    source: End, target: End, port: Port, needs: Iterable[Edge], *, mates: bool = False
) -> list[Edge]:
    """Those of the needs that are of these ends, on this port."""
    return [
        edge
        for edge in needs
        if stand_between(edge, source, target, mates=mates)
        and (not edge.ports or any(_holds(one, port, target) for one in edge.ports))
    ]


def stand_between(edge: Edge, source: End, target: End, *, mates: bool = False) -> bool:
    """Whether the edge is one between these ends, on whatever port."""
    return stands_for(edge.source, source, mates) and stands_for(edge.target, target, mates)


def told(edge: Edge) -> str:
    """An edge's evidence in words, with file and line of the field where it has them."""
    place = where_words(where_of(edge))
    return f"{evidence_words(edge.evidence)} at {place}" if place else evidence_words(edge.evidence)


def where_words(where: Where) -> str:
    return f"{where.file}:{where.line}" if where.line else where.file


def _is_mate(one: Workload, other: Workload) -> bool:
    return one.namespace == other.namespace and takes_in(one, other)


def stands_for(peer: Peer, end: End, mates: bool = False) -> bool:
    """Whether an edge's peer means this end."""
    workload = end.workload
    match peer:
        case WorkloadPeer(one):
            if workload is None:
                return one.host_network and any(_is_entity(name, end) for name in _NODES)
            return one is workload or (mates and _is_mate(one, workload))
        case NamespacePeer():
            return workload is not None and workload.namespace == peer.namespace
        case AllPodsPeer():
            return workload is not None
        case LabelsPeer():
            return workload is not None and fits(peer, workload)
        case EntityPeer():
            return _is_entity(peer.name, end)
        case CidrPeer():
            return end.endpoint.outside and _is_inside(end, peer)
        case OutsidePeer() | InternetPeer() | FqdnPeer():
            return end.endpoint.outside


def _is_entity(name: str, end: End) -> bool:
    if name in _WIDE:
        return name == "all" or end.endpoint.outside == (name == "world")
    if end.workload is not None:
        return end.workload.host_network and name in _NODES
    return name in end.endpoint.labels or end.endpoint.name.startswith(name)


def _is_inside(end: End, peer: CidrPeer) -> bool:
    if end.endpoint.address is None or "${" in peer.name:
        return True
    from ipaddress import ip_network

    address = end.endpoint.address
    return address in ip_network(peer.name) and not any(address in ip_network(one) for one in peer.excepts)


def _holds(one: PodPort, wanted: Port, target: End) -> bool:
    if one.protocol.upper() != wanted.protocol:
        return False
    if one.number:
        return one.number <= wanted.number <= (one.end or one.number)
    ports = target.workload.ports if target.workload is not None else ()
    return any(declared.name == one.name and declared.number == wanted.number for declared in ports)
