"""What a gateway calls beside its routes' backends: policies that are attached to it or to a route, Envoy Gateway's
telemetry, and its Backends."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.addresses import Address, targets
from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import Edge, Evidence
from cilium_policies.evidence.ends import ends
from cilium_policies.evidence.gateways import Gateways
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.routes import backend, parent_gateways
from cilium_policies.kube.gateway_api import GATEWAY_API, targets_of
from cilium_policies.kube.gateway_api import settings as proxy_settings
from cilium_policies.kube.kinds import ROUTE_KINDS
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, port_number, text
from cilium_policies.kube.selectors import selects
from cilium_policies.lean import Any
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_URL_FIELDS = (
    "issuer",
    "tokenEndpoint",
    "uri",
)  # of identity providers: what the proxy fetches keys and tokens from
Gateway = tuple[str, str]


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """From the proxies of each gateway that a policy, its settings or a route's Backend concern."""
    policies, shown = list(attached(cluster)), cluster.inventory.of("Gateway", group=GATEWAY_API)
    backends = cluster.inventory.of("Backend")
    if not (policies or shown or backends):
        return
    gateways, destinations = Gateways(cluster, given), Destinations(cluster, given)
    for policy in policies:
        for gateway in dict.fromkeys(_concerned(cluster, policy)):
            yield from _called(cluster, gateways, destinations, gateway, policy, policy.spec)
    for gateway_object in shown:
        settings = proxy_settings(cluster.inventory, gateway_object)
        if settings is not None:
            gateway = (gateway_object.namespace, gateway_object.name)
            yield from _called(
                cluster, gateways, destinations, gateway, settings, mapping(settings.spec.get("telemetry"))
            )
    routes = cluster.inventory.of(*ROUTE_KINDS, group=GATEWAY_API) if backends else []
    for route in routes:
        if any(text(entry.get("kind")) == "Backend" for entry in _references(route.spec)):
            for gateway in dict.fromkeys(parent_gateways(cluster, route)):
                yield from _called(
                    cluster, gateways, destinations, gateway, route, route.spec, services=False
                )


def attached(cluster: Cluster) -> Iterator[Object]:
    """The policies that controllers let their users attach to a Gateway or a route."""
    for kind in dict.fromkeys(kind for proxy in cluster.proxies.values() for kind in proxy.policies):
        group, _, name = kind.partition("/")
        yield from cluster.inventory.of(name, group=group)


def _called(
    cluster: Cluster,
    gateways: Gateways,
    destinations: Destinations,
    gateway: Gateway,
    one: Object,
    spec: Mapping,
    services: bool = True,
) -> Iterator[Edge]:
    reason = Reason("gateway-extension", (*gateway, one.kind))
    clients = gateways.peers(*gateway)
    for reference in _references(spec):
        if services:
            for end, port in dict.fromkeys(backend(cluster, one.namespace, reference)):
                for client in clients:
                    yield Edge(client, end, (port,), reason, Evidence("extension", one))
        if text(reference.get("kind")) == "Backend":
            for workload in gateways.workloads(*gateway):
                for address in _backend_addresses(cluster, one, reference):
                    yield from _dialled(destinations, workload, address, reason, one)
    for address in _identity_providers(spec):
        for workload in gateways.workloads(*gateway):
            yield from _dialled(destinations, workload, address, reason, one)


def _dialled(
    destinations: Destinations, workload: Workload, address: Address, reason: Reason, one: Object
) -> Iterator[Edge]:
    for peer, ports, _ in destinations.of(workload, address, lambda routed: True):
        for client in ends(workload):
            if client.kind == "workload" or peer.kind == "workload":
                yield Edge(client, peer, ports, reason, Evidence("extension", one))


def _references(value: Any) -> Iterator[Mapping]:
    """Every `backendRef` and `backendRefs` entry, at whatever depth these policies hold them."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key == "backendRef":
                yield mapping(member)
            elif key == "backendRefs":
                yield from mappings(member)
            else:
                yield from _references(member)
    elif isinstance(value, list):
        for member in value:
            yield from _references(member)


def _backend_addresses(cluster: Cluster, one: Object, reference: Mapping) -> Iterator[Address]:
    """Endpoints of a Backend object: names and addresses that need not be the cluster's."""
    space = text(reference.get("namespace")) or one.namespace
    found = cluster.inventory.get("Backend", space, text(reference.get("name")))
    for endpoint in mappings(found.spec.get("endpoints")) if found is not None else ():
        for kind, field in (("fqdn", "hostname"), ("ip", "address")):
            host, port = text(at(endpoint, kind, field)), port_number(at(endpoint, kind, "port"))
            if host and port:
                yield Address(host, port, direct=True)


def _identity_providers(value: Any) -> Iterator[Address]:
    """URLs of OIDC and JWT providers that are fetched as they stand, without a backend of their own."""
    if isinstance(value, dict):
        if "backendRefs" not in value and "backendRef" not in value:
            for key in _URL_FIELDS:
                if "://" in text(value.get(key)):
                    yield from targets(text(value.get(key)), key)
        for key in ("oidc", "jwt", "provider", "providers", "remoteJWKS"):
            yield from _identity_providers(value.get(key))
    elif isinstance(value, list):
        for member in value:
            yield from _identity_providers(member)


def _concerned(cluster: Cluster, policy: Object) -> Iterator[Gateway]:
    """The gateways that a policy is attached to, itself or through a route."""
    for target in targets_of(policy):
        kind, name = text(target.get("kind")), text(target.get("name"))
        if kind == "Gateway":
            yield policy.namespace, name
        elif kind in ROUTE_KINDS and (route := cluster.inventory.get(kind, policy.namespace, name)):
            yield from parent_gateways(cluster, route)
    for selector in mappings(policy.spec.get("targetSelectors")):
        kind = text(selector.get("kind"))
        for one in cluster.inventory.of(kind, group=GATEWAY_API):
            if one.namespace == policy.namespace and selects(selector, one.labels):
                yield from [(one.namespace, one.name)] if kind == "Gateway" else parent_gateways(cluster, one)
