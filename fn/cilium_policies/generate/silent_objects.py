"""Objects that each have a component's pods call somebody, a connector's, and that name no address: a service outside
whose host its library knows."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.catalogue.model import Component
from cilium_policies.evidence.edge import Edge
from cilium_policies.kube.objects import flag, mappings, text
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload


def silent_objects(one: Workload, entry: Component, cluster: Cluster, edges: Iterable[Edge]) -> list[str]:
    """Those that these pods read and of which none of their rules (`edges`) comes."""
    rows = [row for row in mappings(entry.data.get("reads")) if flag(row.get("caller"))]
    if not rows:
        return []
    heard = {id(edge.evidence.text.source) for edge in edges if edge.evidence.text is not None}
    return [
        f"{found.kind} {found.name}"
        for row in rows
        if (owner := one.labels.get(text(row.get("label"))))
        for found in cluster.inventory.of(text(row.get("kind")), group=text(row.get("group")) or None)
        if found.namespace == one.namespace
        and found.labels.get(text(row.get("label"))) == owner
        and id(found) not in heard
    ]
