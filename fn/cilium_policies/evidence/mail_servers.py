"""Mail servers that deliver for themselves: Postfix' main.cf names no relay, so whatever server a domain has for its
mail is called."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, InternetPeer, WorkloadPeer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster

_SMTP = Port(25)
_MAIN = r"(?m)^(?:mydestination|myhostname|myorigin)[ \t]*="
_SERVES = r"(?m)^smtpd_[a-z_]{1,60}[ \t]*="
_RELAY = r"(?m)^(?:relayhost|default_transport)[ \t]*=[ \t]*\S"


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """A workload with such a configuration, to the mail servers of the Internet."""
    for workload in cluster.workloads:
        for text in workload.texts:
            if "smtpd_" in text.value and not workload.host_network and _delivers(text.value):
                evidence = Evidence("inferred", workload, text=text.without_value())
                yield Edge(
                    WorkloadPeer(workload), InternetPeer(), (_SMTP,), Reason("delivers-mail"), evidence
                )


def _delivers(value: str) -> bool:
    return bool(re.search(_MAIN, value) and re.search(_SERVES, value)) and not re.search(_RELAY, value)
