"""Jobs of a Prometheus' own configuration that ask a prober (a blackbox or snmp exporter): `__address__` is the prober,
and what the job lists becomes its parameter `target`, which the prober calls."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cilium_policies.document.finding import RefusedError
from cilium_policies.document.parse import load
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.multi_target import asked
from cilium_policies.evidence.probers import ECHO, pings
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.scrape_targets import address_of
from cilium_policies.kube.objects import Mapping, mapping, mappings, sequence, text
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

SIGN = "__param_target"


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """Prober to target, for each job of each scraper's configuration."""
    destinations = Destinations(cluster, given)
    for workload in cluster.workloads:
        for found in workload.texts:
            for job in _jobs(found.value) if SIGN in found.value else ():
                evidence = Evidence("monitor", workload, text=found.without_value())
                yield from _edges(destinations, workload, job, evidence)


def _edges(destinations: Destinations, scraper: Workload, job: Mapping, evidence: Evidence) -> Iterator[Edge]:
    module = next((text(one) for one in sequence(mapping(job.get("params")).get("module"))), "")
    for prober in _probers(destinations, scraper, job):
        echo = pings(prober, module)
        for target in _targets(job, prober):
            for peer, ports, _ in destinations.of(prober, target, lambda routed: True):
                called = ECHO if echo else ports
                yield Edge(WorkloadPeer(prober), peer, called, Reason("probes-target"), evidence)


def _probers(destinations: Destinations, scraper: Workload, job: Mapping) -> list[Workload]:
    """Who is asked in place of the targets: what the job writes into `__address__`; the pod itself on localhost."""
    for rule in mappings(job.get("relabel_configs")):
        where = address_of(text(rule.get("replacement")))
        if text(rule.get("target_label")) == "__address__" and where is not None:
            if where.host in ("localhost", "127.0.0.1"):
                return [scraper]
            found = destinations.of(scraper, where, lambda routed: False)
            return list(dict.fromkeys(peer.workload for peer, _, _ in found if peer.kind == "workload"))
    return []


def _targets(job: Mapping, prober: Workload | None = None) -> Iterator[Address]:
    """What a job lists; of a bare host the prober's name tells the port, else it is HTTP's."""
    for block in mappings(job.get("static_configs")):
        for value in map(text, sequence(block.get("targets"))):
            found = asked(prober, "target", value)[:1] if prober is not None else []
            yield from found or filter(None, [address_of(value)])


def handed_on(value: str) -> frozenset[str]:
    """Hosts that a configuration has probed and does not scrape itself."""
    asked = {target.host for job in _jobs(value) for target in _targets(job)}
    return frozenset(asked - {target.host for job in _jobs(value, asks=False) for target in _targets(job)})


@lru_cache(maxsize=16)
def _jobs(value: str, asks: bool = True) -> list[Mapping]:
    """The jobs of a configuration, or of a list of jobs, that have their targets probed, or that have not."""
    try:
        whole = load(value.encode())
    except RefusedError:
        return []
    jobs = mappings(whole) or mappings(mapping(whole).get("scrape_configs"))
    return [job for job in jobs if _asks(job) == asks]


def _asks(job: Mapping) -> bool:
    return any(text(rule.get("target_label")) == SIGN for rule in mappings(job.get("relabel_configs")))
