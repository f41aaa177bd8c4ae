"""The config line that is offered for a direction of which something may be missing."""

from __future__ import annotations

from cilium_policies.config.model import EGRESS
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload


def cure(cluster: Cluster, one: Workload, direction: str) -> str:
    """The likeliest and narrowest config line, to be pasted below `spec.allow`."""
    pod = f"{{pod: {cluster.called(one)}}}"
    if direction == EGRESS:
        return f"{{from: {pod}, to: none}}"
    ports = dict.fromkeys(port.written for port in one.ports)
    services = cluster.services_for(one)
    if not (ports and services):
        return f"{{from: none, to: {pod}}}"
    return f"{{from: same-namespace, to: {pod}, ports: [{', '.join(ports)}], why: …}}"
