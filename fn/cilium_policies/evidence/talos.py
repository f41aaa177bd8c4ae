"""Pods with an account of Talos' API: the Secret that Talos writes for a `talos.dev` ServiceAccount, mounted.

https://docs.siderolabs.com/kubernetes-guides/advanced-guides/talos-api-access-from-k8s
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.ends import NODES
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import Object, at, mapping, mappings, text
from cilium_policies.kube.pods import pod_spec
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster

_PORT = Port(50000)  # apid, on every node


def edges(cluster: Cluster, accounts: list[Object]) -> Iterator[Edge]:
    """Such pods to the nodes: any of them answers for all."""
    known = {(one.namespace, one.name): one for one in accounts}
    for workload in cluster.workloads:
        if workload.host_network:
            continue
        for name in _secrets(pod_spec(workload.source)):
            account = known.get((workload.namespace, name))
            if account is not None:
                evidence = Evidence("api", account)
                for node in NODES:
                    yield Edge(WorkloadPeer(workload), node, (_PORT,), Reason("calls-talos"), evidence)
                break


def _secrets(spec: object) -> Iterator[str]:
    """The Secrets of a pod's volumes."""
    for volume in mappings(mapping(spec).get("volumes")):
        yield text(at(volume, "secret", "secretName"))
        for source in mappings(at(volume, "projected", "sources")):
            yield text(at(source, "secret", "name"))
