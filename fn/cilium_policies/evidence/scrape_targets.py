"""Monitors that name their targets by address: Probe, ScrapeConfig, VMStaticScrape and their like. Relabelling may lead
a scrape elsewhere: `__address__` is then a prober's, and what is listed its parameter `target`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.evidence.addresses import Address, targets
from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import Edge, Evidence, Peer, WorkloadPeer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.probers import address_of, asked_about, calls, module_of, probers_at
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.scrapers import Scrapers
from cilium_policies.kube.kinds import EVIDENCE
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, sequence, text
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_PROBES = ("Probe", "VMProbe")
_CONFIGS = ("ScrapeConfig", "VMScrapeConfig")
_ANY = ("", "(.*)", ".*")  # of a rule that holds for each target


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """Scraper to prober and prober to target; scraper to the static targets of a scrape configuration."""
    scrapers, destinations = Scrapers(cluster, given), Destinations(cluster, given)
    for monitor in cluster.inventory.of(*_PROBES):
        yield from _probe(destinations, scrapers, monitor)
    for monitor in cluster.inventory.of(*_CONFIGS, "VMStaticScrape"):
        where, asks = _relabelled(monitor.spec)
        if where is not None and asks:
            module = module_of(mapping(monitor.spec.get("params")))
            yield from _asked(destinations, scrapers, monitor, where, module, _listed(monitor.spec))
            continue
        addresses = [where] if where is not None else list(_static(monitor))
        for workload in _workloads(scrapers.of(monitor)):
            for address in addresses:
                yield from _edges(destinations, workload, address, monitor)


def _probe(destinations: Destinations, scrapers: Scrapers, monitor: Object) -> Iterator[Edge]:
    prober = mapping(monitor.spec.get("prober")) or mapping(monitor.spec.get("vmProberSpec"))
    where = address_of(text(prober.get("url")), text(prober.get("scheme")))
    if where is None:
        return
    module = text(monitor.spec.get("module"))
    yield from _asked(destinations, scrapers, monitor, where, module, _probed(monitor.spec))


def _asked(
    destinations: Destinations,
    scrapers: Scrapers,
    monitor: Object,
    where: Address,
    module: str,
    listed: Iterable[str],
) -> Iterator[Edge]:
    """Scraper to the prober at an address, and that one to what it is asked about."""
    asking: dict[Workload, None] = {}
    readers = scrapers.of(monitor)
    for workload in _workloads(readers):
        for edge in _edges(destinations, workload, where, monitor):
            yield edge
            if edge.server is not None:
                asking[edge.server] = None
    if not readers and scrapers.are_shown(monitor.kind):
        return  # nobody takes it
    # Where whoever scrapes is not shown, the prober still calls its targets.
    named = Workload(monitor.namespace, monitor.name, monitor.kind)
    told = list(listed)
    for workload in asking or probers_at(destinations, named, where):
        asked = [address for value in told for address in asked_about(workload, value)]
        yield from calls(destinations, workload, module, asked, Evidence("monitor", monitor))


def _relabelled(spec: Mapping) -> tuple[Address | None, bool]:
    """The one address that relabelling leads each scrape to (None: to what is listed), and whether what is listed
    becomes what that address is asked about."""
    where, asks = None, False
    for rule in mappings(spec.get("relabelings")) + mappings(spec.get("relabelConfigs")):
        label = text(rule.get("targetLabel")) or text(rule.get("target_label"))
        if label == EVIDENCE["probed"].said:
            asks = True
        elif label == "__address__" and text(rule.get("regex")) in _ANY and "if" not in rule:
            where = address_of(text(rule.get("replacement")))
    return where, asks


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


def _listed(spec: Mapping) -> Iterator[str]:
    for block in mappings(spec.get("staticConfigs")):
        yield from map(text, sequence(block.get("targets")))


def _static(monitor: Object) -> Iterator[Address]:
    """`host:port` targets; `http` and `https` say the port where it is missing. Other discovery names no pods."""
    for block in mappings(monitor.spec.get("staticConfigs")) + mappings(monitor.spec.get("targetEndpoints")):
        scheme = (text(block.get("scheme")) or text(monitor.spec.get("scheme"))).lower()
        for value in sequence(block.get("targets")):
            if (address := address_of(text(value), scheme)) is not None:
                yield address
    for block in mappings(monitor.spec.get("httpSDConfigs")):
        yield from targets(text(block.get("url")), "url")
