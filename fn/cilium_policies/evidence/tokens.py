"""Services outside that no address names, but a variable called after a token which is good for nothing else
(`DISCORD_BOT_TOKEN`). Where another variable says the service's address, that is read in its place."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.tokens import TOKENS
from cilium_policies.evidence.edge import Edge, Evidence, InternetPeer, WorkloadPeer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.trust import is_value, words
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_HTTPS = Port(443)
_PLACES = frozenset(("url", "host", "hostname", "endpoint", "server", "base"))


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """A workload with such a variable, to the service."""
    for workload in cluster.workloads:
        for found in workload.texts if workload.rendered and not workload.host_network else ():
            if found.key in TOKENS and not is_value(found):  # whatever a template fills it with
                if _is_elsewhere(workload, found.key):
                    continue
                evidence = Evidence("inferred", workload, text=found.without_value())
                for host in TOKENS[found.key]:
                    reason = Reason("has-token", (host, found.key))
                    source, target = WorkloadPeer(workload), InternetPeer(host)
                    yield Edge(source, target, (_HTTPS,), reason, evidence)


def _is_elsewhere(workload: Workload, key: str) -> bool:
    """Whether a variable says where the service stands: `GITHUB_API_URL`, `TELEGRAM_BASE_URL`."""
    service = words(key)[0]
    named = (words(one.key) for one in workload.texts if one.key.upper().startswith(service.upper()))
    return any(_PLACES.intersection(parts[1:]) and "webhook" not in parts for parts in named)
