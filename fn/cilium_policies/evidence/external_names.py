"""Routes to a Service that is only another name (ExternalName): the controller itself calls that name."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence import ingresses
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import Edge, Evidence, workload_of
from cilium_policies.evidence.given import Given
from cilium_policies.kube.objects import port_number
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """One edge a controller and whatever the name of such a backend leads to; a name that nobody can place is said."""
    destinations = Destinations(cluster, given)
    for one, clients, service, port in ingresses.aliased(cluster, given):
        number = _number(service, port)
        if not number or cluster.made_from(service.source):
            continue  # an operator's alias leads to its own pods, whatever name stands there
        address = Address(service.external_name, number, "", "TCP", "externalName", True)
        for client in clients:
            workload = workload_of(client)
            if workload is None:
                continue
            found = list(destinations.of(workload, address, lambda routed: True))
            for peer, ports, reason in found:
                yield Edge(client, peer, ports, reason, Evidence("route", one))
            if not found and given.unopened is not None:
                given.unopened.extend(destinations.outside(workload, address))


def _number(service: Service, port: str) -> int:
    """The port at which the name is called: nothing translates the Service's, but a name of one stands for it."""
    entry = next((entry for entry in service.ports if entry.name == port), None)
    return port_number(port) or (entry.port if entry is not None else 0)
