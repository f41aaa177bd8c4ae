"""Routing resources of one proxy: Contour's HTTPProxy, NGINX' VirtualServer, Emissary's Mapping, OpenShift's Route.

The catalogue's `routes` says where such an object names its Services; the pods of that entry are the proxy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.conditions import at
from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.recognise import may_be_part
from cilium_policies.evidence.edge import Edge, Evidence, Peer, workload_of
from cilium_policies.evidence.ends import NODES, WORLD, backends, cidr, ends, inside, workloads_at
from cilium_policies.evidence.given import Given, Note
from cilium_policies.evidence.names import resolve
from cilium_policies.evidence.published import Way, Ways
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import CLUSTER_SCOPED, Mapping, Object, mapping, strings, text
from cilium_policies.kube.ports import Port
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload
from cilium_policies.workloads.templates import filled


class Proxied(NamedTuple):
    """The pods at which a public name ends, and those behind them with their ports. `may_be_outside`: nothing shows how
    the proxy is published, and the name of a load balancer leads outside; `is_public`: it leads to the Internet."""

    clients: tuple[Peer, ...]
    targets: tuple[tuple[Peer, Port], ...]
    may_be_outside: bool = False
    is_public: bool = False

    def joined(self, other: Proxied) -> Proxied:
        """With what another entry tells of the same object."""
        return Proxied(
            tuple(dict.fromkeys((*self.clients, *other.clients))),
            tuple(dict.fromkeys((*self.targets, *other.targets))),
            self.may_be_outside or other.may_be_outside,
            self.is_public and other.is_public,
        )


_GATEWAY_API = "gateway.networking.k8s.io"
_OF_ROUTES: Mapping = {"backends": "spec.rules.backendRefs"}
_SCHEME_PORTS = {"http": "80", "https": "443"}


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """The proxy's pods to those behind each Service that such an object names."""
    for one, row, clients, _ in _routes(cluster, given):
        targets = list(dict.fromkeys(_backends(cluster, one, row))) if clients else []
        reason = Reason("through-route", (one.kind, one.name))
        for client in clients:
            for end, port in targets:
                yield Edge(client, end, (port,), reason, Evidence("route", one))


def unseen(cluster: Cluster, given: Given) -> Iterator[Note]:
    """Objects whose proxy neither the input nor the config shows: no rule lets its requests in. Several entries may be
    that proxy, as it is installed; one of them is enough."""
    found = list(_routes(cluster, given))
    served = {id(one) for one, _, clients, _ in found if clients}
    for one, row in {id(one): (one, row) for one, row, _, _ in found}.values():
        behind = [] if id(one) in served else list(_backends(cluster, one, row))
        if behind:
            yield Note(one, "its proxy is not in this input", behind=workloads_at(behind))


def served(cluster: Cluster, given: Given) -> Iterator[tuple[str, Object, Proxied]]:
    """The public names of such objects whose proxy the input shows, with what answers there. Several entries may be an
    object's proxy, as it is installed: then all of theirs answer."""
    found: dict[tuple[str, int], tuple[Object, Proxied]] = {}
    for name, one, proxied in _served(cluster, given):
        before = found.get((name, id(one)))
        found[name, id(one)] = one, before[1].joined(proxied) if before else proxied
    yield from ((name, one, proxied) for (name, _), (one, proxied) in found.items())


def named(cluster: Cluster) -> Iterator[tuple[Object, str]]:
    """The public names that such objects say, whoever their proxy is."""
    for kind, rows in cluster.routed.items():
        for _, row in rows:
            for one in cluster.inventory.of(kind, group=text(row.get("group")) or None):
                yield from ((one, name) for name in _hosts(one, row))


def addresses(cluster: Cluster) -> Iterator[str]:
    """Those at which such objects ask to be served, whoever their proxy is."""
    for kind, rows in cluster.routed.items():
        for _, row in rows:
            paths = texts(row.get("addresses"))
            for one in cluster.inventory.of(kind, group=text(row.get("group")) or None) if paths else ():
                yield from filter(None, (text(at(one.body, path)) for path in paths))


def _served(cluster: Cluster, given: Given) -> Iterator[tuple[str, Object, Proxied]]:
    domains: dict[int, str] = {}
    ways: dict[int, Ways] = {}
    for one, row, clients, shown in _routes(cluster, given):
        if any(client.kind == "workload" for client in shown):
            names = _hosts(one, row)
            if not names and (rule := mapping(row.get("unnamed"))):
                if id(row) not in domains:
                    domains[id(row)] = _domain(cluster, row)
                if domain := domains[id(row)]:
                    names = [f"{filled(text(rule.get('label')), one)}.{domain}"]
            if names:
                targets = tuple(_backends(cluster, one, row))
                if not row.get("published"):
                    yield from ((name, one, Proxied(clients, targets)) for name in names)
                    continue
                if id(row) not in ways:
                    ways[id(row)] = Ways(cluster, row)
                for name in names:
                    yield name, one, _published(cluster, ways[id(row)], name, shown, targets)


def _published(
    cluster: Cluster, ways: Ways, name: str, shown: tuple[Peer, ...], targets: tuple[tuple[Peer, Port], ...]
) -> Proxied:
    """Who answers at a name, by the ways in which the proxies are published that may serve it."""
    found = ways.of(name)
    answering = shown if any(one.answers for one in found) else ()
    nodes = NODES if any(one.nodes for one in found) else ()
    outside = (WORLD,) if any(one.outside == "yes" for one in found) else ()
    balanced = any(map(cluster.services_for, filter(None, map(workload_of, shown))))
    unknown = not balanced and any(not one.outside for one in found)
    is_public = all(one.public for one in found if one.outside == "yes")
    return Proxied((*answering, *nodes, *outside), targets, unknown, bool(outside) and is_public)


def _hosts(one: Object, row: Mapping) -> list[str]:
    """The public names that such an object says."""
    held = (name for path in texts(row.get("hosts")) for name in _leaves(at(one.body, path)))
    return [name for name in held if isinstance(name, str)]


def _domain(cluster: Cluster, row: Mapping) -> str:
    """Below which a proxy names the objects that say no name: an object says it, else the names of the others do, where
    more of those of the usual form stand below one than below any other."""
    rule, of = mapping(row.get("unnamed")), cluster.inventory.of
    for told in of(text(rule.get("kind")), group=text(rule.get("group"))):
        for path in texts(rule.get("at")):
            if domain := text(at(told.body, path)):
                return domain
    counts: dict[str, int] = {}
    for one in of(text(row.get("kind")), group=text(row.get("group"))):
        for name in _hosts(one, row):
            domain = name.lower().partition(".")[2]
            if domain.startswith(f"{text(rule.get('usual'))}."):
                counts[domain] = counts.get(domain, 0) + 1
    found = [domain for domain, count in counts.items() if count == max(counts.values())]
    return found[0] if len(found) == 1 else ""


def _routes(
    cluster: Cluster, given: Given
) -> Iterator[tuple[Object, Mapping, tuple[Peer, ...], tuple[Peer, ...]]]:
    """Each such object with the entry's row, those that send for it, and the proxy's pods that the input shows."""
    for kind, rows in given.routed.items():
        for component, row in rows:
            found = cluster.inventory.of(kind, group=text(row.get("group")) or None)
            if found:
                if outside := mapping(row.get("outside")):
                    yield from ((one, row, _appliance(given, one, outside), ()) for one in found)
                    continue
                own = cluster.recognised.get(component, [])
                pods = strings(row.get("pods"))
                proxies = [one for one in own if may_be_part(pods, one.labels, by_label=one.by_label)]
                ways = Ways(cluster, row).of() if row.get("published") else ()
                for one in found:
                    acting = [each for each in proxies if cluster.acts_for(each, one.namespace, one.group)]
                    if path := text(row.get("of")):
                        acting = [each for each in acting if _is_meant(one, path, each)]
                    shown = tuple(dict.fromkeys(end for proxy in acting for end in ends(proxy)))
                    yield one, row, _senders(shown, ways) or given.gateways, shown


def _appliance(given: Given, one: Object, outside: Mapping) -> tuple[Peer, ...]:
    """A proxy on a machine of its own calls pods from its own addresses, which the company's network has; or with those
    of its clients, where the object asks for that."""
    if text(at(one.body, text(outside.get("at")))) == text(outside.get("client")):
        return (WORLD,)
    return tuple(map(cidr, given.balancers)) or inside(given.private)


def _senders(shown: tuple[Peer, ...], ways: Iterable[Way]) -> tuple[Peer, ...]:
    """The pods of a proxy, or the nodes that they share the network of."""
    if not (shown and ways):
        return shown
    nodes = NODES if any(one.nodes for one in ways) else ()
    return (*shown, *nodes) if any(one.sends for one in ways) else nodes


def _is_meant(one: Object, path: str, proxy: Workload) -> bool:
    """Whether an object names there the one that made a proxy; pods that no object shows may be anybody's."""
    named, made = mapping(at(one.body, path)), proxy.source
    if proxy.rendered or made is None or not named:
        return True
    space = made.namespace if made.kind not in CLUSTER_SCOPED else one.namespace
    return (text(named.get("kind")), text(named.get("name")), one.namespace) == (made.kind, made.name, space)


def _backends(cluster: Cluster, one: Object, row: Mapping) -> Iterator[tuple[Peer, Port]]:
    for path in texts(row.get("backends")):
        for entry in _leaves(at(one.body, path)):
            if isinstance(entry, str):
                service, port = _address(cluster, entry, one.namespace)
            elif (route := _named_route(cluster, one, entry)) is not None:
                if row is not _OF_ROUTES:  # a route leads to no other one, which may lead back
                    yield from _backends(cluster, route, _OF_ROUTES)
                continue
            else:
                namespace = text(entry.get(text(row.get("namespace")) or "namespace")) or one.namespace
                service = cluster.service(namespace, text(entry.get(text(row.get("name")) or "name")))
                port = text(entry.get(text(row.get("port")) or "port")) or text(entry.get("portName"))
            if service is None:
                continue
            target = text(at(one.body, text(row.get("target")))) if row.get("target") else ""
            number = _of_target(service, target) if target else port
            yield from backends(cluster, service, number, text(row.get("protocol")))


def _named_route(cluster: Cluster, one: Object, entry: Mapping) -> Object | None:
    """The route of the Gateway API that stands where others name a Service: what it leads to is meant."""
    if text(entry.get("group")) != _GATEWAY_API:
        return None
    kind, namespace = text(entry.get("kind")), text(entry.get("namespace")) or one.namespace
    return cluster.inventory.get(kind, namespace, text(entry.get("name"))) if kind.endswith("Route") else None


def _leaves(value: Any) -> Iterator[Any]:
    """The mappings and texts of a list of lists."""
    if isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    elif isinstance(value, dict) or text(value):
        yield value


def _address(cluster: Cluster, written: str, namespace: str) -> tuple[Service | None, str]:
    """`web`, `web.shop:8080`, `https://web:443`."""
    scheme, _, rest = written.rpartition("://")
    host, _, port = rest.partition("/")[0].partition(":")
    found = resolve(cluster, host, namespace)
    return (found.service if found else None), port or _SCHEME_PORTS.get(scheme, "80")


def _of_target(service: Service, target: str) -> str:
    """The Service port whose target or name this is."""
    for entry in service.ports:
        if target in (entry.target, entry.name, str(entry.port)):
            return str(entry.port)
    return target
