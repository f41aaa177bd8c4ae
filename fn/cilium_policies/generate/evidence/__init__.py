"""Evidence: from the objects of a cluster to the edges that they imply, one module a kind.

Every kind is a function `(cluster, given) -> Iterator[Edge]`; to add one, write a module with `edges` and
list it in `KINDS`. An edge's `origin` names its module to the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cilium_policies.generate.edge import Edge
from cilium_policies.generate.evidence import (
    api_access,
    configuration,
    extensions,
    inferred,
    ingresses,
    listeners,
    monitors,
    network_policies,
    peers,
    probes,
    routes,
    scrape_targets,
    services,
    webhooks,
)
from cilium_policies.generate.evidence.given import NOTHING_GIVEN, Given
from cilium_policies.workloads.cluster import Cluster

KINDS: tuple[Callable[[Cluster, Given], Iterator[Edge]], ...] = (
    services.edges,
    listeners.edges,
    routes.edges,
    ingresses.edges,
    monitors.edges,
    scrape_targets.edges,
    webhooks.edges,
    api_access.edges,
    configuration.edges,
    extensions.edges,
    peers.edges,
    network_policies.edges,
    inferred.edges,
)


def edges(cluster: Cluster, given: Given = NOTHING_GIVEN) -> Iterator[Edge]:
    """Every edge that the cluster's objects give evidence of, in the order of `KINDS`; the same edge may come
    from several objects. Probes are among them only with `spec.cluster.probes: rules`."""
    for kind in KINDS:
        yield from kind(cluster, given)
    if cluster.settings.probe_rules:
        yield from probes.edges(cluster)
