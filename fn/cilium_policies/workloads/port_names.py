"""The number of a port that a monitor or a Service calls by its name, on pods whose containers no manifest shows.

A name works in a rule that lets pods in, where each pod tells its own. In one that lets them out, Cilium before 1.20
looks it up among all pods of the cluster, and opens nothing where two have it with different numbers, as they have
`metrics`.
"""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.recognise import is_among
from cilium_policies.kube.objects import port_number, walk_mappings
from cilium_policies.kube.pods import container_ports
from cilium_policies.kube.ports import is_of_metrics
from cilium_policies.workloads.model import ServicePort, Workload


def number_of(
    workload: Workload, name: str, protocol: str, entry: Component | None, doors: Iterable[ServicePort]
) -> int | None:
    """What the containers in its object or values have, or the catalogue's entry: by name, by the Service before them
    (`doors`), or as the one port that is scraped. None where nothing tells, 0 where it is known that nothing listens
    there."""
    by_name = entry.port_names.get(name) if entry is not None and protocol == "TCP" else None
    if by_name:
        return workload.moved.get(by_name, by_name)
    declared = container_ports(one for _, one in walk_mappings(workload.values))
    before = (each for each in doors if (each.name, each.protocol) == (name, protocol))
    for told in (
        {port.number for port in declared if (port.name, port.protocol) == (name, protocol)},
        {number for each in before if (number := port_number(each.target or str(each.port)))},
        _scraped(entry, name) if entry is not None and protocol == "TCP" else set(),
    ):
        if len(told) == 1:
            number = next(iter(told))
            return workload.moved.get(number, number)
    return 0 if entry is not None and _is_closed(entry, entry.played(workload.labels)) else None


def _scraped(entry: Component, name: str) -> set[int]:
    """The ports of an entry that scrapers read, for a name that says so."""
    if not is_of_metrics(name):
        return set()
    edges = (edge for edge in entry.own_edges if edge.direction == "ingress" and edge.peer == "scraper")
    return {
        port.number for edge in edges for port in edge.pod_ports() if port.protocol == "TCP" and not port.end
    }


def _is_closed(entry: Component, part: str) -> bool:
    """Whether it was looked up that nobody calls these pods, of the whole entry or of this part."""
    inward = (edge for edge in entry.own_edges if edge.direction == "ingress")
    peers = [edge.peer for edge in inward if is_among(part, edge.part)]
    return peers == ["none"] and not entry.guessed
