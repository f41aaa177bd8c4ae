"""Peers, ports and kinds of edges as people read them."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.evidence.edge import Edge, Peer
from cilium_policies.kube.ports import Port


def peer_words(peer: Peer) -> str:
    """`media/radarr`, `media/every pod`, `internet (api.example.org)`, `192.168.1.0/24`; entities by Cilium's names."""
    if peer.workload is not None:
        return f"{peer.workload.namespace}/{peer.workload.name}"
    if peer.kind == "labels":
        labels = ",".join(f"{key}={value}" for key, value in peer.labels)
        return f"{peer.namespace or 'any namespace'}/{labels or 'every pod'}"
    if peer.kind == "namespace":
        return f"{peer.namespace}/every pod"
    if peer.kind == "all-pods":
        return "every pod"
    if peer.kind == "internet":
        return f"internet ({peer.name})" if peer.name else "internet"
    if peer.kind == "cidr" and peer.excepts:
        return f"{peer.name} except {', '.join(peer.excepts)}"
    return peer.name


def ports_words(ports: Iterable[Port], *, short: bool = False) -> str:
    """`8080/TCP, 53/UDP`; short: TCP goes without saying. "any port" (short: "") where none is named."""
    words = [_port(port, short) for port in ports]
    return ", ".join(dict.fromkeys(words)) or ("" if short else "any port")


def _port(port: Port, short: bool) -> str:
    number = port.name if not port.number and port.name else str(port.number)
    if port.end > port.number:
        number = f"{port.number}-{port.end}"
    return number if short and port.protocol == "TCP" else f"{number}/{port.protocol}"


def kind_of(edge: Edge) -> str:
    """What sort of connection an edge is: the words that a reader filters by."""
    ends = (edge.source, edge.target)
    if edge.origin == "config":
        return "config"
    if edge.origin == "probe":
        return "probes"
    if any(peer.kind == "entity" and peer.name == "kube-apiserver" for peer in ends):
        return "kube-apiserver"
    if not edge.explains:
        return "metrics"
    if any(peer.kind in ("internet", "cidr", "fqdn") or peer.name in ("world", "all") for peer in ends):
        return "outside"
    if any(peer.kind == "entity" for peer in ends):
        return "nodes"
    return "application"
