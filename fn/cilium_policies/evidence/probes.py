"""Kubelet probes. Cilium lets the own node reach its pods whatever the policies say, so no rule is needed
unless the agents run with `allow-localhost: policy` (`spec.cluster.probes: rules`)."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.ends import HOST
from cilium_policies.evidence.reasons import Reason
from cilium_policies.workloads.cluster import Cluster


def edges(cluster: Cluster) -> Iterator[Edge]:
    """The node to each port that a liveness, readiness or startup probe of a container asks."""
    for workload in cluster.workloads:
        if workload.probes and not workload.host_network:
            evidence = Evidence("probe", workload)
            yield Edge(
                HOST,
                WorkloadPeer(workload),
                workload.probes,
                Reason("kubelet-probes"),
                evidence,
                explains=False,
            )
