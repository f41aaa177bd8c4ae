"""Gateway listeners: who may call the proxies, and on which pod ports a listener really listens."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, Peer, WorkloadPeer
from cilium_policies.evidence.ends import NODES, WORLD, arriving, service_ports
from cilium_policies.evidence.gateways import Gateways
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.gateway_api import GATEWAY_API, http3, listeners, settings
from cilium_policies.kube.objects import Mapping, Object, at, flag, mapping, port_number, sequence, text
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

_TLS = ("HTTPS", "TLS")


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """World and nodes to the proxies of each Gateway that is published (Cilium's own has no pods)."""
    gateways = Gateways(cluster, given)
    for gateway in cluster.inventory.of("Gateway", group=GATEWAY_API):
        for workload in gateways.workloads(gateway.namespace, gateway.name):
            services = cluster.services_for(workload)
            if workload.host_network or not _is_published(cluster, gateway, services):
                continue
            for port in listening(cluster, gateways, gateway, workload):
                for client in (*_outside(cluster, gateway, services, port, given.private), *NODES):
                    evidence = Evidence("listener", gateway)
                    yield Edge(client, WorkloadPeer(workload), (port,), Reason("gateway-clients"), evidence)


def listening(cluster: Cluster, gateways: Gateways, gateway: Object, workload: Workload) -> Iterator[Port]:
    """The pod ports of a Gateway's proxies, one a listener, with HTTP/3's UDP twin."""
    twins = http3(cluster.inventory, gateway)
    for listener in listeners(cluster.inventory, gateway):
        number = port_number(listener.get("port"))
        if number is None:
            continue
        protocol = text(listener.get("protocol"))
        carrier = "UDP" if protocol == "UDP" else "TCP"
        for port in pod_ports(cluster, gateways, gateway, workload, number, carrier):
            if _is_hidden(cluster, gateway, workload, port):
                continue
            yield port
            if protocol in _TLS and twins & {"", text(listener.get("name"))}:
                yield Port(port.number, "UDP")


def _is_hidden(cluster: Cluster, gateway: Object, workload: Workload, port: Port) -> bool:
    """Whether a listener's port is none of those that the Services before a controller show, which serves Gateways of
    other namespaces: its dashboard or metrics are nobody's to publish."""
    if not workload.rendered or workload.namespace == gateway.namespace:
        return False
    shown = [
        cluster.target_port(workload, entry.target or str(entry.port), entry.protocol)
        for service in cluster.services_for(workload)
        if service.is_published
        for entry in service.ports
    ]
    return bool(shown) and port not in shown


def pod_ports(
    cluster: Cluster, gateways: Gateways, gateway: Object, workload: Workload, number: int, protocol: str
) -> tuple[Port, ...]:
    """Where a listener's port ends in the pod: what its Service says, else what its controller does."""
    for service in cluster.services_for(workload):
        targets = (
            cluster.target_port(workload, entry.target or str(entry.port), protocol)
            for entry in service_ports(service, str(number), protocol)
        )
        if found := tuple(port for port in targets if port is not None):
            return found
    kubernetes = mapping(at(proxy_settings(cluster, gateway), "provider", "kubernetes"))
    if flag(kubernetes.get("useListenerPortAsContainerPort")):
        return (Port(number, protocol),)
    proxy = gateways.proxy(gateway.namespace, gateway.name)
    return tuple(Port(one, protocol) for one in proxy.ports(number))


def proxy_settings(cluster: Cluster, gateway: Object) -> Mapping:
    """The EnvoyProxy `spec` that holds for a Gateway; empty without one."""
    found = settings(cluster.inventory, gateway)
    return found.spec if found is not None else {}


def _is_published(cluster: Cluster, gateway: Object, services: tuple[Service, ...]) -> bool:
    """Whether the outside reaches the proxies: as their Services say, where the input holds any, else as the gateway's
    settings say; unsaid, controllers make a LoadBalancer."""
    if services:
        return any(one.is_published for one in services)
    kind = text(_service(cluster, gateway).get("type"))
    return (kind or gateway.annotations.get("networking.istio.io/service-type", "")) != "ClusterIP"


def _outside(
    cluster: Cluster, gateway: Object, services: tuple[Service, ...], port: Port, private: tuple[str, ...]
) -> tuple[Peer, ...]:
    """Who of the outside arrives at the proxies, as the same say."""
    found: dict[Peer, None] = {}
    for one in services:
        if one.is_published:
            said, balancer = one.balancer
            found |= dict.fromkeys(arriving(one.source_ranges, said, balancer, port.protocol, private))
    if not services:
        service = _service(cluster, gateway)
        ranges = [text(entry) for entry in sequence(service.get("loadBalancerSourceRanges"))]
        said, balancer = mapping(service.get("annotations")), text(service.get("loadBalancerClass"))
        found |= dict.fromkeys(arriving(ranges, said, balancer, port.protocol, private))
    return (WORLD,) if WORLD in found else tuple(found)


def _service(cluster: Cluster, gateway: Object) -> Mapping:
    """What a Gateway's settings say of the Service that its controller makes."""
    return mapping(at(proxy_settings(cluster, gateway), "provider", "kubernetes", "envoyService"))
