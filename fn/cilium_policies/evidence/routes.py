"""Gateway API routes: from a Gateway's proxies to the pods behind each backend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from cilium_policies.evidence.edge import Edge, Evidence, Peer
from cilium_policies.evidence.ends import workloads_at
from cilium_policies.evidence.gateways import Gateways
from cilium_policies.evidence.given import Given, Note
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.unrendered import routed_to
from cilium_policies.kube.gateway_api import GATEWAY_API, takes_listeners
from cilium_policies.kube.kinds import ROUTE_KINDS
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, text
from cilium_policies.kube.ports import Port
from cilium_policies.kube.selectors import selects_namespace
from cilium_policies.workloads.cluster import Cluster

_POOL = "InferencePool"
_LISTENER_SETS = ("ListenerSet", "XListenerSet")


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """One edge a route, gateway and backend. A backend in another namespace counts without its
    ReferenceGrant: whether the gateway obeys the route is the controller's business."""
    gateways = Gateways(cluster, given)
    for route in cluster.inventory.of(*ROUTE_KINDS, group=GATEWAY_API):
        parents = list(dict.fromkeys(parent_gateways(cluster, route)))
        targets = list(dict.fromkeys(route_backends(cluster, route))) if parents else []
        evidence = Evidence("route", route)
        for namespace, name in parents:
            reason = Reason("through-gateway", (namespace, name))
            for client in gateways.peers(namespace, name):
                for end, port in targets:
                    yield Edge(client, end, (port,), reason, evidence)


@lru_cache(maxsize=8192)  # a route is asked by half a dozen modules
def parent_gateways(cluster: Cluster, route: Object) -> tuple[tuple[str, str], ...]:
    """Namespace and name of each Gateway that a route attaches to, directly or through a listener set, and that
    admits it. A Service as parent is a mesh route: its requests come from the clients themselves."""
    return tuple(_parents(cluster, route))


def _parents(cluster: Cluster, route: Object) -> Iterator[tuple[str, str]]:
    for parent in mappings(route.spec.get("parentRefs")):
        kind = text(parent.get("kind")) or "Gateway"
        namespace, name = text(parent.get("namespace")) or route.namespace, text(parent.get("name"))
        if kind == "Gateway":
            gateway = cluster.inventory.get(kind, namespace, name)
            if gateway is None or _admits(cluster, gateway, parent, route):
                yield namespace, name
        elif kind in _LISTENER_SETS and (found := cluster.inventory.get(kind, namespace, name)):
            if not _admits(cluster, found, parent, route):
                continue
            owner = mapping(at(found.body, "spec", "parentRef"))
            place = (text(owner.get("namespace")) or namespace, text(owner.get("name")))
            above = cluster.inventory.get("Gateway", *place)
            if above is None or takes_listeners(cluster.inventory, above, namespace):
                yield place


def _admits(cluster: Cluster, gateway: Object, parent: Mapping, route: Object) -> bool:
    """Whether a listener that the route names lets routes of its namespace in, where it says whom (`allowedRoutes`).
    What is not shown, the labels of a Namespace, admits."""
    wanted = text(parent.get("sectionName"))
    listeners = mappings(gateway.spec.get("listeners"))
    chosen = [one for one in listeners if not wanted or text(one.get("name")) == wanted]
    return not listeners or any(_lets_in(cluster, gateway, one, route) for one in chosen)


def _lets_in(cluster: Cluster, gateway: Object, listener: Mapping, route: Object) -> bool:
    spaces = mapping(at(listener, "allowedRoutes", "namespaces"))
    chosen = text(spaces.get("from")) or "All"
    if chosen != "Selector":
        return chosen == "All" or (chosen == "Same" and route.namespace == gateway.namespace)
    space = cluster.inventory.get("Namespace", "", route.namespace)
    if space is None:
        return True
    return selects_namespace(spaces.get("selector"), route.namespace, space.labels)


@lru_cache(maxsize=8192)
def route_backends(cluster: Cluster, route: Object) -> tuple[tuple[Peer, Port], ...]:
    """Peers and pod ports behind every backend of a route, those of its filters included."""
    return tuple(_behind(cluster, route))


def _behind(cluster: Cluster, route: Object) -> Iterator[tuple[Peer, Port]]:
    protocol = "UDP" if route.kind == "UDPRoute" else "TCP"
    for rule in mappings(route.spec.get("rules")):
        for reference in _references(rule):
            yield from backend(cluster, route.namespace, reference, protocol)


def _references(rule: Mapping) -> Iterator[Mapping]:
    """The backends of a rule, those that a filter mirrors requests to, and those that it asks for leave."""
    backends = mappings(rule.get("backendRefs"))
    yield from backends
    for holder in (rule, *backends):
        for entry in mappings(holder.get("filters")):
            for kind in ("requestMirror", "externalAuth"):
                yield mapping(at(entry, kind, "backendRef"))


def backend(
    cluster: Cluster, namespace: str, reference: Mapping, protocol: str = "TCP"
) -> Iterator[tuple[Peer, Port]]:
    """Peers and pod ports behind a BackendObjectReference (`name`, `port`, maybe `namespace`, `kind`)."""
    kind, space = text(reference.get("kind")) or "Service", text(reference.get("namespace")) or namespace
    if (
        kind == _POOL
        and (pool := cluster.inventory.get(kind, space, text(reference.get("name")))) is not None
    ):
        from cilium_policies.evidence import inference_pools  # few clusters have one

        yield from inference_pools.behind(cluster, pool)
    if kind != "Service" or not reference.get("name"):
        return
    yield from routed_to(cluster, space, text(reference.get("name")), text(reference.get("port")), protocol)


def unseen(cluster: Cluster, given: Given) -> Iterator[Note]:
    """Gateways that neither the input nor the config shows, each at its first route: their proxies were found by
    label only, and whether those behind the routes let them in is a guess."""
    if given.gateways:
        return
    gateways = Gateways(cluster, given)
    routes: dict[tuple[str, str], list[Object]] = {}
    for route in cluster.inventory.of(*ROUTE_KINDS, group=GATEWAY_API):
        for parent in dict.fromkeys(parent_gateways(cluster, route)):
            routes.setdefault(parent, []).append(route)
    for (namespace, name), named in routes.items():
        known = gateways.is_cilium(namespace, name) or gateways.outside(namespace, name)
        if not known and not gateways.workloads(namespace, name):
            often = f" ({len(named)} routes name it)" if len(named) > 1 else ""
            what = f"Gateway {namespace}/{name} is not in this input{often}: its proxies were found by label"
            yield Note(
                named[0],
                what,
                guessed=True,
                behind=workloads_at(end for route in named for end in route_backends(cluster, route)),
            )


def backends_of(cluster: Cluster, route: Object) -> Iterable[tuple[Peer, Port]]:
    """The pods that a route, an Ingress or an IngressRoute leads to, each with the port there."""
    if route.kind in ROUTE_KINDS:
        return route_backends(cluster, route)
    from cilium_policies.evidence.ingresses import ingress_backends

    return ingress_backends(cluster, route)
