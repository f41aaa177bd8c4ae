"""Peers, ports and kinds of edges as people read them."""

from __future__ import annotations

from collections.abc import Iterable

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
)
from cilium_policies.evidence.ends import KUBE_APISERVER, WORLD
from cilium_policies.kube.ports import Port

_ALL = EntityPeer("all")


def peer_words(peer: Peer) -> str:
    """`media/radarr`, `media/every pod`, `internet (api.example.org)`, `192.168.1.0/24`; entities by Cilium's names."""
    match peer:
        case WorkloadPeer(one):
            return f"{one.namespace}/{one.name}"
        case LabelsPeer():
            labels = ",".join(f"{key}={value}" for key, value in peer.labels)
            return f"{peer.namespace or 'any namespace'}/{labels or 'every pod'}"
        case NamespacePeer():
            return f"{peer.namespace}/every pod"
        case AllPodsPeer():
            return "every pod"
        case InternetPeer():
            return f"internet ({peer.name})" if peer.name else "internet"
        case CidrPeer():
            return f"{peer.name} except {', '.join(peer.excepts)}" if peer.excepts else peer.name
        case EntityPeer() | FqdnPeer():
            return peer.name
        case OutsidePeer():
            return "outside"


def ports_words(ports: Iterable[Port], *, short: bool = False) -> str:
    """`8080/TCP, 53/UDP`; short: TCP goes without saying. "any port" (short: "") where none is named."""
    words = [_port(port, short) for port in ports]
    return ", ".join(dict.fromkeys(words)) or ("" if short else "any port")


def _port(port: Port, short: bool) -> str:
    number = port.name if not port.number and port.name else str(port.number)
    if port.end > port.number:
        number = f"{port.number}-{port.end}"
    return number if short and port.protocol == "TCP" else f"{number}/{port.protocol}"


_BEYOND = frozenset(("internet", "cidr", "fqdn"))


def kind_of(edge: Edge) -> str:
    """What sort of connection an edge is: the words that a reader filters by."""
    ends = (edge.source, edge.target)
    if edge.origin == "config":
        return "config"
    if edge.origin == "probe":
        return "probes"
    if KUBE_APISERVER in ends:
        return "kube-apiserver"
    if not edge.explains:
        return "metrics"
    kinds = (edge.source.kind, edge.target.kind)
    if not _BEYOND.isdisjoint(kinds) or WORLD in ends or _ALL in ends:
        return "outside"
    return "nodes" if "entity" in kinds else "application"
