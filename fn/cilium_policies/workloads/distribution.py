"""Pods that a Kubernetes distribution brings by itself: they stand in no manifest of the user's."""

from __future__ import annotations

from cilium_policies.catalogue.distributions import Distribution
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.workloads.model import Workload


def brought(platform: Distribution, workloads: list[Workload], catalogue: Catalogue) -> list[Workload]:
    """The distribution's own pods that the input does not show: peers in every build, subjects only where the
    default-deny of their namespace is written. `workloads` are recognised. CoreDNS is looked after by
    allow-dns-server."""
    present = {one.component for one in workloads}
    found = []
    for bundled in platform.brings:
        if bundled.component in present or catalogue.get(bundled.component) is None:
            continue
        made = Workload(bundled.namespace, bundled.workload, bundled.kind)
        made.labels = made.selector = dict(bundled.labels)
        made.component = bundled.component
        made.instance = bundled.workload
        made.brought = True
        found.append(made)
    return found
