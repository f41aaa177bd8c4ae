"""Monitors that name their targets by address: Probe, ScrapeConfig, VMStaticScrape and their like."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.addresses import Address, targets
from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import Edge, Evidence, Peer, WorkloadPeer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.probers import address_of, asked_about, calls, module_of, probers_at
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.scrapers import Scrapers
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, sequence, text
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_PROBES = ("Probe", "VMProbe")
_CONFIGS = ("ScrapeConfig", "VMScrapeConfig")


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """Scraper to prober and prober to target; scraper to the static targets of a scrape configuration."""
    scrapers, destinations = Scrapers(cluster, given), Destinations(cluster, given)
    for monitor in cluster.inventory.of(*_PROBES):
        yield from _probe(destinations, scrapers, monitor)
    for monitor in cluster.inventory.of(*_CONFIGS, "VMStaticScrape"):
        where = _asked_instead(monitor)
        if where is not None:
            listed = [
                value for block in mappings(monitor.spec.get("staticConfigs")) for value in _listed(block)
            ]
            yield from _asking(
                destinations, scrapers, monitor, where, module_of(mapping(monitor.spec.get("params"))), listed
            )
            continue
        addresses = list(_static(monitor))
        for workload in _workloads(scrapers.of(monitor)):
            for address in addresses:
                yield from _edges(destinations, workload, address, monitor)


def _probe(destinations: Destinations, scrapers: Scrapers, monitor: Object) -> Iterator[Edge]:
    prober = mapping(monitor.spec.get("prober")) or mapping(monitor.spec.get("vmProberSpec"))
    where = address_of(text(prober.get("url")), text(prober.get("scheme")))
    if where is not None:
        module = text(monitor.spec.get("module"))
        yield from _asking(destinations, scrapers, monitor, where, module, list(_probed(monitor.spec)))


def _asking(
    destinations: Destinations,
    scrapers: Scrapers,
    monitor: Object,
    where: Address,
    module: str,
    listed: list[str],
) -> Iterator[Edge]:
    """Scraper to prober, and prober to what it is asked about."""
    asking: dict[Workload, None] = {}
    for workload in _workloads(scrapers.of(monitor)):
        for edge in _edges(destinations, workload, where, monitor):
            yield edge
            if edge.server is not None:
                asking[edge.server] = None
    # Where whoever scrapes is not shown, the prober still calls its targets.
    named = Workload(monitor.namespace, monitor.name, monitor.kind)
    for workload in asking or probers_at(destinations, named, where):
        asked = [address for value in listed for address in asked_about(workload, value)]
        yield from calls(destinations, workload, module, asked, Evidence("monitor", monitor))


def _edges(
    destinations: Destinations, workload: Workload, address: Address, monitor: Object
) -> Iterator[Edge]:
    """A scraper's own calls, which say nothing of what else it needs."""
    source = WorkloadPeer(workload)
    for peer, ports, _ in destinations.of(workload, address, lambda routed: True):
        yield Edge(source, peer, ports, Reason("scrapes"), Evidence("monitor", monitor), explains=False)


def _workloads(peers: tuple[Peer, ...]) -> list[Workload]:
    return [peer.workload for peer in peers if peer.kind == "workload"]


def _probed(spec: Mapping) -> Iterator[str]:
    """The targets of a Probe (`staticConfig.static`) and of a VMProbe (`staticConfig.targets`, `static.targets`)."""
    chosen = mapping(spec.get("targets"))
    fixed = mapping(chosen.get("staticConfig"))
    listed = (fixed.get("static"), fixed.get("targets"), at(chosen, "static", "targets"))
    yield from (text(value) for one in listed for value in sequence(one))


def _asked_instead(monitor: Object) -> Address | None:
    """The prober that a configuration has scraped in its targets' place, and asked about them: what it writes into
    `__address__`."""
    rules = [
        (text(rule.get("targetLabel")) or text(rule.get("target_label")), text(rule.get("replacement")))
        for key in ("relabelings", "relabelConfigs")
        for rule in mappings(monitor.spec.get(key))
    ]
    if not any(label == "__param_target" for label, _ in rules):
        return None
    where = next((held for label, held in rules if label == "__address__" and "$" not in held), "")
    return address_of(where, text(monitor.spec.get("scheme")).lower()) if where else None


def _listed(block: Mapping) -> Iterator[str]:
    yield from map(text, sequence(block.get("targets")))


def _static(monitor: Object) -> Iterator[Address]:
    """`host:port` targets; `http` and `https` say the port where it is missing. Other discovery names no pods."""
    for block in mappings(monitor.spec.get("staticConfigs")) + mappings(monitor.spec.get("targetEndpoints")):
        scheme = (text(block.get("scheme")) or text(monitor.spec.get("scheme"))).lower()
        for value in _listed(block):
            if (address := address_of(value, scheme)) is not None:
                yield address
    for block in mappings(monitor.spec.get("httpSDConfigs")):
        yield from targets(text(block.get("url")), "url")
