"""Monitors that select pods by a label which an injector adds to them: no template in the input has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.injects import Injection
from cilium_policies.evidence.edge import Edge, Evidence
from cilium_policies.evidence.given import Given
from cilium_policies.kube.selectors import selects
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload


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
