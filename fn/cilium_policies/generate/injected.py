"""Edges of what a mesh or an injector adds to pods: the side-car's calls, the tunnel between members, probes.

Labels and annotations of the namespace and of the pod template ask for it, and the catalogue's `injects` says what
comes: nothing of it stands in a manifest. In a mesh that tunnels, every TCP connection between members arrives at
the tunnel's port, whatever port it is for; each edge that the plan has between two members gets that port beside
its own, and no other pair of pods does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.conditions import at
from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.catalogue.injects import PROBES, Injection, ReadObject
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.parts import BY_OBJECT, parse_port
from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.evidence import addresses, managed
from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import (
    CidrPeer,
    Edge,
    Evidence,
    LabelsPeer,
    Peer,
    WorkloadPeer,
    workload_of,
)
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason, stated
from cilium_policies.generate import catalogue_edges, injected_monitors, invoked
from cilium_policies.generate.facts import WorkloadFacts
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.shown_ports import shown_ports
from cilium_policies.kube.objects import Mapping, Object, strings, walk_strings
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_PODS = ("labels", "namespace", "all-pods")
_TAGS = ("podAnnotations", "podLabels")


class Injected:
    """What is injected into the pods of a cluster."""

    def __init__(self, cluster: Cluster, catalogue: Catalogue, roles: Roles, given: Given) -> None:
        self._cluster = cluster
        self._catalogue = catalogue
        self._roles = roles
        self._given = given
        self._destinations = Destinations(cluster, given)
        self._into: list[tuple[Workload, Injection]] = list(self._found())
        self._members: dict[str, dict[int, Injection]] = {}
        self._read: dict[tuple[Peer, str, int], bool] = {}
        for workload, one in self._into:
            if one.mesh:
                self._members.setdefault(one.mesh, {}).setdefault(id(workload), one)

    def __bool__(self) -> bool:
        return bool(self._into)

    def _found(self) -> Iterator[tuple[Workload, Injection]]:
        asking = self._catalogue.head["injects"].keys()
        spaces = {}
        for one in self._cluster.inventory.of("Namespace", group=""):
            tags = {**one.labels, **one.annotations}
            if not asking.isdisjoint(tags):
                spaces[one.name] = tags
        for workload in self._cluster.workloads:
            tags = _tags(workload)
            space = spaces.get(workload.namespace, {})
            if workload.host_network or (not space and asking.isdisjoint(tags)):
                continue
            for injection in self._catalogue.injections((*space, *tags)):
                if injection.asked(space, tags, workload.labels):
                    yield workload, injection
        if kinds := [one for one in asking if one.startswith(BY_OBJECT)]:
            from cilium_policies.generate.injected_by_objects import chosen  # few builds have such objects

            yield from chosen(self._cluster, self._catalogue.injections(kinds), _tags)

    def all_edges(self, planned: list[Edge]) -> list[Edge]:
        """Calls of what is injected, and tunnels for every pair that is then planned to talk."""
        own = [*self.edges(), *invoked.edges(self._cluster, self._into, _tags), *self._provided()]
        own += injected_monitors.edges(self._cluster, self._given, self._into)
        return [*own, *self.tunnels([*planned, *own])]

    def edges(self) -> Iterator[Edge]:
        """Calls of what is injected, and to it."""
        for workload, injection in self._into:
            facts = WorkloadFacts(workload, self._cluster, self._roles)
            evidence = Evidence("catalogue", workload, injection.how, component=injection.owner)
            told = any(key in _tags(workload) for key in injection.addresses)
            for one in injection.edges:
                if told and one.peer.startswith("component:"):
                    continue  # an address that is written replaces the customary peer
                word = facts.word(one.when, one.peer)
                if word is not None:
                    yield from self._edge(one, workload, evidence._replace(word=word))
            for text, subject in self._texts(workload, injection):
                found = addresses.targets(text, "endpoint") if ":" in text else []
                for address in (*found, *managed.hosts(text, self._given.clouds)):
                    for peer, ports, reason in self._destinations.of(workload, address, lambda routed: True):
                        yield Edge(
                            WorkloadPeer(workload), peer, ports, reason, Evidence("address", subject), False
                        )

    def _provided(self) -> Iterator[Edge]:
        """Calls of a mesh's proxies that its configuration and its objects name."""
        for one in self._catalogue.injections(self._catalogue.head["injects"]):
            if one.providers:
                from cilium_policies.generate import mesh_providers  # few meshes have any

                members = [workload for workload, how in self._into if how.owner == one.owner]
                yield from mesh_providers.edges(
                    self._cluster, self._destinations, self._roles, one.providers, one.owner, members
                )

    def _edge(self, one: Known, workload: Workload, evidence: Evidence) -> Iterator[Edge]:
        ports = self._ports(one, workload)
        if ports is None:
            return
        own, reason = WorkloadPeer(workload), stated(one.why, one.owner, one.number)
        for peer in self._peers(one, workload):
            source, target = (own, peer) if one.direction == "egress" else (peer, own)
            server = workload_of(target) if one.direction == "egress" else None
            on = ports if server is None else shown_ports(server, ports, self._cluster)
            yield Edge(source, target, on, reason, evidence, False)

    def _ports(self, one: Known, workload: Workload) -> tuple[Port, ...] | None:
        """None: there is nothing to open. The probes of a pod whose template is not shown may be on any port."""
        if one.ports == (PROBES,):
            probes = (_numbered(each, workload) for each in workload.probes)
            found = tuple(dict.fromkeys(port for port in probes if port is not None))
            return found if found or not workload.rendered else None
        return one.pod_ports()

    def _peers(self, one: Known, workload: Workload) -> Iterator[Peer]:
        word, _, name = one.peer.partition(":")
        if word == "cidr" and one.direction == "ingress":
            yield CidrPeer(
                name
            )  # a link-local address of the node is no metadata service where it is the client
        elif word == "scraper":
            unasked = one.seldom and workload.rendered
            for peer in self._roles.scrapers_of(workload, one.owner, unasked=unasked):
                if self._reads(peer, one):
                    yield peer
        else:
            if word == "component":
                yield from self._unseen(name)
            yield from catalogue_edges.peers(one, workload, self._roles, self._cluster, None)

    def _reads(self, peer: Peer, one: Known) -> bool:
        key = (peer, one.owner, one.number)
        if key not in self._read:
            self._read[key] = injected_monitors.may_read(peer, one, self._cluster)
        return self._read[key]

    def _unseen(self, name: str) -> Iterator[Peer]:
        """A control plane that another build holds, where it customarily is and as it is labelled there; pods elsewhere
        that only look like it are nobody's."""
        component = self._catalogue.get(name)
        if component is None or not component.namespace:
            return
        shown = self._roles.component(name)
        if component.match and all(one.by_marks and one.namespace != component.namespace for one in shown):
            labels = {key: value for key, value in component.match[0].items() if value != "*"}
            yield LabelsPeer(component.namespace, tuple(sorted(labels.items())))

    def _texts(self, workload: Workload, injection: Injection) -> Iterator[tuple[str, Object | Workload]]:
        """Configuration of what is injected: annotations of the pod, and objects that are for it."""
        tags = _tags(workload)
        for key in injection.addresses:
            if key in tags:
                yield tags[key], workload
        for wanted in injection.objects:
            for one in self._objects(wanted, workload, tags):
                yield from ((value, one) for _, value in walk_strings(one.spec))

    def _objects(self, wanted: ReadObject, workload: Workload, tags: dict[str, str]) -> Iterator[Object]:
        if wanted.alias and not wanted.scopes and wanted.alias not in tags:
            return
        namespace, _, name = tags.get(wanted.named, "").rpartition("/")
        for one in self._cluster.inventory.of(wanted.kind, group=wanted.group):
            if one.namespace != (namespace or workload.namespace):
                continue
            if wanted.named and name not in ("", "true", one.name):
                continue
            scopes = at(one.body, wanted.scopes) if wanted.scopes else None
            if not isinstance(scopes, list) or tags.get(wanted.alias, workload.name) in scopes:
                yield one

    def tunnels(self, edges: Iterable[Edge]) -> Iterator[Edge]:
        """The tunnel's ports for each edge between members of a mesh, and through the proxies between them."""
        if not any(one.tunnel for members in self._members.values() for one in members.values()):
            return
        for edge in edges:
            if edge.ports and all(port.protocol != "TCP" for port in edge.ports):
                continue
            for members in self._members.values():
                yield from self._carried(edge, members)

    def _carried(self, edge: Edge, members: dict[int, Injection]) -> Iterator[Edge]:
        client, server = (members.get(id(workload_of(peer))) for peer in (edge.source, edge.target))
        one = next((each for each in (server, client) if each is not None and each.tunnel), None)
        if one is None or edge.origin == "dns":
            return
        if edge.evidence.component == one.owner and edge.evidence.field == one.how:
            return  # the proxy's own call, as to its control plane, is of no pod of the mesh
        if server is not None and not (client or _speaks(edge.source, server)):
            return
        if server is None and edge.target.kind not in _PODS:
            return
        ports = tuple(port for each in one.tunnel if (port := parse_port(each)))
        if edge.ports and all(port in map(parse_port, one.direct) for port in edge.ports):
            return
        # It is opened on the word that opened the edge: whoever asks for it asks for its tunnel.
        evidence, reason = edge.evidence, Reason("mesh-tunnel", (one.how,))
        yield Edge(edge.source, edge.target, ports, reason, evidence, False)
        for proxy in self._waypoints(edge.server, one) if edge.server else ():
            yield Edge(edge.source, WorkloadPeer(proxy), ports, reason, evidence, False)
            yield Edge(WorkloadPeer(proxy), edge.target, (*ports, *edge.ports), reason, evidence, False)

    def _waypoints(self, server: Workload, one: Injection) -> Iterator[Workload]:
        """The proxies that the server's namespace, Services or pods name for what is sent to it."""
        if not one.waypoint:
            return
        space = self._cluster.inventory.get("Namespace", "", server.namespace)
        held = [
            server.labels,
            space.labels if space else {},
            *(each.labels for each in self._cluster.services_for(server)),
        ]
        for tags in held:
            name = tags.get(one.waypoint, "")
            namespace = tags.get(f"{one.waypoint}-namespace") or server.namespace
            yield from (
                proxy
                for proxy in self._cluster.in_namespace(namespace)
                if name and name != "none" and proxy.source is not None
                and proxy.source.kind == "Gateway" and proxy.source.name == name
            )  # fmt: skip

    def findings(self, namespaces: Iterable[str]) -> Iterator[Finding]:
        """Where a mesh takes the ports from the policies."""
        told = set()
        for workload, one in self._into:
            if one.tunnel and workload.namespace in namespaces and workload.namespace not in told:
                told.add(workload.namespace)
                yield Finding(
                    WARNING,
                    f"namespace {workload.namespace} is in a mesh ({one.how}): between its members every TCP"
                    f" connection arrives on {', '.join(one.tunnel)}, so whoever may reach one port of a pod can reach"
                    " all of them",
                    "use the mesh's own authorization policies to tell the ports apart",
                    *workload.where,
                    namespace=workload.namespace,
                )


def _speaks(source: Peer, server: Injection) -> bool:
    """Whether a peer that is no member may use the tunnel: a gateway of the mesh, or pods that nobody knows."""
    one = workload_of(source)
    return one.component in server.sources if one is not None else source.kind in _PODS


def _numbered(port: Port, workload: Workload) -> Port | None:
    """A probe's port as a number; by its name among the containers' ports."""
    if port.number:
        return Port(port.number, port.protocol)
    return next((Port(one.number, one.protocol) for one in workload.ports if one.name == port.name), None)


def _tags(workload: Workload) -> dict[str, str]:
    """Labels and annotations of the pods; of a release's those that its values say."""
    if workload.rendered:
        return {**workload.annotations, **workload.labels}
    return {**dict(_said(workload.values)), **workload.annotations, **workload.labels}


def _said(values: Mapping, depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict) and depth < 6:
            yield from strings(value).items() if key in _TAGS else _said(value, depth + 1)
