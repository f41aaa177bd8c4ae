"""Names that a pod's own hosts file holds (`hostAliases`): for this pod they lead to their address, whatever DNS says.
And those that the cluster's DNS answers with a Service of its own.

Who writes one calls the name: mostly a sign-in's, that is to stay inside the cluster.
"""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.evidence.addresses import Address
from cilium_policies.kube.objects import mappings, sequence, text
from cilium_policies.kube.pods import pod_spec
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.workloads.rewritten import Rewrite

_SIGNS = ("rewrite",)
_LOCAL = ("127.", "0.", "::", "${", "{{")


def host_aliases(workload: Workload) -> dict[str, str]:
    """Address by name, in lower case; without those that lead to the pod itself."""
    return {
        text(name).rstrip(".").lower(): ip
        for entry in mappings(pod_spec(workload.source).get("hostAliases"))
        if (ip := text(entry.get("ip"))) and not ip.startswith(_LOCAL)
        for name in sequence(entry.get("hostnames"))
    }


def called(ip: str) -> Address:
    """What a pod calls at an alias that no address in its configuration names: its port is taken to be that of HTTPS,
    if something in the cluster answers there."""
    return Address(ip, 443, "https", key="hostAliases", direct=True, explicit=False)


def rewritten(cluster: Cluster, workload: Workload, host: str) -> str:
    """The name of the Service that the cluster's DNS answers in the place of this one; the same where it answers that
    itself, and "" for the servers of DNS, which are told what they answer and call none of it."""
    rules = _rewrites(cluster)
    if not rules:
        return host
    name = host.rstrip(".").lower()
    if workload.component in cluster.roles.get("dns", ()):
        return "" if any(name in (one.name, one.target) for one in rules) else host
    return next((found for one in rules if (found := one.of(name))), host)


@lru_cache(maxsize=2)
def _rewrites(cluster: Cluster) -> tuple[Rewrite, ...]:
    configs = (one for one in cluster.inventory.of("ConfigMap") if "coredns" in one.name)
    told = any(one.may_say(_SIGNS) for one in cluster.playing("dns"))
    if not told and not any(one.may_say((b"rewrite",)) for one in configs):
        return ()
    from cilium_policies.workloads.rewritten import rewrites  # few Corefiles rewrite

    return rewrites(cluster)
