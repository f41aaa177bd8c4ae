"""Which names and addresses the objects of a cluster claim for it, and whether one namespace's claim is believed.

A route says which names it serves, and nobody asks whether they are its own: one in a team's namespace that names a
partner's host would take the partner away from all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from cilium_policies.evidence.public_dns import looked_up
from cilium_policies.evidence.public_names import is_number
from cilium_policies.evidence.routes import parent_gateways
from cilium_policies.evidence.signs import first_part
from cilium_policies.kube.gateway_api import GATEWAY_API
from cilium_policies.kube.kinds import ROUTE_KINDS
from cilium_policies.kube.objects import Object, at, mappings, sequence, text
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service

_BY_PATH = ("Ingress", "HTTPRoute")
_TRAEFIKS = ("IngressRoute", "IngressRouteTCP")
_HOST_RULE = r"Host(?:SNI)?\(([^)]*)\)"
_ADDRESS_NOTES = ("lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips", "metallb.io/loadBalancerIPs",
                  "metallb.universe.tf/loadBalancerIPs", "kube-vip.io/loadbalancerIPs",
                  "loadbalancer.openstack.org/load-balancer-address")  # fmt: skip
_NAME_NOTE = "external-dns.alpha.kubernetes.io/hostname"
_NAME = r"[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{1,63}){2,6}"
_DNS = 53
_SHORT = 3  # characters: below an end of two, a label of so many is no registered name (`co.uk`, `com.au`)


class Claims:
    """Who claims names below which domain: routes, Services that external-dns names, listeners of Gateways."""

    def __init__(
        self, cluster: Cluster, routes: Mapping[str, list[Object]], services: Mapping[str, list[Service]]
    ) -> None:
        self._by_domain: dict[str, set[str]] = {}
        for name, found in routes.items():
            self._take(name, {one.namespace for one in found})
        for name, held in services.items():
            self._take(name, {one.namespace for one in held})
        for gateway in cluster.inventory.of("Gateway", group=GATEWAY_API):
            for listener in mappings(gateway.spec.get("listeners")):
                self._take(text(listener.get("hostname")).lower(), {gateway.namespace})
        for one in cluster.inventory.of("DNSEndpoint", group="externaldns.k8s.io"):
            for entry in mappings(one.spec.get("endpoints")):
                self._take(text(entry.get("dnsName")).lower(), {one.namespace})

    def _take(self, name: str, namespaces: set[str]) -> None:
        if name:
            self._by_domain.setdefault(domain(name), set()).update(namespaces)

    def is_ours(self, host: str, namespace: str) -> bool:
        """Whether a pod of this namespace may take a claimed name for the cluster's: its own namespace claims names
        below that domain, or several do. An address that a Service elsewhere asks for may be a server's of the LAN:
        externalIPs and the like take any."""
        claimed = self._by_domain.get(domain(host.rstrip(".").lower()), set())
        return namespace in claimed or (len(claimed) > 1 and not is_address(host))


def is_address(host: str) -> bool:
    return host.replace(".", "").isdigit() or ":" in host


def domain(name: str) -> str:
    """The registered name above a host's, as far as its labels tell: `acme.io` of `a.b.acme.io`; an address itself."""
    if is_address(name):
        return name
    labels = name.removeprefix("*.").split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= _SHORT
    return ".".join(labels[-3:] if short else labels[-2:])


def names(cluster: Cluster, route: Object) -> Iterator[str]:
    yield from map(text, sequence(route.spec.get("hostnames")))
    for rule in mappings(route.spec.get("rules")) if route.kind == "Ingress" else ():
        if rule.get("host"):
            yield text(rule.get("host"))
    for entry in mappings(route.spec.get("routes")):
        yield from _hosts_of(entry)
    if not route.spec.get("hostnames") and route.kind in ROUTE_KINDS:
        for namespace, name in parent_gateways(cluster, route):
            gateway = cluster.inventory.get("Gateway", namespace, name)
            for listener in mappings(gateway.spec.get("listeners")) if gateway is not None else ():
                if (hostname := text(listener.get("hostname"))) and not hostname.startswith("*"):
                    yield hostname


def _hosts_of(entry: Mapping[str, object]) -> Iterator[str]:
    """The names that one rule of Traefik's asks for (`Host(`a.acme.com`)`)."""
    for match in re.finditer(_HOST_RULE, text(entry.get("match"))):
        yield from (name.strip("`'\" ") for name in match[1].split(","))


def of_host(route: Object, host: str) -> Object:
    """An Ingress or IngressRoute with the rules alone that a request for a name follows: one may hold several names,
    each with backends of its own."""
    asked = {*looked_up(host), ""}
    if route.kind == "Ingress":
        told = [rule for rule in mappings(route.spec.get("rules")) if text(rule.get("host")).lower() in asked]
        return Object({**route.body, "spec": {**route.spec, "rules": told}}, route.where)
    if route.kind in _TRAEFIKS:
        entries = mappings(route.spec.get("routes"))
        told = [entry for entry in entries if asked & ({name.lower() for name in _hosts_of(entry)} or {""})]
        return Object({**route.body, "spec": {**route.spec, "routes": told}}, route.where)
    return route


def of_path(routes: list[Object], host: str, path: str) -> list[Object]:
    """Of the Ingresses and HTTPRoutes that serve a name those alone, by their rules for it, to which a path's first
    part leads: many programs may share a name. All of them where none says that part, as the rest lies below one."""
    if not path or any(route.kind not in _BY_PATH for route in routes):
        return routes
    below: dict[str, list[Object]] = {}
    for route in routes:
        for part, rule in _parts(of_host(route, host)):
            one = Object({**route.body, "spec": {**route.spec, "rules": [rule]}}, route.where)
            below.setdefault(part, []).append(one)
    return below.get(path) or below.get("") or routes


def _parts(route: Object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The first part of each path that a route's rules are for, with such a rule."""
    for rule in mappings(route.spec.get("rules")):
        if route.kind == "Ingress":
            for entry in mappings(at(rule, "http", "paths")):
                yield first_part(text(entry.get("path"))), {**rule, "http": {"paths": [entry]}}
        else:
            for match in mappings(rule.get("matches")) or [{}]:
                yield first_part(text(at(match, "path", "value"))), rule


def service_names(service: Service) -> Iterator[str]:
    """External names that DNS controllers publish for a Service, and the addresses it is to have."""
    yield from service.external_ips
    source = service.source
    if source is None:
        return
    notes = source.annotations
    for key in _ADDRESS_NOTES:
        if key in notes:
            yield from _listed(notes[key])
    if service.type == "LoadBalancer":
        yield from _listed(notes.get(_NAME_NOTE, "").lower())
    for value in (source.spec.get("clusterIP"), source.spec.get("loadBalancerIP")):
        if text(value) not in ("", "None"):
            yield text(value)
    for entry in mappings(at(source.body, "status", "loadBalancer", "ingress")):
        yield from filter(None, (text(entry.get("ip")), text(entry.get("hostname"))))


def balancer_addresses(services: Iterable[Service]) -> Iterator[str]:
    """The addresses that those of type LoadBalancer are shown to have for the outside."""
    for service in services:
        if service.type == "LoadBalancer":
            inside = text(service.source and service.source.spec.get("clusterIP"))
            yield from (one for one in service_names(service) if is_number(one) and one != inside)


def proxied_names(cluster: Cluster, service: Service) -> Iterator[str]:
    """The names in the annotations of an ExternalName Service of which an operator makes proxies, where a DNS server
    stands beside those: it answers such a name with them (tailscale/tailscale@de9ec7ee:
    k8s-operator/reconciler/dnsrecords)."""
    made = cluster.made_from(service.source) if service.type == "ExternalName" else []
    if service.source is None or not any(
        entry.port == _DNS
        for one in made
        for beside in cluster.services_in(one.namespace)
        for entry in beside.ports
    ):
        return
    yield from filter(re.compile(_NAME).fullmatch, service.source.annotations.values())


def gateway_addresses(gateway: Object) -> Iterator[str]:
    """The addresses that a Gateway is to have or has, and the names that DNS controllers publish for its Service."""
    for entry in mappings(gateway.spec.get("addresses")):
        yield text(entry.get("value"))
    notes = at(gateway.body, "spec", "infrastructure", "annotations")
    for key in _ADDRESS_NOTES:
        yield from _listed(text(at(notes, key)))
    yield from _listed(text(at(notes, _NAME_NOTE)).lower())
    for entry in mappings(at(gateway.body, "status", "addresses")):
        yield text(entry.get("value"))


def _listed(note: str) -> Iterator[str]:
    return filter(None, map(str.strip, note.split(",")))
