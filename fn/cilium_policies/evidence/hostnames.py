"""Names and addresses by which the outside knows this cluster: who really answers when a pod calls them.

A pod that calls a name which an own route serves ends, through DNS and the gateway's load balancer address,
at the gateway's pods (Cilium translates that address in the kernel), never at `world` and never at the
route's backend."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence import claims, public_dns
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.claims import Claims, gateway_addresses, names, proxied_names, service_names
from cilium_policies.evidence.databases import database_ports, is_database
from cilium_policies.evidence.edge import Peer, namespace_of, workload_of
from cilium_policies.evidence.ends import WORLD, asked, backends, ends, is_behind_a_cloud
from cilium_policies.evidence.gateways import INGRESS, Gateways
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.host_keys import is_host_key
from cilium_policies.evidence.public_dns import Records, Told, looked_up
from cilium_policies.evidence.routes import backends_of, parent_gateways
from cilium_policies.kube.gateway_api import GATEWAY_API, only_redirects
from cilium_policies.kube.kinds import ROUTE_KINDS
from cilium_policies.kube.objects import Object
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

if TYPE_CHECKING:
    from cilium_policies.evidence.routed import Proxied

_HTTPS = 443
_CILIUMS = "cilium-gateway-"  # Cilium's Service for a Gateway: no pods are behind it
_TARGET_NOTE = "external-dns.alpha.kubernetes.io/target"


class Hostnames:
    """Index of the names that routes serve and of the addresses that Services and Gateways hold."""

    def __init__(self, cluster: Cluster, given: Given) -> None:
        self._cluster = cluster
        self._gateways = Gateways(cluster, given)
        self._wary = given.wary
        self._routes: dict[str, list[Object]] = {}
        self._serving: dict[str, list[Object]] = {}  # by the name that was asked for
        self._services: dict[str, list[Service]] = {}
        self._addressed: dict[str, Object] = {}
        self._parents: set[tuple[str, str]] | None = None
        self._checked: dict[str, set[str]] | None = None
        self._updated: dict[str, set[str]] = {}
        self._records: Records | None = None
        self._claims: Claims | None = None
        of = cluster.inventory.of
        serving = (*of(*ROUTE_KINDS, group=GATEWAY_API), *of("Ingress", "IngressRoute", "IngressRouteTCP"))
        for route in serving:
            redirects = only_redirects(route)
            for name in names(cluster, route):
                if not (redirects and name.startswith("*")):
                    self._routes.setdefault(name.lower(), []).append(route)
        self.names = self._routes.keys()  # that routes serve
        self._proxied: dict[int, Proxied] = {}
        if of(*given.routed, "VirtualService"):
            from cilium_policies.evidence import ingresses, routed  # few clusters have any

            for name, one, proxied in (*ingresses.served(cluster), *routed.served(cluster, given)):
                self._routes.setdefault(name.lower(), []).append(one)
                self._proxied[id(one)] = proxied
        for service in cluster.services:
            for name in (*service_names(service), *proxied_names(cluster, service)):
                self._services.setdefault(name, []).append(service)
        for gateway in cluster.inventory.of("Gateway", group=GATEWAY_API):
            for address in gateway_addresses(gateway):
                self._addressed.setdefault(address, gateway)

    def routes(self, host: str) -> list[Object]:
        """The routes that serve a name, exactly or by a wildcard (which holds one label or more)."""
        found = self._serving.get(host)
        if found is None:
            found = next((self._routes[name] for name in looked_up(host) if name in self._routes), [])
            self._serving[host] = found
        return found

    def is_ours(self, host: str, namespace: str) -> bool:
        """Whether a pod of this namespace believes the cluster that a name is its own: always, unless what other
        namespaces say is not to be trusted."""
        if not self._wary:
            return True
        if self._claims is None:
            self._claims = Claims(self._cluster, self._routes, self._services)
        return self._claims.is_ours(host, namespace)

    def beyond(self, host: str, caller: str) -> dict[str, str]:
        """Where an Ingress, a Gateway or a DNSEndpoint has external-dns point a name, as far as nothing here answers to
        that address or name, such as a router's, a tunnel's or a device's; or the name itself where the Internet's DNS
        knows it while the gateway's address is private: the request then leaves the cluster and comes back from
        outside. Each with the namespace whose word that is, "" where a pod of the `caller`'s needs no other."""
        told = [Told(host, frozenset((one,))) for one in self._checking(host)]
        if not (told and self._is_behind_a_router(host)):
            told = self._recorded(host)
            for route in self.routes(host):
                parents = [self._gateways.gateway(*one) for one in self._parents_of(route)]
                # of a Gateway's routes external-dns asks the Gateway
                for noted in filter(None, parents if route.kind in ROUTE_KINDS else [route]):
                    for target in noted.annotations.get(_TARGET_NOTE, "").lower().split(","):
                        more = [Told(target, frozenset()), *self._recorded(target)]
                        told += (Told(each.target, each.words | {noted.namespace}) for each in more)
            told = [one for one in told if "." in one.target and not self.answers(one.target)]
        believed = {"", caller, *self._platforms(host)} if told else set()
        found: dict[str, list[str]] = {}
        for one in told:
            found.setdefault(one.target, []).append(min(one.words - believed, default=""))
        return {target: min(words) for target, words in found.items()}

    def _platforms(self, host: str) -> Iterator[str]:
        """The namespaces whose word of a name is the platform's: where its Gateway stands, as others' routes to it say,
        or where a controller of Gateways or Ingresses does."""
        yield from self._cluster.routing_namespaces
        for route in self.routes(host):
            yield from (place for place, _ in self._parents_of(route) if place != route.namespace)

    def _recorded(self, host: str) -> list[Told]:
        """Where DNSEndpoints lead a name: its record, else that of the nearest wildcard, and on from there."""
        if self._records is None:
            self._records = public_dns.records(self._cluster.inventory)
        return public_dns.led_to(self._records, host) if self._records else []

    def answers(self, target: str) -> bool:
        """Whether a Service, a Gateway or a route of the cluster has this address or name."""
        return target in self._services or target in self._addressed or bool(self.routes(target))

    def _checking(self, host: str) -> set[str]:
        """The namespaces that say that the Internet's DNS knows a name."""
        if self._checked is None:
            self._checked = public_dns.checked_names(self._cluster.inventory)
            self._updated = public_dns.updated_names(self._cluster)
        updating = (self._updated.get(name, ()) for name in looked_up(host)) if self._updated else ()
        asking = self._checked.get(host.rstrip(".").lower(), set())
        serving = self._serving_in(host) if asking else ()
        return asking.intersection(serving).union(*updating)

    def _serving_in(self, host: str) -> Iterator[str]:
        """The namespaces of the routes that serve a name, and of their gateways."""
        for route in self.routes(host):
            yield route.namespace
            yield from (namespace for namespace, _ in self._parents_of(route))
            yield from map(namespace_of, self._senders(route))

    def _parents_of(self, route: Object) -> list[tuple[str, str]]:
        known = parent_gateways(self._cluster, route) if route.kind in ROUTE_KINDS else ()
        return list(dict.fromkeys(known))

    def _is_behind_a_router(self, host: str) -> bool:
        """Whether every address that the gateways of a name are shown to have is private."""
        gateways = {workload_of(peer) for route in self.routes(host) for peer in self._senders(route)}
        before = (one for gateway in gateways if gateway for one in self._cluster.services_for(gateway))
        addresses = [*claims.balancer_addresses(before)]
        return public_dns.are_private(addresses or public_dns.pools(self._cluster))

    def served(self, host: str, path: str = "") -> Iterator[Workload]:
        """The workloads to which a name and path lead: it is their own, which they tell others and do not call."""
        for route in claims.of_path(self.routes(host), host, path):
            proxied = self._proxied.get(id(route))
            led = proxied.targets if proxied else backends_of(self._cluster, claims.of_host(route, host))
            yield from filter(None, (workload_of(peer) for peer, _ in led))

    def ports(self, workload: Workload, address: Address) -> tuple[int, ...]:
        """The port of a host outside the cluster's DNS: where none is said that of a database, or HTTPS of a name that
        routes of another namespace serve (`SSO_HOST: sso.acme.com`)."""
        if address.port:
            return (address.port,)
        if is_database(address.key):
            return database_ports(workload, address.host)
        named = is_host_key(address.key) and "." in address.host
        found = self.routes(address.host.rstrip(".").lower()) if named else []
        return (_HTTPS,) if found and all(one.namespace != workload.namespace for one in found) else ()

    def is_outside(self, host: str) -> bool:
        """Whether DNS leads a name that own routes serve out of the cluster: to a load balancer of a cloud, which calls
        the gateway or the pods from there."""
        return any(
            peer.kind == "cidr" or peer == WORLD or is_behind_a_cloud(self._cluster, peer)
            for route in self._every_route(host)
            for peer in self._senders(route)
        )

    def may_be_outside(self, host: str) -> bool:
        """Whether nothing shows if DNS does: how the proxy is published that serves the name. What stands before nodes,
        on which a distribution's own proxy without a Service listens, no manifest says."""
        if told := self.published(host):
            return any(one.may_be_outside for one in told)
        pods = (workload_of(peer) for route in self._every_route(host) for peer in self._senders(route))
        return any(one and one.brought and not self._cluster.services_for(one) for one in pods)

    def published(self, host: str) -> list[Proxied]:
        """The proxies that serve a name, with how they are published as far as anything shows it."""
        return [one for one in map(self._proxied.get, map(id, self._every_route(host))) if one]

    def _every_route(self, host: str) -> Iterator[Object]:
        """The routes that serve a name, and those of wildcards that hold it: DNS may follow either."""
        for name in looked_up(host):
            yield from self._routes.get(name, ())

    def _senders(self, route: Object) -> Iterator[Peer]:
        if route.kind not in ROUTE_KINDS:
            yield from self._controllers_of(route)
            return
        for namespace, name in self._parents_of(route):
            yield from self._gateways.peers(namespace, name)

    def _controllers_of(self, route: Object) -> tuple[Peer, ...]:
        if (proxied := self._proxied.get(id(route))) is not None:
            return proxied.clients
        if route.kind == "Ingress":
            return self._gateways.ingress_class(route)
        return self._gateways.of_group(route.group, route.namespace)

    def backends(self, host: str, port: int, protocol: str = "TCP") -> Iterator[tuple[Peer, Port]]:
        """Who answers at a name or address: gateway pods, an Ingress controller, or a Service's pods; nobody where a
        load balancer outside does."""
        services = self._services.get(host.rstrip(".").lower(), ())
        for service in services:
            made = self._cluster.made_from(service.source) if service.type == "ExternalName" else ()
            yield from ((end, Port(port, protocol)) for one in made for end in ends(one))
            yield from backends(self._cluster, service, str(port), protocol)
        if services and not self.routes(host):  # else a route has the name as well, and nobody takes it away
            return
        if host in self._addressed:
            gateway = self._addressed[host]
            yield from self._gateway(gateway.namespace, gateway.name, port, protocol)
            return
        for route in self.routes(host):
            for namespace, name in self._parents_of(route):
                yield from self._gateway(namespace, name, port, protocol)
            if route.kind not in ROUTE_KINDS:
                yield from self._controller(route, port, protocol)
        if not self.routes(host):
            for target in dict.fromkeys(one.target for one in self._recorded(host)):
                if self.answers(target):
                    yield from self.backends(target, port, protocol)

    def is_gateway(self, namespace: str, name: str) -> bool:
        """Whether a Gateway or a route that names one as its parent speaks for a Gateway of this name."""
        if self._parents is None:
            inventory = self._cluster.inventory
            routes = inventory.of(*ROUTE_KINDS, group=GATEWAY_API)
            self._parents = {parent for route in routes for parent in parent_gateways(self._cluster, route)}
            self._parents |= {(one.namespace, one.name) for one in inventory.of("Gateway", group=GATEWAY_API)}
        return (namespace, name) in self._parents

    def proxies(self, namespace: str, name: str, port: int, protocol: str) -> list[tuple[Peer, Port]]:
        """The pods and pod port behind a Gateway of this name; empty where its pods are not shown."""
        if name.startswith(_CILIUMS) and self._gateways.is_cilium(namespace, name.removeprefix(_CILIUMS)):
            return [(INGRESS, Port(port, protocol))]
        served = self._gateways.workloads(namespace, name)
        return list(dict.fromkeys(self._gateway(namespace, name, port, protocol))) if served else []

    def _gateway(self, namespace: str, name: str, port: int, protocol: str) -> Iterator[tuple[Peer, Port]]:
        gateway = self._gateways.gateway(namespace, name)
        served = self._gateways.workloads(namespace, name)
        if gateway is None and served:
            gateway = served[0].source or Object({"metadata": {"namespace": namespace, "name": name}})
        for workload in served:
            if gateway is not None:
                from cilium_policies.evidence.listeners import pod_ports  # its Gateway is shown

                for found in pod_ports(self._cluster, self._gateways, gateway, workload, port, protocol):
                    yield from ((end, found) for end in ends(workload))
        if not served:
            for peer in (
                () if self._gateways.outside(namespace, name) else self._gateways.peers(namespace, name)
            ):
                # Not shown: the pods may listen where the listener does, or on a port that their controller shifts.
                yield peer, Port(port, protocol)
                if peer != INGRESS and port < 1024:
                    yield from ((peer, Port(port + one, protocol)) for one in self._cluster.port_shifts)

    def _controller(self, route: Object, port: int, protocol: str) -> Iterator[tuple[Peer, Port]]:
        for peer in self._controllers_of(route):
            if peer.kind != "workload":
                if peer.kind != "cidr" and peer != WORLD:
                    yield peer, Port(port, protocol)
                continue
            found = [
                target
                for service in asked(self._cluster, peer.workload, port)
                for end, target in backends(self._cluster, service, str(port), protocol)
                if end == peer
            ]
            spare = [Port(port, protocol)] * self._may_listen(peer.workload, port)
            for target in dict.fromkeys(found) or spare:
                yield peer, target

    def _may_listen(self, proxy: Workload, port: int) -> bool:
        """Whether a proxy may have a port that none of its Services shows: where the input shows them all, or its
        containers, a name that leads to it for another port leads elsewhere for this one (mail for a domain)."""
        shown = {entry.port for service in self._cluster.services_for(proxy) for entry in service.ports}
        return not (proxy.rendered and shown) or port in {one.number for one in proxy.ports}
