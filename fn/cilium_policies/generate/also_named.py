"""Names beside names: whom a pod's configuration names, and evidence did not take for an address that it surely calls.

Where a pod's rules on a port have names instead of every address, a name that it was given and that they lack would be
cut in silence: the second URL of a script, a bucket's bare host name. So each is added on those ports, whatever it is
for; under `fqdn: false` they would add nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.evidence.edge import Edge, Evidence, InternetPeer, WorkloadPeer
from cilium_policies.evidence.host_keys import is_name
from cilium_policies.evidence.public_names import is_local, is_public, is_short_service
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload

if TYPE_CHECKING:
    from cilium_policies.catalogue.host import Host

# Variables whose names are said to others, or are an ingredient of one.
_TOLD = r"(?i)domain|sender|from|user|origin|cors|allowed|image|repository|package|class|realm|issuer_name"


def also_named(cluster: Cluster, found: Iterable[Edge]) -> Iterator[Edge]:
    """An edge a workload and such a name."""
    if cluster.settings.fqdn == "false":
        return
    ports: dict[Workload, set[Port]] = {}
    known: dict[Workload, set[str]] = {}
    for edge in found:
        if edge.client is not None:  # a name that an own route serves leads to the gateway
            known.setdefault(edge.client, set()).update(edge.reason.parts)
        if edge.client is not None and edge.target.kind in ("internet", "fqdn") and edge.origin != "config":
            known.setdefault(edge.client, set()).add(edge.target.name)
            if edge.target.name and not edge.evidence.purpose:
                ports.setdefault(edge.client, set()).update(edge.ports)
    for workload, named in ports.items():
        for text, host in _hosts(workload):
            on = tuple(sorted(one for one in named if host.port in (0, one.number) and one.protocol == "TCP"))
            if on and host.name not in known[workload]:
                known[workload].add(host.name)
                evidence = Evidence("address", workload, text=text.without_value())
                reason = Reason("names-host", (host.name,))
                yield Edge(WorkloadPeer(workload), InternetPeer(host.name), on, reason, evidence)


def _hosts(workload: Workload) -> Iterator[tuple[Text, Host]]:
    """The public hosts of URLs, and those that are the whole value of a variable."""
    from cilium_policies.catalogue.host import Host, written_in

    for one in workload.texts:
        for host in written_in(one.value):
            if is_public(host.name) and not is_local(host.name):
                yield one, host
        name, _, port = one.value.strip().lower().partition(":")
        bare = one.key and not re.search(_TOLD, one.key) and is_name(name) and (not port or port.isdigit())
        if bare and name.count(".") and is_public(name) and not is_local(name) and not is_short_service(name):
            yield one, Host(name, int(port or 0))
