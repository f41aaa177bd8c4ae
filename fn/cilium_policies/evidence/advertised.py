"""Networks that a router of a VPN tells its peers it leads to (`TS_ROUTES: 10.1.0.0/24`, `WG_ALLOWED_IPS`): it
forwards to them, whatever the port."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.ends import cidr
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.signs import holds
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text

# Tailscale's, wg-easy's and linuxserver's WireGuard: `ALLOWED_IPS` alone says of many programs who may call them.
_KEY = r"(?i)(?:ts_routes|advertised?_?-?routes?|(?:wg|init)_allowed_ips|allowedips)(?:\[\d+\])?"
_WORDS = ("route", "allowed")  # of which every such key, and the flag, holds one
_FLAG = r"--advertise-routes[= ][\"']?([0-9a-fA-F.:/,]{3,2000})"
_EVERY_PORT = (Port(1, "TCP", "", 65535), Port(1, "UDP", "", 65535))


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """A workload that is told such networks, to them; what it asks its own peers explains nothing of it."""
    for workload in cluster.workloads:
        if workload.host_network or not workload.may_say(_WORDS):
            continue
        for found in workload.texts:
            if not holds(found.key.lower(), _WORDS) and _WORDS[0] not in found.value:
                continue
            for block in _blocks(found):
                evidence = Evidence("address", workload, text=found.without_value())
                reason = Reason("calls-host", (block,))
                yield Edge(WorkloadPeer(workload), cidr(block), _EVERY_PORT, reason, evidence, explains=False)


def _blocks(found: Text) -> Iterator[str]:
    """The networks in a text; not those of everybody, which an exit node advertises, nor what is no network."""
    told = [found.value] if re.fullmatch(_KEY, found.key) else []
    if "advertise-routes" in found.value:
        told += re.findall(_FLAG, found.value)
    for one in dict.fromkeys(part.strip() for value in told for part in value.split(",")):
        import ipaddress  # lazily: few inputs hold such a router

        try:
            block = ipaddress.ip_network(one, strict=False)
        except ValueError:
            continue
        if block.prefixlen and not (block.is_link_local or block.is_multicast or block.is_loopback):
            yield str(block)
