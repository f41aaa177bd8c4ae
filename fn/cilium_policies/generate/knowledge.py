"""How much is known of each direction of each workload: explained, guessed or unknown.

Explained: the config closes it, or a catalogue entry that the pods were recognised by states it; also where nothing can
be missing. Guessed: there is evidence, but each piece of it tells of itself alone: an address of one server, a role
binding of the API. Unknown: there is none. What is guessed or unknown is denied beyond its edges, and always named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.config.model import EGRESS, INGRESS
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.ends import KUBE_APISERVER
from cilium_policies.evidence.unrendered import tells_nothing
from cilium_policies.generate.cures import cure
from cilium_policies.generate.likely import Likely
from cilium_policies.generate.proxied import proxies
from cilium_policies.generate.stated import degree_of, is_from_a_render, is_whole, states, unlisted
from cilium_policies.generate.ties import Ties
from cilium_policies.generate.uncovered import (
    DIRECTIONS,
    GUESSED,
    UNKNOWN,
    Key,
    Uncovered,
    of_maker,
    of_workload,
    without_peer,
    without_tie,
)
from cilium_policies.kube.labels import INSTANCE, RELEASE_NAME
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.distribution import is_bootstrapped
from cilium_policies.workloads.model import Workload, WorkloadKey

if TYPE_CHECKING:
    from cilium_policies.evidence.unmet import Unmet
    from cilium_policies.generate.dns import Dns
    from cilium_policies.generate.roles import Roles
    from cilium_policies.generate.uncovered import Why

_RELEASES = ("HelmRelease", "Application", "ApplicationSet")
_METRICS = "metrics"


class Knowledge:
    """The degrees of a cluster's workloads, given its edges, the directions that the config closes (`complete`), and
    those that the user's own policies leave open (`opened`): there only the other end may deny."""

    def __init__(
        self,
        cluster: Cluster,
        catalogue: Catalogue,
        edges: Iterable[Edge],
        complete: set[Key],
        opened: Collection[Key],
        roles: Roles,
    ) -> None:
        self.cluster, self.catalogue, self._roles = cluster, catalogue, roles
        self._closed, self._opened, self._complete = frozenset(complete), opened, set(complete)
        self._said: dict[Key, list[tuple[Port, ...]]] = {}  # the ports of edges that the config states
        self._edges: dict[Key, list[Edge]] = {}
        self._ranges: dict[int, frozenset[tuple[int, int]] | None] = {}
        self._scraped: dict[WorkloadKey, set[int]] = {}
        known = list(edges)
        for edge in known:
            self._take(edge)
        self._components = {one.component for one in cluster.workloads}
        self._unlisted = unlisted(cluster.workloads, catalogue)
        self._likely = Likely(cluster, catalogue, known, self._edges)

    def _take(self, edge: Edge) -> None:
        if edge.reason.kind == "scrapes" and edge.server is not None and edge.client:
            self._scraped.setdefault(edge.server.key, set()).update(port.number for port in edge.ports)
        for peer, direction in ((edge.target, INGRESS), (edge.source, EGRESS)) if edge.explains else ():
            if peer.kind != "workload":
                continue
            key = (peer.workload.key, direction)
            if edge.evidence.origin == "config":
                self._complete.add(key)
                self._said.setdefault(key, []).append(edge.ports)
            elif direction == EGRESS or not tells_nothing(self.cluster, peer.workload):
                self._edges.setdefault(key, []).append(edge)

    def of(self, subjects: Iterable[Workload]) -> Iterator[Uncovered]:
        """What is not explained of these workloads, and of the pods that objects of this input stand for."""
        own = list(subjects)
        for one in own:
            if not is_bootstrapped(one):
                for direction in DIRECTIONS:
                    yield from self._unless_open(self._direction(one, direction), own)
        for maker in self.cluster.makers:
            if maker.chart:
                from cilium_policies.generate.unknown_parts import of_newer, of_part  # few releases have any

                yield of_newer(maker) if maker.newer else of_part(maker)
            else:
                yield of_maker(maker)

    def _unless_open(self, found: Iterable[Uncovered], own: list[Workload]) -> Iterator[Uncovered]:
        """What may be missing, said as it is: behind an own policy that opens a direction to everybody the pods at the
        other end still let in, or out, whom they know."""
        for one in found:
            if one.workload is None or (one.workload.key, one.direction) not in self._opened:
                yield one
                continue
            [other] = set(DIRECTIONS) - {one.direction}
            closed = (each for each in own if each is not one.workload)
            if any((each.key, other) not in self._opened for each in closed):
                why: Why = "open-calls" if one.direction == EGRESS else "open-door"
                yield one._replace(degree=GUESSED, why=why, parts=())

    def withheld(self, ties: Ties, subjects: Iterable[Workload]) -> Iterator[Uncovered]:
        """Clients of which nothing says whom they mean, and callers of the API without a role: what they would need
        is not opened, so it is named."""
        own = {id(one) for one in subjects}
        for found in ties.withheld.values():
            if id(found.client) in own and (found.client.key, EGRESS) not in self._complete:
                yield without_tie(found)
        for one in ties.proxied.values():
            if id(one) in own and (one.key, EGRESS) not in self._complete:
                yield _by_proxy(one)
        for one in ties.unbound.values():
            edges = self._edges.get((one.key, EGRESS), [])
            calls = any(edge.target == KUBE_APISERVER for edge in edges)
            if id(one) in own and not calls and (one.key, EGRESS) not in self._complete:
                pod = f"{{pod: {one.namespace}/{one.name}}}"
                line = f"{{from: {pod}, to: kube-apiserver}}"
                # a guess: bindings of its release or namespace are shown, and none is of its account
                yield of_workload(GUESSED, "no-binding", EGRESS, one, (one.component,), line)
        for one, caller in ties.spared.values():
            if id(one) in own and (one.key, EGRESS) not in self._complete:
                line = f"{{from: {{pod: {one.namespace}/{one.name}}}, to: kube-apiserver}}"
                yield of_workload(GUESSED, "anothers-account", EGRESS, one, (caller.name,), line)

    def unscraped(self, ties: Ties, subjects: Iterable[Workload]) -> Iterator[Uncovered]:
        """Pods whose object says that they are scraped, where the input shows no scraper."""
        own = {id(one) for one in subjects}
        for one, ports in ties.unscraped.values():
            key = (one.key, INGRESS)
            if id(one) in own and key not in self._complete and key not in self._opened:
                pod = f"{{pod: {one.namespace}/{one.name}}}"
                on = ", ".join(port.written for port in ports)
                line = f"{{from: {{namespace: NAMESPACE}}, to: {pod}, ports: [{on}], why: …}}"
                yield of_workload(GUESSED, "scraper-unseen", INGRESS, one, (), line)

    def unmet(self, found: Iterable[Unmet], subjects: Iterable[Workload], dns: Dns) -> Iterator[Uncovered]:
        """What configuration names and the input does not show: its client cannot reach it. The cluster's DNS every
        pod reaches."""
        own = {id(one) for one in subjects}
        for one in dict.fromkeys(found):
            if one.port in (0, 53) and dns.is_called(one.namespace, one.name):
                continue
            key = (one.client.key, EGRESS)
            said = any(
                not ports or any(port.number <= one.port <= (port.end or port.number) for port in ports)
                for ports in self._said.get(key, ())
            )
            said = said or (one.service and self._reaches(one))
            if id(one.client) in own and key not in self._closed and key not in self._opened and not said:
                yield without_peer(one)

    def _reaches(self, one: Unmet) -> bool:
        """Whether a rule lets a client call, on the port that it names, the pods behind that Service: the Service has
        another port before it, and somebody mixed the two up."""
        service = self.cluster.service(one.namespace, one.name)
        behind = self.cluster.backends(service) if service is not None else ()
        return any(
            edge.server in behind and any(port.number == one.port for port in edge.ports)
            for edge in self._edges.get((one.client.key, EGRESS), ())
        )

    def unsure(
        self, found: Iterable[tuple[Workload, str, Edge]], subjects: Iterable[Workload], told: Collection[Key]
    ) -> Iterator[Uncovered]:
        """What an object names that makes several kinds of pods, where no rule lets any of them call it."""
        own, listed = {id(one) for one in subjects}, set(told)
        mates: dict[int, list[Workload]] = {}
        for one in self.cluster.workloads:
            if one.source is not None:
                mates.setdefault(id(one.source), []).append(one)
        for one, host, edge in found:
            key = (one.key, EGRESS)
            if id(one) not in own or key in listed or key in self._complete or key in self._opened:
                continue
            if any(self._leads(mate, edge) for mate in mates.get(id(one.source), (one,))):
                continue
            listed.add(key)
            place = host + (f":{edge.ports[0].number}" if edge.ports else "")
            line = f"{{from: {{pod: {one.namespace}/{one.name}}}, to: none}}"
            yield of_workload(GUESSED, "which-pods", EGRESS, one, (place,), line)

    def _leads(self, one: Workload, edge: Edge) -> bool:
        """Whether a rule of the workload leads to the other end of an edge: to it alone, or to all hosts outside."""
        wanted = {port.number for port in edge.ports}
        for each in self._edges.get((one.key, EGRESS), ()):
            outside = each.target.kind in ("internet", "outside") and edge.target.kind in ("internet", "fqdn")
            if each.target == edge.target or (outside and wanted <= {port.number for port in each.ports}):
                return True
        return False

    def _direction(self, one: Workload, direction: str) -> Iterator[Uncovered]:
        key = (one.key, direction)
        if key in self._complete:
            return
        entry = self.catalogue.get(one.component) if one.component else None
        stated = entry is not None and states(entry, direction)
        told = one.by_label and one.by_image and not (one.of_many or one.unsure or self._unread(one))
        told = told and id(one) not in self._unlisted
        sure = entry is not None and told and not entry.guessed
        doors = self._doors(one) if direction == INGRESS else None
        if doors == {} or (direction == EGRESS and self._likely.calls_nobody(one)):
            return
        render = entry is not None and stated and is_from_a_render(entry, direction)
        if entry is not None and stated and sure and not render:
            from cilium_policies.generate.beyond import beyond_entry, without_client, without_operator

            yield from without_operator(one, entry, direction, self.catalogue, self._components)
            if direction == EGRESS:
                yield from beyond_entry(one, entry, self.cluster, self._roles, self._edges.get(key, ()))
                return
            yield from without_client(one, entry, self.cluster, self._edges.get(key, ()))
            if not one.rendered:
                yield from self._made(one)
            return
        edges = self._edges.get(key, [])
        degree, why = degree_of(one, entry, direction, edges, self.catalogue, stated=stated)
        if degree == UNKNOWN and one.rendered:
            degree, why = self._likely.of(one, direction, why, doors)
        parts: tuple[str, ...] = (entry.name,) if entry is not None else ()
        if render and sure:
            why = "rendered-only"
        if stated and (elsewhere := self._unread(one)):
            why, parts = "values-elsewhere", (", ".join(elsewhere),)
        if one.unsure and entry is not None and stated:
            degree, why, parts = GUESSED, "label-guessed", (one.selector[INSTANCE],)
        if stated and id(one) in self._unlisted:
            degree, why, parts = GUESSED, "unlisted-parts", self._unlisted[id(one)]
        if one.of_many:
            degree, why, parts = UNKNOWN, "chart-of-many", (one.chart,)
        yield of_workload(degree, why, direction, one, parts, cure(self.cluster, one, direction))

    def _made(self, one: Workload) -> Iterator[Uncovered]:
        """What object or values say of pods that no manifest shows, and no rule follows; few builds have any."""
        from cilium_policies.generate.published import unpublished
        from cilium_policies.generate.set_ports import unfollowed

        yield from unpublished(one, self.cluster)
        if not one.chart:
            yield from unfollowed(one, self.catalogue, self.cluster, self._edges, self._ranges)

    def _unread(self, one: Workload) -> list[str]:
        """Where more values of its release stand."""
        source = one.source
        if one.rendered or source is None:
            return []
        if source.kind not in _RELEASES:  # a chart's object has its release's place
            releases = self.cluster.inventory.of(*_RELEASES) if RELEASE_NAME in source.annotations else ()
            source = next((each for each in releases if each.where == source.where), None)
        if source is None:
            return []
        from cilium_policies.workloads.releases.release import unread_values

        return unread_values(source, self.cluster.inventory)

    def _doors(self, one: Workload) -> dict[int, set[str]] | None:
        """The ports on which somebody may mean to call pods that are shown whole, each with its names: none that a
        known scraper reads or the kubelet alone asks for. None where evidence names a caller, or more may be open."""
        if not is_whole(one, self.catalogue) or self._edges.get((one.key, INGRESS)):
            return None
        behind: dict[int, set[str]] = {}
        for service in self.cluster.services_for(one):
            for entry in service.ports:
                port = self.cluster.target_port(one, entry.target or str(entry.port), entry.protocol)
                if port is not None:
                    names = behind.setdefault(port.number, set())
                    names.add(entry.name)
                    if _METRICS in service.name and _METRICS not in one.name:
                        names.add(service.name)  # `manager-metrics`, as kubebuilder has it
        told = self._scraped.get(one.key, set()) | ({port.number for port in one.probes} - behind.keys())
        for port in one.ports:
            behind.setdefault(port.number, set()).add(port.name)
        return {number: names for number, names in behind.items() if number not in told}


def _by_proxy(one: Workload) -> Uncovered:
    """A client whose web requests a proxy takes: not every program asks its environment for one."""
    names = ", ".join(dict.fromkeys(f"{found.host}:{found.port}" for found in proxies(one)))
    line = f"{{from: {{pod: {one.namespace}/{one.name}}}, to: internet, ports: [443/TCP], why: …}}"
    return of_workload(GUESSED, "by-proxy", EGRESS, one, (names,), line)
