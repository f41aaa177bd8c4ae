"""Monitors that select pods by a label which an injector adds to them: no template in the input has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.catalogue.injects import Injection
from cilium_policies.evidence.edge import Edge, Evidence, Peer, workload_of
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.looked_into import PROMETHEUS
from cilium_policies.kube.objects import walk_strings
from cilium_policies.kube.selectors import selects
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_MONITORS = ("PodMonitor", "ServiceMonitor", "ScrapeConfig")
_BY_ANNOTATION = "annotation_prometheus_io"  # the injector writes it


def edges(cluster: Cluster, given: Given, into: Iterable[tuple[Workload, Injection]]) -> Iterator[Edge]:
    """Scraper to target, one edge a monitor and port."""
    marked = [(one, {**one.labels, **how.labels}) for one, how in into if how.labels]
    if not marked:
        return
    # Imported where an injector adds labels: start-up is paid at every build.
    from cilium_policies.evidence.monitors import OF_PODS, namespaces, of_pods, scrapes
    from cilium_policies.evidence.scrapers import Scrapers

    scrapers = Scrapers(cluster, given)
    for monitor in cluster.inventory.of(*OF_PODS):
        spaces, selector = namespaces(monitor), monitor.spec.get("selector")
        chosen = (
            one
            for one, labels in marked
            if (spaces is None or one.namespace in spaces)
            and selects(selector, labels)
            and not selects(selector, one.labels)
        )
        targets = dict.fromkeys(target for one in chosen for target in of_pods(cluster, monitor, one))
        yield from scrapes(scrapers.of(monitor), targets, Evidence("monitor", monitor))


def may_read(peer: Peer, known: Known, cluster: Cluster) -> bool:
    """Whether a scraper may find a side-car's port, which stands in no template: an operator's Prometheus scrapes what
    monitors tell alone, so one of them has to name the port or the injector, or to go by the annotation."""
    one = workload_of(peer)
    if one is None or one.source is None or one.source.kind not in PROMETHEUS:
        return True
    if one.source.spec.get("additionalScrapeConfigs"):
        return True
    numbers = {str(port.number) for port in known.pod_ports()}
    signs = (*numbers, _BY_ANNOTATION, known.owner.partition("-")[0].removesuffix("d"))
    return any(
        sign in value
        for monitor in cluster.inventory.of(*_MONITORS)
        for _, value in walk_strings(monitor.spec)
        for sign in signs
    )
