"""Pods that are published on the nodes or through a load balancer: who may then call them from outside."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import AllPodsPeer, Edge, Evidence, Peer, WorkloadPeer
from cilium_policies.evidence.ends import HOST, NODES, REMOTE_NODE, WORLD, arriving, backends, ends
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import Mapping, integer, text
from cilium_policies.kube.pods import pod_spec, published_ports
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

# A load balancer keeps the client's address (world) or hides it behind the node that it entered (remote-node,
# or host on the pod's own node): that depends on SNAT or DSR and on where the pod runs.
_CLIENTS = (WORLD, HOST, REMOTE_NODE)
_LOOPBACK = ("127.", "::1", "localhost")


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """Clients of LoadBalancer and NodePort Services, `externalIPs` and hostPorts."""
    made: dict[tuple[str, str], list[Workload]] = {}
    for workload in cluster.workloads:
        source = workload.source
        if source is not None and source.kind == "Service" and not source.group:
            made.setdefault((source.namespace, source.name), []).append(workload)
    for service in cluster.services:
        # Proxies of a class take the load balancer's place; those that an annotation asks for stand beside it.
        how, proxies = _published(service), made.get((service.namespace, service.name), [])
        if proxies:
            yield from _proxied(cluster, service, proxies)
        if how and not (proxies and service.balancer[1]):
            yield from _service(cluster, given, service, how)
    for workload in cluster.workloads:
        if not workload.host_network:
            yield from _host_ports(given, workload)


def _published(service: Service) -> str:
    """How the Service is reached from outside, or "" where it is not."""
    if service.type in ("LoadBalancer", "NodePort"):
        return service.type
    return "externalIPs" if service.external_ips else ""


def _proxied(cluster: Cluster, service: Service, proxies: list[Workload]) -> Iterator[Edge]:
    """A controller makes proxy pods for this Service: whoever is outside arrives through them."""
    evidence = Evidence("service", service)
    for proxy in proxies:
        for end, port in backends(cluster, service):
            for client in ends(proxy):
                yield Edge(client, end, (port,), Reason("published-by-proxy"), evidence)


def _service(cluster: Cluster, given: Given, service: Service, how: str) -> Iterator[Edge]:
    evidence = Evidence("service", service)
    for workload in cluster.backends(service):
        if workload.host_network:
            continue  # no policy selects host-network pods
        for entry in service.ports:
            port = cluster.target_port(workload, entry.target or str(entry.port), entry.protocol)
            if port is None:
                continue
            for client in _clients(service, how, port, given, workload):
                yield Edge(client, WorkloadPeer(workload), (port,), Reason("published", (how,)), evidence)


def _clients(service: Service, how: str, port: Port, given: Given, workload: Workload) -> tuple[Peer, ...]:
    """The outside as `loadBalancerSourceRanges` narrows it; the nodes stay, as a client may arrive behind them."""
    if how != "LoadBalancer":
        return NODES if _for_nodes(given, workload, port) else _CLIENTS
    return (*arriving(service.source_ranges, *service.balancer, port.protocol, given.private), *NODES)


def _for_nodes(given: Given, workload: Workload, port: Port) -> bool:
    return (workload.key, port.number, port.protocol) in given.for_nodes


def _host_ports(given: Given, workload: Workload) -> Iterator[Edge]:
    for entry in published_ports(pod_spec(workload.source)):
        port = _pod_port(entry)
        if text(entry.get("hostIP")).startswith(_LOOPBACK):
            clients: tuple[Peer, ...] = (HOST,)
        else:
            clients = _of_host_port(given, workload, port)
        for client in clients:
            yield Edge(
                client, WorkloadPeer(workload), (port,), Reason("host-port"), Evidence("service", workload)
            )


def _of_host_port(given: Given, workload: Workload, port: Port) -> tuple[Peer, ...]:
    """Anybody, unless the catalogue knows the port to be for the nodes, or an agent's for the pods beside it."""
    if _for_nodes(given, workload, port):
        return NODES
    if workload.by_image and (workload.key, port.number, port.protocol) in given.for_pods:
        return (*NODES, AllPodsPeer())
    return _CLIENTS


def host_ports(workload: Workload) -> Iterator[tuple[int, Port]]:
    """hostPorts of a rendered workload with the pod ports behind them."""
    for entry in published_ports(pod_spec(workload.source)):
        yield integer(entry.get("hostPort")) or 0, _pod_port(entry)


def _pod_port(entry: Mapping) -> Port:
    return Port(integer(entry.get("containerPort")) or 0, text(entry.get("protocol")) or "TCP")
