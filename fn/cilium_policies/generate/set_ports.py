"""Ports that an operator's object gives its pods and no rule has: the entry of these pods follows other fields."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.config.model import INGRESS
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.host_keys import is_host_key
from cilium_policies.generate.uncovered import DIRECTIONS, GUESSED, Key, Uncovered, of_workload, some
from cilium_policies.kube.objects import port_number, walk_strings
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_PORT = r"(?i)port$"
_ANOTHERS = r"(?i)probe|httpget|tcpsocket|node_?port|hostport"  # the kubelet's, or one of the node

Ranges = frozenset[tuple[int, int]]


def unfollowed(
    one: Workload,
    catalogue: Catalogue,
    cluster: Cluster,
    edges: Mapping[Key, Collection[Edge]],
    known: dict[int, Ranges | None],
) -> Iterator[Uncovered]:
    """A guess: whoever calls such a port of the pods, a member among them, is denied. `edges`: all that explain,
    `known`: what is known of an object's pods already, as one object may make a hundred workloads."""
    told = _told(one)
    if not told:
        return
    source = id(one.source)
    if source not in known:
        known[source] = _ranges(cluster.made_from(one.source), catalogue, cluster, edges)
    ranges = known[source]
    if ranges is None:
        return  # any port
    left = {
        path: number for path, number in told if not any(first <= number <= last for first, last in ranges)
    }
    if left:
        names = [f"spec.{path}: {number}" for path, number in left.items()]
        ports = ", ".join(f"{number}/TCP" for number in dict.fromkeys(left.values()))
        line = f"{{from: same-namespace, to: {{pod: {one.namespace}/{one.name}}}, ports: [{ports}], why: …}}"
        yield of_workload(GUESSED, "port-unfollowed", INGRESS, one, (some(names),), line)


def _ranges(
    made: Collection[Workload], catalogue: Catalogue, cluster: Cluster, edges: Mapping[Key, Collection[Edge]]
) -> Ranges | None:
    """The ports that rules, entries and the input know of the pods that one object makes; None for all."""
    flows = [edge for other in made for each in DIRECTIONS for edge in edges.get((other.key, each), ())]
    keys = {
        other.key for other in made
    }  # not the workloads: to compare those is to compare all that they hold
    if any(not edge.ports and edge.server is not None and edge.server.key in keys for edge in flows):
        return None
    known = [port for edge in flows for port in edge.ports]
    entries = [catalogue.get(name) for name in {other.component for other in made}]
    known += [port for entry in entries if entry for edge in entry.own_edges for port in edge.pod_ports()]
    ranges = {(port.number, port.end or port.number) for port in known}
    return frozenset(ranges.union((number, number) for other in made for number in _shown(other, cluster)))


def _told(one: Workload) -> list[tuple[str, int]]:
    """The fields of the object that hold a port; not those beside a host, whose port that is."""
    if one.rendered or one.chart or one.source is None:
        return []
    found = list(walk_strings(one.source.spec))
    hosts = {path.rpartition(".")[0] for path, _ in found if is_host_key(path.rpartition(".")[2])}
    return [
        (path, number)
        for path, value in found
        if re.search(_PORT, path) and not re.search(_ANOTHERS, path)
        if path.rpartition(".")[0] not in hosts and (number := port_number(value))
    ]


def _shown(one: Workload, cluster: Cluster) -> Iterator[int]:
    """The ports on which the input shows the pods to listen."""
    yield from one.moved.values()
    yield from (port.number for port in one.ports)
    for entry in cluster.doors(one):
        yield entry.port
        yield port_number(entry.target) or entry.port
