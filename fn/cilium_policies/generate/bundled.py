"""Servers that a chart brings along for its own pods, where nothing else says who calls them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.ports import SERVERS
from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload


def bundled(cluster: Cluster, known: Iterable[Edge]) -> Iterator[Edge]:
    """From the other pods of a release that is not rendered to a database, cache or broker among them that nobody
    calls otherwise."""
    unrendered = [one for one in cluster.workloads if one.release and not one.rendered]
    if not unrendered:
        return
    called = {id(edge.server) for edge in known if edge.client is not None and edge.client is not edge.server}
    for server in unrendered:
        ports = () if id(server) in called else _served(cluster, server)
        if not ports:
            continue
        for client in cluster.in_namespace(server.namespace):
            beside = client.release == server.release and client.chart == server.chart
            if beside and client is not server and not _served(cluster, client):
                evidence = Evidence("inferred", server, "chart")
                yield Edge(
                    WorkloadPeer(client), WorkloadPeer(server), ports, Reason("brought-along"), evidence
                )


def _served(cluster: Cluster, one: Workload) -> tuple[Port, ...]:
    """The pod ports of the databases' and brokers' ports that Services before these pods have."""
    found = (
        cluster.target_port(one, entry.target or str(entry.port), entry.protocol)
        for service in cluster.services_for(one)
        for entry in service.ports
        if entry.port in SERVERS
    )
    return tuple(dict.fromkeys(filter(None, found)))
