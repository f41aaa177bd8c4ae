"""Jobs of a Prometheus' own configuration that ask a prober (a blackbox or snmp exporter): `__address__` is the prober,
and what the job lists becomes its parameter `target`, which the prober calls."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cilium_policies.document.finding import RefusedError
from cilium_policies.document.parse import load
from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import Edge, Evidence
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.probers import address_of, asked_about, calls, module_of, probers_at
from cilium_policies.kube.kinds import EVIDENCE
from cilium_policies.kube.objects import Mapping, mapping, mappings, sequence, text
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_SIGN = EVIDENCE["probed"].said


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """Prober to target, for each job of each scraper's configuration."""
    destinations = Destinations(cluster, given)
    for workload in cluster.workloads:
        for found in workload.texts:
            for job in _jobs(found.value) if _SIGN in found.value else ():
                if _asks(job):
                    evidence = Evidence("monitor", workload, text=found.without_value())
                    yield from _edges(destinations, workload, job, evidence)


def _edges(destinations: Destinations, scraper: Workload, job: Mapping, evidence: Evidence) -> Iterator[Edge]:
    module = module_of(mapping(job.get("params")))
    for prober in _probers(destinations, scraper, job):
        asked = [address for value in _listed(job) for address in asked_about(prober, value)]
        yield from calls(destinations, prober, module, asked, evidence)


def _probers(destinations: Destinations, scraper: Workload, job: Mapping) -> list[Workload]:
    """Who is asked in place of the targets: what the job writes into `__address__`; the pod itself on localhost."""
    for rule in mappings(job.get("relabel_configs")):
        where = address_of(text(rule.get("replacement")))
        if text(rule.get("target_label")) == "__address__" and where is not None:
            if where.host in ("localhost", "127.0.0.1"):
                return [scraper]
            return probers_at(destinations, scraper, where)
    return []


def _listed(job: Mapping) -> Iterator[str]:
    for block in mappings(job.get("static_configs")):
        yield from map(text, sequence(block.get("targets")))


def handed_on(value: str) -> set[str]:
    """Hosts that a configuration has probed and does not scrape itself."""
    probed: set[str] = set()
    scraped: set[str] = set()
    for job in _jobs(value):
        found = probed if _asks(job) else scraped
        found.update(one.host for one in map(address_of, _listed(job)) if one is not None)
    return probed - scraped


@lru_cache(maxsize=16)
def _jobs(value: str) -> list[Mapping]:
    """The jobs of a configuration, or of a list of jobs."""
    try:
        whole = load(value.encode())
    except RefusedError:
        return []
    return mappings(whole) or mappings(mapping(whole).get("scrape_configs"))


def _asks(job: Mapping) -> bool:
    """Whether a job has its targets probed."""
    return any(text(rule.get("target_label")) == _SIGN for rule in mappings(job.get("relabel_configs")))
