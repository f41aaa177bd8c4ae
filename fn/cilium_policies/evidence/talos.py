"""Pods with an account of Talos' API: the Secret that Talos writes for a `talos.dev` ServiceAccount, mounted.

https://docs.siderolabs.com/kubernetes-guides/advanced-guides/talos-api-access-from-k8s
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.ends import NODES
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import Object
from cilium_policies.kube.pods import mounted, pod_spec
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster

_PORT = Port(50000)  # apid, on every node


def edges(cluster: Cluster, accounts: list[Object]) -> Iterator[Edge]:
    """Such pods to the nodes: any of them answers for all."""
    known = {("Secret", one.namespace, one.name): one for one in accounts}
    for workload in cluster.workloads:
        if workload.host_network:
            continue
        for (kind, name), _ in mounted(pod_spec(workload.source)):
            account = known.get((kind, workload.namespace, name))
            if account is not None:
                evidence = Evidence("api", account)
                for node in NODES:
                    yield Edge(WorkloadPeer(workload), node, (_PORT,), Reason("calls-talos"), evidence)
                break
