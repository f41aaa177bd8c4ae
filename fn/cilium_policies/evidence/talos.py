"""Pods with an account of Talos' API: the Secret that Talos writes for a `talos.dev` ServiceAccount, mounted.

https://docs.siderolabs.com/kubernetes-guides/advanced-guides/talos-api-access-from-k8s
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.ends import NODES
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import Object, walk_strings
from cilium_policies.kube.pods import mounted, pod_spec
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_PORT = Port(50000)  # apid, on every node


def edges(cluster: Cluster, accounts: list[Object]) -> Iterator[Edge]:
    """Such pods to the nodes: any of them answers for all."""
    known = {(one.namespace, one.name): one for one in accounts}
    for workload in cluster.workloads:
        if workload.host_network:
            continue
        for name in _secrets(workload):
            account = known.get((workload.namespace, name))
            if account is not None:
                evidence = Evidence("api", account)
                for node in NODES:
                    yield Edge(WorkloadPeer(workload), node, (_PORT,), Reason("calls-talos"), evidence)
                break


def _secrets(workload: Workload) -> Iterator[str]:
    """The Secrets that a workload mounts: by its template, or by one in a release's values or an object's spec."""
    yield from (name for (kind, name), _ in mounted(pod_spec(workload.source)) if kind == "Secret")
    if not workload.rendered:
        yield from (value for path, value in walk_strings(workload.values) if path.endswith(".secretName"))
