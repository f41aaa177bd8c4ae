"""Ingress, Traefik's IngressRoute and Istio's VirtualService: from the controller's pods to the backends."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, Peer
from cilium_policies.evidence.ends import backends, ends, workloads_at
from cilium_policies.evidence.gateways import Gateways
from cilium_policies.evidence.given import Given, Note
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.routed import Proxied
from cilium_policies.evidence.unrendered import routed_to
from cilium_policies.kube.gateway_api import delegate, gateways_named
from cilium_policies.kube.objects import (
    Mapping,
    Object,
    at,
    mapping,
    mappings,
    port_number,
    sequence,
    strings,
    text,
)
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

_INGRESS_ROUTES = ("IngressRoute", "IngressRouteTCP", "IngressRouteUDP")
_ALB_CHECK = "alb.ingress.kubernetes.io/healthcheck-port"  # where it is not the port that is served
_IN_PLACE = (
    ".io/default-backend"  # of nginx's: the Service whose first port is called where another has no pod
)
_BALANCED = ("weighted", "highestRandomWeight")  # of a TraefikService
_TEMPLATE = "inject.istio.io/templates"  # of gateways whose container istiod fills in
_PROXY = "istio/proxyv2"
Target = tuple[Peer, Port]
_Named = tuple[str, str, str]  # namespace and name of a Service, and its port by number or name


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """One edge a controller and backend of each Ingress, IngressRoute and VirtualService."""
    for one, clients, targets in _routed(cluster, given):
        checked = port_number(one.annotations.get(_ALB_CHECK))
        found = list(targets)
        if checked:
            found += [(end, Port(checked)) for end, _ in found]
        yield from _edges(one, clients, iter(found))
    for one in _virtual_services(cluster):
        yield from _edges(one, _istio_clients(cluster, given, one), _virtual_service(cluster, one))


def _routed(cluster: Cluster, given: Given) -> Iterator[tuple[Object, tuple[Peer, ...], Iterator[Target]]]:
    """Each Ingress and IngressRoute with its controller's pods and its backends."""
    gateways = Gateways(cluster, given)
    for one in cluster.inventory.of("Ingress"):
        yield one, gateways.ingress_class(one), ingress_backends(cluster, one)
    for one in cluster.inventory.of(*_INGRESS_ROUTES):
        yield one, gateways.of_group(one.group, one.namespace), ingress_backends(cluster, one)


def unseen(cluster: Cluster, given: Given) -> Iterator[Note]:
    """Ingresses and IngressRoutes whose controller, and VirtualServices whose gateways neither the input nor the config
    shows: no rule lets them in."""
    for one, clients, targets in _routed(cluster, given):
        yield from _unseen(one, "controller", [] if clients else list(targets))
    for one in _virtual_services(cluster):
        if gateways_named(one) and not _istio_clients(cluster, given, one):
            yield from _unseen(one, "gateway", list(_virtual_service(cluster, one)))


def _unseen(one: Object, proxy: str, targets: list[Target]) -> Iterator[Note]:
    if targets:
        yield Note(one, f"its {proxy} is not in this input", behind=workloads_at(targets))


def _edges(one: Object, clients: tuple[Peer, ...], targets: Iterator[Target]) -> Iterator[Edge]:
    if clients:
        reason = Reason("through-route", (one.kind, one.name))
        for end, port in dict.fromkeys(targets):
            for client in clients:
                yield Edge(client, end, (port,), reason, Evidence("route", one))


def aliased(cluster: Cluster, given: Given) -> Iterator[tuple[Object, tuple[Peer, ...], Service, str]]:
    """Each Ingress and IngressRoute with its controller's pods and a backend that is only another name, with the port
    that the route gives."""
    for one, clients, _ in _routed(cluster, given):
        for namespace, name, port in dict.fromkeys(_named(cluster, one)) if clients else ():
            service = cluster.service(namespace, name) if name else None
            if service is not None and service.external_name:
                yield one, clients, service, port


def _named(cluster: Cluster, one: Object) -> Iterator[_Named]:
    """The Services that an Ingress or IngressRoute names."""
    return _of_ingress(one) if one.kind == "Ingress" else _of_ingress_route(cluster, one)


def _of_ingress(one: Object) -> Iterator[_Named]:
    named = [mapping(one.spec.get("defaultBackend")) or mapping(one.spec.get("backend"))]
    for rule in mappings(one.spec.get("rules")):
        named += [mapping(path.get("backend")) for path in mappings(at(rule, "http", "paths"))]
    for entry in named:
        reference = mapping(entry.get("service"))
        port = text(at(reference, "port", "number")) or text(at(reference, "port", "name"))
        # extensions/v1beta1, which old charts still hold, had serviceName and servicePort.
        name = text(reference.get("name")) or text(entry.get("serviceName"))
        yield one.namespace, name, port or text(entry.get("servicePort"))


def _of_ingress_route(cluster: Cluster, one: Object) -> Iterator[_Named]:
    for route in mappings(one.spec.get("routes")):
        for entry in mappings(route.get("services")):
            yield from _traefik(cluster, one.namespace, entry, 0)


def _traefik(cluster: Cluster, namespace: str, entry: Mapping, depth: int) -> Iterator[_Named]:
    """A Service, or a TraefikService that weighs or mirrors others (which may nest)."""
    namespace, name = text(entry.get("namespace")) or namespace, text(entry.get("name"))
    if text(entry.get("kind")) != "TraefikService":
        yield namespace, name, text(entry.get("port"))
        return
    found = cluster.inventory.get("TraefikService", namespace, name)
    if found is None or depth > 5:
        return
    mirrored = mapping(found.spec.get("mirroring"))
    inner = [each for how in _BALANCED for each in mappings(at(found.body, "spec", how, "services"))]
    inner += mappings(mirrored.get("mirrors"))
    for nested in [*inner, mirrored] if mirrored else inner:
        yield from _traefik(cluster, namespace, nested, depth + 1)


def ingress_backends(cluster: Cluster, one: Object) -> Iterator[Target]:
    """Peers and pod ports behind an Ingress, or an IngressRoute of any of its three kinds."""
    protocol = "UDP" if one.kind == "IngressRouteUDP" else "TCP"
    for namespace, name, port in _named(cluster, one):
        yield from routed_to(cluster, namespace, name, port, protocol)
    for key, name in one.annotations.items() if one.kind == "Ingress" else ():
        service = cluster.service(one.namespace, name) if key.endswith(_IN_PLACE) else None
        if service is not None and service.ports:
            yield from backends(cluster, service, str(service.ports[0].port), "TCP")


def served(cluster: Cluster) -> Iterator[tuple[str, Object, Proxied]]:
    """The public names of VirtualServices whose gateways the input shows, with what answers there."""
    for one in _virtual_services(cluster):
        held = map(text, sequence(one.spec.get("hosts")))
        names = [name for name in held if "." in name.lstrip("*.") and ".svc" not in name]
        if names and (clients := tuple(dict.fromkeys(_istio_gateways(cluster, one)))):
            proxied = Proxied(clients, tuple(_virtual_service(cluster, one)))
            yield from ((name, one, proxied) for name in names)


def _virtual_services(cluster: Cluster) -> list[Object]:
    return cluster.inventory.of("VirtualService", group="networking.istio.io")


def _istio_clients(cluster: Cluster, given: Given, one: Object) -> tuple[Peer, ...]:
    """The proxies of a VirtualService's Gateways; the config's where the input shows none of them."""
    found = tuple(dict.fromkeys(_istio_gateways(cluster, one)))
    return found or (given.gateways if gateways_named(one) else ())


def _istio_gateways(cluster: Cluster, one: Object) -> Iterator[Peer]:
    """The proxies that an Istio Gateway's selector finds, in whatever namespace."""
    for reference in gateways_named(one):
        namespace, _, name = reference.rpartition("/")
        gateway = cluster.inventory.get("Gateway", namespace or one.namespace, name)
        if gateway is None or gateway.group != "networking.istio.io":
            continue
        labels = strings(gateway.spec.get("selector"))
        for workload in cluster.workloads:
            chosen = labels and labels.items() <= workload.labels.items()
            if chosen and (workload.namespace == gateway.namespace or _carries(cluster, workload)):
                yield from ends(workload)


def _carries(cluster: Cluster, one: Workload) -> bool:
    """Whether pods of another namespace that a Gateway's selector finds are proxies: the selector may as well find
    somebody's database, and a label alone makes no proxy."""
    if one.annotations.get(_TEMPLATE) == "gateway" or not one.by_marks:
        return True
    known = cluster.plays(one, "gateway") and one.by_image
    return known or any(_PROXY in image for image in one.images)


def _virtual_service(cluster: Cluster, one: Object, is_root: bool = True) -> Iterator[Target]:
    """Peers and pod ports behind a VirtualService, and behind those to which it leaves a part of its requests: a
    delegate has none of its own (istio/istio#22118: one level)."""
    for kind in ("http", "tls", "tcp"):
        for route in mappings(one.spec.get(kind)):
            if is_root and (place := delegate(one, route)):
                left = cluster.inventory.get("VirtualService", *place)
                if left is not None:
                    yield from _virtual_service(cluster, left, is_root=False)
            destinations = [mapping(entry.get("destination")) for entry in mappings(route.get("route"))]
            destinations.append(mapping(route.get("mirror")))
            destinations += [mapping(entry.get("destination")) for entry in mappings(route.get("mirrors"))]
            for destination in destinations:
                name, _, rest = text(destination.get("host")).partition(".")
                namespace = rest.partition(".")[0] or one.namespace
                yield from routed_to(cluster, namespace, name, text(at(destination, "port", "number")), "TCP")
