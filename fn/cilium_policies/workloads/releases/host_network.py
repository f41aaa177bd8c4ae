"""Which pods of a chart that nobody renders are in the network of their node."""

from __future__ import annotations

from cilium_policies.catalogue.conditions import Beginning, on_host
from cilium_policies.catalogue.model import Component
from cilium_policies.kube.objects import at, flag
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.releases.release import Release


def put_on_node(
    made: Workload, release: Release, component: Component | None, path: str, shared: bool
) -> None:
    """Whether the pods are in their node's network. Where several parts of a chart have the same values (`shared`),
    what these say is for one part or for all: a policy for pods on their node selects nothing and harms nobody,
    while without one the namespace's default-deny cuts the others."""
    said = made.values.get("hostNetwork")
    said = at(said, "enabled") if isinstance(said, dict) else said
    told = component.data.get("hostNetwork") if component else None
    usual = component is not None and on_host(component, Beginning(release.values))
    if not shared:
        made.host_network = flag(said, usual)
    elif told is None or (path and not usual):
        made.maybe_host_network = flag(said)
    else:
        made.host_network = usual and (isinstance(told, (dict, list)) or flag(said, True))
