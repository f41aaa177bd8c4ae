"""Whom a program calls that has asked a directory first, or calls an agent on its own node."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.ports import (
    AGENTS,
    BEHIND_LOOKUP,
    BEHIND_LOOKUP_HTTP,
    BEHIND_SENTINEL,
    SENTINEL,
)
from cilium_policies.evidence.edge import Peer, WorkloadPeer, workload_of
from cilium_policies.evidence.ends import REMOTE_NODE, backends, ends
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.services import host_ports
from cilium_policies.kube.objects import integer, mappings, text, walk_strings
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload


def agents(cluster: Cluster, number: int) -> Iterator[Workload]:
    """Agents of each node that no manifest shows: whether they publish such a port on the host, or listen in its
    network, only their chart or operator knows. An agent's Service, or its operator, tells the port."""
    if not any(number == port for ports in AGENTS.values() for port, _ in ports):
        return
    for one in cluster.workloads:
        if not one.rendered and not one.host_network:
            told = {port.number for port in one.ports}
            told.update(entry.port for service in cluster.services_for(one) for entry in service.ports)
            if number in told:
                yield one


def published_by(cluster: Cluster, number: int) -> Iterator[tuple[Peer, Port]]:
    """Who answers at a port of the own node: pods behind a NodePort, or with a hostPort."""
    for service in cluster.services:
        ports = mappings(service.source.spec.get("ports")) if service.source is not None else []
        for entry in ports:
            if integer(entry.get("nodePort")) == number:
                yield from backends(cluster, service, text(entry.get("port")))
    for workload in cluster.workloads:
        for host_port, port in host_ports(workload):
            if host_port == number:  # its own node's is meant, and no other's
                yield from ((end, port) for end in ends(workload) if end != REMOTE_NODE)
        yield from ((WorkloadPeer(workload), port) for port in workload.host_ports if port.number == number)


def named_by(
    cluster: Cluster, client: Workload, peer: Peer, number: int
) -> Iterator[tuple[Peer, tuple[Port, ...], Reason]]:
    """Whom a directory names to who asks it on this port: a Sentinel its Redis, a lookup of queues those of its release
    (by HTTP to what is of that release itself: its admin)."""
    if number == SENTINEL:
        behind, why = (Port(BEHIND_SENTINEL),), Reason("named-by-sentinel")
        yield from ((one, behind, why) for one in watched(cluster, peer))
        return
    lookup = workload_of(peer)
    if lookup is None or not lookup.release:
        return
    near = [one for one in cluster.in_namespace(lookup.namespace) if one.release == lookup.release]
    ports = (Port(BEHIND_LOOKUP_HTTP if client in near else BEHIND_LOOKUP),)
    for one in near:
        if one is not client and any(port.number == BEHIND_LOOKUP for port in one.ports):
            yield WorkloadPeer(one), ports, Reason("named-by-lookup")


def watched(cluster: Cluster, peer: Peer) -> Iterator[Peer]:
    """The Redis pods that a Sentinel watches: its own, those of its release or instance, those of the object that its
    own object names, or the only ones."""
    sentinel = workload_of(peer)
    if sentinel is None:
        yield peer
        return
    near = cluster.in_namespace(sentinel.namespace)
    found = [one for one in near if any(port.number == BEHIND_SENTINEL for port in one.ports)]
    own = [one for one in found if one is sentinel or _are_together(one, sentinel)]
    own = own or [one for one in found if _is_named(one, sentinel)]
    for one in own or (found if len(found) == 1 else ()):
        yield WorkloadPeer(one)


def _are_together(one: Workload, other: Workload) -> bool:
    if one.release and one.release == other.release:
        return True
    return bool(one.component) and one.instance == other.instance


def _is_named(one: Workload, sentinel: Workload) -> bool:
    """Whether the Sentinels' object names the one that these pods are made of."""
    if one.source is None or sentinel.source is None:
        return False
    return any(value == one.source.name for _, value in walk_strings(sentinel.source.spec))
