"""`spec.deny`: edges that the user takes away from what the catalogue and the input tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from cilium_policies.config.model import EGRESS, INGRESS, Allow
from cilium_policies.config.peer import ConfigPeer
from cilium_policies.document.finding import Finding, of_config
from cilium_policies.evidence.edge import OUR_OWN, Edge, Peer, namespace_of, workload_of
from cilium_policies.evidence.ends import EVERY_ADDRESS, KUBE_APISERVER, WORLD
from cilium_policies.generate.config_peers import resolved
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.uncovered import Key
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster


class Denials:
    """`edges` without those that the config denies; `complete`: the directions of the pods that it names, which it
    explains; `findings`: entries that match nothing."""

    def __init__(
        self, denials: tuple[Allow, ...], edges: Iterable[Edge], cluster: Cluster, roles: Roles
    ) -> None:
        self._cluster = cluster
        self._roles = roles
        self._denials = denials
        self._matched: set[int] = set()
        self._by_name: dict[int, Port] = {}  # ports of pods that nobody sees, which a denial by number leaves
        self._meant: dict[tuple[int, bool], set[int]] = {}
        self.complete: set[Key] = set()
        self.edges = [left for edge in edges for left in self._left(edge)] if denials else list(edges)
        self.findings = [*self._unmatched(), *self._named()]

    def _left(self, edge: Edge) -> Iterator[Edge]:
        for denial in self._denials if edge.origin not in OUR_OWN else ():
            if not self._matches(denial, edge):
                continue
            before = edge.ports or self._usual(edge)
            ports = _without(before, denial.ports)
            for port in ports if denial.ports else ():
                if not port.number and any(port.protocol == one.protocol for one in denial.ports):
                    self._by_name.setdefault(denial.number, port)
            if ports == before:
                continue
            self._matched.add(denial.number)
            names_an_end = {denial.source.kind, denial.target.kind} != {"any"}
            for peer, direction in ((edge.source, EGRESS), (edge.target, INGRESS)):
                if names_an_end and peer.kind == "workload":
                    self.complete.add((peer.workload.key, direction))
            if not ports:
                return
            edge = edge._replace(ports=ports)
        yield edge

    def _usual(self, edge: Edge) -> tuple[Port, ...]:
        """The ports that an edge without any gets: those of the API server, whose edges leave them to the plan."""
        return tuple(map(Port, self._cluster.settings.api_ports)) if edge.target == KUBE_APISERVER else ()

    def _matches(self, denial: Allow, edge: Edge) -> bool:
        if denial.purpose and edge.evidence.purpose != denial.purpose:
            return False
        space = next((one.namespace for one in (edge.client, edge.server) if one is not None), "")
        if denial.namespaces and not any(fnmatchcase(space, one) for one in denial.namespaces):
            return False
        ends = ((denial.source, edge.source, edge.target), (denial.target, edge.target, edge.source))
        return all(self._is(wanted, peer, other) for wanted, peer, other in ends)

    def _is(self, wanted: ConfigPeer, peer: Peer, other: Peer) -> bool:
        """Whether an end of an edge lies within what a peer of the config means."""
        one = workload_of(peer)
        space = namespace_of(peer)
        match wanted.kind:
            case "any":
                return True
            case "none":
                return False
            case "word":
                return self._is_word(wanted.name, peer, other, space)
            case "namespace":
                return space == wanted.name and peer.kind in ("workload", "labels", "namespace")
            case "component":
                return one is not None and one.component == wanted.name
            case "fqdn":
                return peer.kind in ("internet", "fqdn") and fnmatchcase(peer.name, wanted.name)
            case "labels" if peer.kind == "labels":
                here = wanted.namespace in ("", peer.namespace)
                return here and set(wanted.labels) <= set(peer.labels)
            case "cidr":
                return peer.kind == "cidr" and _lies_in(peer.name, wanted.name)
            case "pod" | "service" | "labels":
                return one is not None and id(one) in self._pods(wanted)

    def _is_word(self, word: str, peer: Peer, other: Peer, space: str) -> bool:
        if word == "all-pods":
            return peer.kind in ("workload", "labels", "namespace", "all-pods")
        if word == "same-namespace":
            beside = namespace_of(other)
            return bool(space) and space == beside
        if word == "internet":
            return peer.kind in ("internet", "fqdn")
        if word == "world":
            anywhere = (peer.kind == "cidr" and peer.name in EVERY_ADDRESS) or peer == WORLD
            return anywhere or peer.kind in ("outside", "internet", "fqdn")
        return any(peer == one for one in resolved(ConfigPeer("word", word), self._cluster, self._roles))

    def _pods(self, wanted: ConfigPeer) -> set[int]:
        key = (id(wanted), True)
        if key not in self._meant:
            found = resolved(wanted, self._cluster, self._roles)
            self._meant[key] = {id(one.workload) for one in found if one.kind == "workload"}
        return self._meant[key]

    def _unmatched(self) -> Iterator[Finding]:
        for denial in self._denials:
            if denial.number not in self._matched and denial.number not in self._by_name:
                path = f"spec.deny[{denial.number}]"
                message = f"no {_called(denial)} is there to take away"
                cure = "correct its ends or ports, or leave it out: cilium-policies list shows what is open"
                yield of_config(path, message, cure, denial.where.file, denial.where.line)

    def _named(self) -> Iterator[Finding]:
        for number, port in self._by_name.items():
            denial = self._denials[number]
            path = f"spec.deny[{number}]"
            message = (
                f"a rule for pods that the input does not show has its port by the name {port.name}, which may be one"
                " of these numbers, and stays"
            )
            cure = "leave the ports out of this denial, or give the tree's inventory (spec.inventory)"
            yield of_config(path, message, cure, denial.where.file, denial.where.line)


def _called(denial: Allow) -> str:
    if denial.purpose and denial.source.kind == denial.target.kind == "any":
        return f"connection for {denial.purpose}"
    of = f" for {denial.purpose}" if denial.purpose else ""
    return f"connection {denial.source} => {denial.target}{of}"


def _without(ports: tuple[Port, ...], denied: tuple[Port, ...]) -> tuple[Port, ...]:
    """Ports less the denied ones, ranges cut; no port where all go. A list that means every port stays as it is
    unless every port is denied."""
    if not denied:
        return ()
    left = list(ports)
    for gone in denied:
        low, high = gone.number, gone.end or gone.number
        rest: list[Port] = []
        for port in left:
            first, last = port.number, port.end or port.number
            if port.protocol != gone.protocol or last < low or high < first or not port.number:
                rest.append(port)
                continue
            for start, end in ((first, low - 1), (high + 1, last)):
                if start <= end:
                    rest.append(Port(start, port.protocol, "", end if end > start else 0))
        left = rest
    return tuple(left) if ports else ports


def _lies_in(inner: str, outer: str) -> bool:
    if inner == outer:
        return True
    if "${" in inner + outer:
        return False
    from ipaddress import ip_network  # few configs name ranges

    small, large = ip_network(inner, strict=False), ip_network(outer, strict=False)
    return small.version == large.version and small.subnet_of(large)  # type: ignore[arg-type]
