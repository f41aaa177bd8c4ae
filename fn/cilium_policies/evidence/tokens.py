"""Services outside that no address names, but a variable called after a token which is good for nothing else
(`DISCORD_BOT_TOKEN`). Where another variable says the service's address, that is read in its place."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.tokens import TOKENS, service
from cilium_policies.evidence.edge import Edge, Evidence, InternetPeer, WorkloadPeer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.key_words import words
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.trust import is_value
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_HTTPS = Port(443)
_PLACES = frozenset(("url", "urls", "host", "hostname", "endpoint", "server", "base"))
_MODELS = ("openai", "llm", "ai", "model", "chat", "embedding")
_OF_MODELS = ("api.openai.com", "api.anthropic.com")  # whose protocol others speak too


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """A workload with such a variable, to the service."""
    for workload in cluster.workloads:
        for found in workload.texts if not workload.host_network else ():
            if is_value(found) or "_" not in found.key or not (name := service(found.key)):
                continue
            if _is_elsewhere(workload, found.key, name):
                continue
            evidence = Evidence("inferred", workload, text=found.without_value())
            for host in TOKENS[name]:
                reason = Reason("has-token", (host, found.key))
                source, target = WorkloadPeer(workload), InternetPeer(host)
                yield Edge(source, target, (_HTTPS,), reason, evidence)


def _is_elsewhere(workload: Workload, key: str, name: str) -> bool:
    """Whether a variable says where the service stands: `GITHUB_API_URL`, `TELEGRAM_BASE_URL`, for a key of a model's
    any that speaks of a model."""
    provider = name.removeprefix("AUTH_").removeprefix("EXTERNAL_")  # words for what a program does with it
    own = words(key[: len(key) - len(provider)] + provider.partition("_")[0])
    spoken = {own[-1], *(_MODELS if TOKENS[name][0] in _OF_MODELS else ())}
    for one in workload.texts:
        parts = words(one.key) if one.key else ()
        if not spoken.isdisjoint(parts) and not _PLACES.isdisjoint(parts) and "webhook" not in parts:
            return True
    return False
