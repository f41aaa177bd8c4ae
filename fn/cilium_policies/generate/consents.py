"""What in a namespace consents to an edge that another namespace's object asks for."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.config.model import EGRESS
from cilium_policies.evidence.edge import Edge, LabelsPeer, Peer, fits, namespace_of, workload_of
from cilium_policies.evidence.reasons import leader
from cilium_policies.kube.gateway_api import GATEWAY_API, STANDARD
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, text
from cilium_policies.kube.ports import Port
from cilium_policies.kube.selectors import selects, selects_namespace
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_BACKENDS = ("Service", "InferencePool")  # what ReferenceGrants let routes name
_BY_OTHERS = ("VirtualService", "ConfigMap", "Secret")  # whose readers are told otherwise: a selector, a role
_DIRECTED = {True: ("egress", "to"), False: ("ingress", "from")}
_DNS = 53


class Consents:
    """Look-ups of one cluster; `edges` are all of the plan, as hand-written policies are among them, and the cluster's
    DNS stands in the namespace `dns`."""

    def __init__(self, cluster: Cluster, edges: Iterable[Edge], dns: str) -> None:
        self._cluster = cluster
        self._dns = dns
        self._wanted: dict[tuple[int, int, str], list[Edge]] = {}
        for edge in edges:
            if edge.evidence.origin == "policy":
                key = (id(edge.client), id(edge.server), edge.evidence.namespace)
                self._wanted.setdefault(key, []).append(edge)
        self._labels = {one.name: one.labels for one in cluster.inventory.of("Namespace")}
        self._bearers: dict[LabelsPeer, tuple[str, ...]] = {}
        self._policies: dict[str, list[Object]] = {}
        for one in cluster.inventory.of("NetworkPolicy", group="networking.k8s.io"):
            self._policies.setdefault(one.namespace, []).append(one)

    def given(self, edge: Edge, direction: str, own: Workload, other: Peer) -> bool:
        """Whether something in the namespace of `own` lets this side of an edge be opened."""
        if self._is_dns(own if direction != EGRESS else workload_of(other), edge):
            return True
        subject = edge.evidence.subject
        outward = direction == EGRESS
        if edge.origin == "monitor" and outward and self._watches(edge, own):
            return True  # a scraper takes the monitors that it selects
        if edge.origin == "listener" and isinstance(subject, Object) and self._is_made_for(subject, own):
            return True
        if isinstance(subject, Object) and outward and _is_for_controllers(subject, edge):
            return True
        if edge.origin in ("route", "extension") and isinstance(subject, Object):  # noqa: SIM102 -- reads better
            if self._routed(subject) if outward else self._granted(subject, own):
                return True
        return self._written(edge, own) or self._let(edge, own, other, outward)

    def claimant(self, edge: Edge, direction: str, other: Peer) -> str:
        """The namespace of pods that only their label and image call the reader of the object that an edge was read
        from, or the proxy of a name that it calls, or that leads this name elsewhere: that the object stands in the own
        namespace is no consent to them."""
        if direction == EGRESS:
            return leader(edge.reason) or self._claims_name(edge, workload_of(other))
        if edge.origin == "monitor" and other.kind == "labels" and not other.namespace:
            return self._stranger(other, edge.evidence.namespace)
        client, text_of = workload_of(other), edge.evidence.text
        told = edge.evidence.subject if edge.origin == "route" else text_of.source if text_of else None
        if client is None or not isinstance(told, Object) or told.kind in _BY_OTHERS:
            return ""
        if (edge.origin == "route" and told.group == GATEWAY_API) or self._cluster.is_proven(
            client, told.namespace, told.group
        ):
            return ""
        return client.namespace

    def _claims_name(self, edge: Edge, proxy: Workload | None) -> str:
        """The same of a proxy which is told by its marks alone that routes of another project are its own; of any other
        something is asked that tells more."""
        if edge.reason.kind != "calls-through-gateway" or proxy is None or not proxy.by_marks:
            return ""
        known = self._cluster.components.get(proxy.component)
        groups = [text(row.get("group")) for row in mappings(known.data.get("routes"))] if known else []
        proven = any(self._cluster.is_proven(proxy, "", group) for group in groups)
        return proxy.namespace if groups and not proven else ""

    def _stranger(self, usual: LabelsPeer, own: str) -> str:
        """The namespace of pods that bear the labels of the usual scrapers, which stand in for those that the input
        does not show: of pods that it shows these labels prove nothing, or they would be its scrapers."""
        if usual not in self._bearers:
            shown = (one.namespace for one in self._cluster.workloads if fits(usual, one))
            self._bearers[usual] = tuple(dict.fromkeys(shown))
        return next((one for one in self._bearers[usual] if one != own), "")

    def _watches(self, edge: Edge, own: Workload) -> bool:
        """Whether these pods read what a monitor names, or ask for what it would have them ask: scrapers do, and so
        do programs made for it. Any other that a Probe calls its prober is only said to be one."""
        return not edge.explains or self._cluster.plays(own, "prober")

    def _is_made_for(self, gateway: Object, own: Workload) -> bool:
        """Whether proxies are there for a Gateway: they carry its name or its class', or what it may open there is what
        the Services before them publish anyway. Any others are shared, and one namespace's listener opens them for
        all."""
        known = [one for one in self._cluster.proxies.values() if one.owner]
        named = any(
            own.labels.get(name) == gateway.name
            and own.labels.get(space, gateway.namespace) == gateway.namespace
            for name, space in [*((one.owner, one.owner_namespace) for one in known), (STANDARD, "")]
        )
        merged = text(gateway.spec.get("gatewayClassName"))
        return (
            named
            or any(merged and own.labels.get(one.owner_class) == merged for one in known)
            or (own.rendered and any(one.is_published for one in self._cluster.services_for(own)))
        )

    def _is_dns(self, server: Workload | None, edge: Edge) -> bool:
        """Whether this is a question to the cluster's DNS, which every pod may ask; other servers of names are
        somebody's own."""
        asks = bool(edge.ports) and all(port.number == _DNS for port in edge.ports)
        return (
            asks
            and server is not None
            and server.namespace == self._dns
            and self._cluster.plays(server, "dns")
        )

    def _routed(self, route: Object) -> bool:
        """Whether every Gateway that a route names lets it in by its `allowedRoutes`."""
        parents = mappings(route.spec.get("parentRefs")) or mappings(route.spec.get("targetRefs"))
        shown = [
            self._cluster.inventory.get(
                "Gateway", text(one.get("namespace")) or route.namespace, text(one.get("name"))
            )
            for one in parents
        ]
        return bool(shown) and all(one is None or self._admits(one, route.namespace) for one in shown)

    def _admits(self, gateway: Object, namespace: str) -> bool:
        for listener in mappings(gateway.spec.get("listeners")):
            spaces = mapping(at(listener, "allowedRoutes", "namespaces"))
            chosen = text(spaces.get("from")) or "Same"
            if chosen == "All" or (chosen == "Same" and namespace == gateway.namespace):
                return True
            if chosen == "Selector" and self._chooses(spaces.get("selector"), namespace):
                return True
        return False

    def _granted(self, asking: Object, own: Workload) -> bool:
        """Whether a ReferenceGrant of the backend's namespace lets objects of this kind name its Services."""
        services = {one.name for one in self._cluster.services_for(own)}
        pools = {one.name for one in self._cluster.inventory.of("InferencePool")}
        for grant in self._cluster.inventory.of("ReferenceGrant"):
            if grant.namespace != own.namespace:
                continue
            of = mappings(grant.spec.get("from"))
            to = mappings(grant.spec.get("to"))
            if any(
                (text(one.get("group")), text(one.get("kind")), text(one.get("namespace")))
                == (asking.group, asking.kind, asking.namespace)
                for one in of
            ) and any(
                text(one.get("kind")) in _BACKENDS and text(one.get("name")) in ("", *services, *pools)
                for one in to
            ):
                return True
        return False

    def _written(self, edge: Edge, own: Workload) -> bool:
        """Whether a policy of the own namespace, written by hand, asks for the same flow."""
        key = (id(edge.client), id(edge.server), own.namespace)
        return _within(edge.ports, [port for one in self._wanted.get(key, ()) for port in one.ports])

    def _let(self, edge: Edge, own: Workload, other: Peer, outward: bool) -> bool:
        """Whether a NetworkPolicy of the own namespace selects these pods and names the other end's namespace in this
        direction (its ports are its own business: it is a word of this namespace about that one). What it lets in from
        every namespace, with whatever labels, is a word about its ports alone: Argo CD's has everybody read its
        metrics, and nobody else its Redis."""
        field, peers = _DIRECTED[outward]
        for policy in self._policies.get(own.namespace, ()):
            if not selects(mapping(policy.spec.get("podSelector")), own.labels):
                continue
            for rule in mappings(policy.spec.get(field)):
                named = mappings(rule.get(peers))
                meant = [one for one in named if self._means(one, policy, other)]
                if any(not _is_of_all(one) for one in meant):
                    return True
                if (meant or not named) and self._covers(rule, edge, workload_of(other) if outward else own):
                    return True
        return False

    def _covers(self, rule: Mapping, edge: Edge, server: Workload | None) -> bool:
        """Whether a rule is about all ports of an edge."""
        entries = mappings(rule.get("ports"))
        if not entries or server is None:
            return not entries
        from cilium_policies.evidence.network_policies import rule_ports

        opened = [port for entry in entries for port in rule_ports(self._cluster, server, entry)]
        return _within(edge.ports, opened)

    def _means(self, peer: Mapping, policy: Object, other: Peer) -> bool:
        space = namespace_of(other)
        spaces = peer.get("namespaceSelector")
        if isinstance(spaces, dict):
            if not self._chooses(spaces, space):
                return False
        elif space != policy.namespace:
            return False
        chosen = peer.get("podSelector")
        return not isinstance(chosen, dict) or selects(chosen, _labels(other))

    def _chooses(self, spaces: object, namespace: str) -> bool:
        return selects_namespace(spaces, namespace, self._labels.get(namespace, {}))


def _within(ports: tuple[Port, ...], opened: list[Port]) -> bool:
    """Whether there are ports, and all of them are among the opened ones."""
    return bool(ports) and all(any(one.covers(port) for one in opened) for port in ports)


def _is_of_all(peer: Mapping) -> bool:
    """Whether a peer of a NetworkPolicy is of every namespace: its labels, if it asks for some, anybody can write."""
    spaces = peer.get("namespaceSelector")
    return isinstance(spaces, dict) and not any(spaces.values())


def _is_for_controllers(subject: Object, edge: Edge) -> bool:
    """Whether an object tells a controller, or its proxy, where to send requests, which is its office: an Ingress or
    another project's route. The Gateway API's need their Gateway's consent, and an issuer is no route: it only says of
    some pods that they are an ACME server."""
    routed = edge.origin == "route" and edge.reason.kind != "checks-names"
    return subject.kind == "Gateway" or (routed and subject.group != GATEWAY_API)


def _labels(peer: Peer) -> dict[str, str]:
    if peer.kind == "workload":
        return peer.workload.labels
    return dict(peer.labels) if peer.kind == "labels" else {}
