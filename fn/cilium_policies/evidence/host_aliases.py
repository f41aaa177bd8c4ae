"""Names that a pod's own hosts file holds (`hostAliases`): for this pod they lead to their address, whatever DNS says.
And those that the cluster's DNS answers with a Service of its own, or that stand for the pod itself.

Who writes one calls the name: mostly a sign-in's, that is to stay inside the cluster.
"""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.catalogue.ports import SERVERS
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.given import Given
from cilium_policies.kube.objects import mappings, sequence, text
from cilium_policies.kube.pods import pod_spec
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.workloads.rewritten import Rewrite

_SIGNS = ("rewrite",)
_LOCAL = ("127.", "0.", "::", "${", "{{")
_LISTENING = {"0.0.0.0", "::"}  # at all addresses: what a server is told of itself
_OWN_POD = {*_LISTENING, "localhost", "::1", "localhost.localdomain", "ip6-localhost"}


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


def is_own_pod(host: str) -> bool:
    """Whether an address leads to the pod itself, which its containers share."""
    return host in _OWN_POD or host.startswith("127.") or host.endswith(".localhost")


def note_within(given: Given, workload: Workload, host: str, address: Address) -> None:
    """That a pod's configuration names a server in the pod itself; what it listens at is none."""
    if given.within is not None and address.port in SERVERS and host not in _LISTENING:
        given.within.append((workload, Port(address.port, address.protocol)))


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
