"""Pods that call the Kubernetes API: their service account is bound to a role and its token is at hand."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.ends import KUBE_APISERVER
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import CALLS_API
from cilium_policies.kube.access_rules import Bindings
from cilium_policies.kube.objects import Mapping, at, flag, mappings, text
from cilium_policies.kube.pods import pod_spec
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

# A pod whose environment says where the API or its credentials are is meant to call it, bound or not.
_CLIENT_ENV = {"KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_MASTER", "K8S_AUTH_KUBECONFIG"}


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """Callers of the API to kube-apiserver, on `spec.cluster.apiServer.ports`; without those on no port
    in particular: the plan knows the distribution's."""
    bindings = cluster.access
    ports = tuple(Port(number) for number in cluster.settings.api_ports)
    for workload in cluster.workloads:
        if workload.host_network:
            continue
        evidence = _evidence(cluster, bindings, workload)
        if evidence is not None:
            yield Edge(WorkloadPeer(workload), KUBE_APISERVER, ports, CALLS_API, evidence)
    if accounts := cluster.inventory.of("ServiceAccount", group="talos.dev"):
        from cilium_policies.evidence import talos  # most clusters have none

        yield from talos.edges(cluster, accounts)


def _evidence(cluster: Cluster, bindings: Bindings, workload: Workload) -> Evidence | None:
    for found in workload.texts:
        if found.key in _CLIENT_ENV and found.value:
            return Evidence("api", workload, text=found.without_value())
    spec = pod_spec(workload.source)
    if _projects_token(spec):
        return Evidence("api", workload, "serviceAccountToken volume")
    binding = bindings.of(workload.namespace, workload.service_account)
    if binding is None or not _has_token(cluster, workload):
        return None
    return Evidence("api", binding)


def _has_token(cluster: Cluster, workload: Workload) -> bool:
    """The pod's own word comes before its service account's; unsaid means mounted."""
    if workload.mounts_token is not None:
        return workload.mounts_token
    account = cluster.inventory.get("ServiceAccount", workload.namespace, workload.service_account)
    return account is None or flag(account.body.get("automountServiceAccountToken"), True)


def _projects_token(spec: Mapping) -> bool:
    """A token made for the API server; one with another audience is for somebody else (a cloud, a vault)."""
    for volume in mappings(spec.get("volumes")):
        for source in mappings(at(volume, "projected", "sources")) if "projected" in volume else ():
            token = source.get("serviceAccountToken")
            if isinstance(token, dict) and "kubernetes" in (text(token.get("audience")) or "kubernetes"):
                return True
    return False
