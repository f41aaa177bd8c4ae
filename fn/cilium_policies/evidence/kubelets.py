"""Who may ask a node's kubelet: it answers whoever has a role for nodes (`nodes/stats`, `nodes/proxy` …), which only a
ClusterRoleBinding gives. An address (`https://$(HOST_IP):10250`) says no more than who wants to.

Where the input shows accounts or roles of a pod's namespace and no such role is bound to its own, nothing is opened,
and it is listed with the line that would.
"""

from __future__ import annotations

from cilium_policies.kube.access_rules import EVERYWHERE
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_PORTS = (10250, 10255)
_PARTS = (
    "proxy",
    "stats",
    "metrics",
    "pods",
    "log",
    "spec",
    "healthz",
    "configz",
    "statusz",
    "checkpoint",
    "*",
)
_RESOURCES = ("nodes", *(f"nodes/{part}" for part in _PARTS))


class Unasked(NamedTuple):
    """A pod whose configuration names a kubelet that would not answer it."""

    client: Workload
    port: int


def may_ask(cluster: Cluster, workload: Workload, port: int) -> bool:
    """Whether a pod may call this port of a node, which is the kubelet's or any other."""
    if port not in _PORTS or workload.by_user or not workload.rendered:
        return True
    access, (namespace, account) = cluster.access, (workload.namespace, workload.service_account)
    return not access.shows(namespace) or EVERYWHERE in access.reach(namespace, account, "", *_RESOURCES)
