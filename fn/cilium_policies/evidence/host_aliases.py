"""Names that a pod's own hosts file holds (`hostAliases`): for this pod they lead to their address, whatever DNS says.

Who writes one calls the name: mostly a sign-in's, that is to stay inside the cluster.
"""

from __future__ import annotations

from cilium_policies.evidence.addresses import Address
from cilium_policies.kube.objects import mappings, sequence, text
from cilium_policies.kube.pods import pod_spec
from cilium_policies.workloads.model import Workload

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
