"""InferencePool: model servers behind a route, chosen by their endpoint picker (Gateway API Inference Extension).

A gateway asks the picker for each request, calls the pod that it names, and the picker reads those pods' metrics.
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, Peer
from cilium_policies.evidence.ends import backends, ends
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, port_number, strings, text
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster

KIND = "InferencePool"
_PICKER_PORT = "9002"  # what extensionRef.portNumber is where it says nothing


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """The picker to the pods of its pool; gateways come by their routes (`behind`)."""
    for pool in cluster.inventory.of(KIND):
        reason = Reason("picks-among", (pool.namespace, pool.name))
        for picker, _ in _picker(cluster, pool):
            for end, port in _members(cluster, pool):
                yield Edge(picker, end, (port,), reason, Evidence("route", pool))


def behind(cluster: Cluster, pool: Object) -> Iterator[tuple[Peer, Port]]:
    """Whom a gateway calls for a route to this pool: its pods, and the picker."""
    yield from _members(cluster, pool)
    yield from _picker(cluster, pool)


def _members(cluster: Cluster, pool: Object) -> Iterator[tuple[Peer, Port]]:
    chosen = mapping(pool.spec.get("selector"))
    selector = strings(chosen.get("matchLabels", chosen))  # a plain mapping before v1
    numbers = [port_number(one.get("number")) for one in mappings(pool.spec.get("targetPorts"))]
    ports = [Port(one, "TCP") for one in (*numbers, port_number(pool.spec.get("targetPortNumber"))) if one]
    for one in cluster.selected(pool.namespace, selector) if selector else ():
        yield from ((end, port) for end in ends(one) for port in ports)


def _picker(cluster: Cluster, pool: Object) -> Iterator[tuple[Peer, Port]]:
    said: Mapping = mapping(pool.spec.get("endpointPickerRef")) or mapping(pool.spec.get("extensionRef"))
    service = cluster.service(pool.namespace, text(said.get("name")))
    if service is not None:
        port = text(at(said, "port", "number")) or text(said.get("portNumber")) or _PICKER_PORT
        yield from backends(cluster, service, port)
