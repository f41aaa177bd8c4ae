"""Exporters that are asked about others: an endpoint's `params` name what the exporter calls then (Prometheus' guide
"Understanding and using the multi-target exporter pattern")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.ports import SCHEMES
from cilium_policies.evidence.addresses import Address, targets
from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.probers import ECHO, pings
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import Mapping, Object, mapping, sequence, text
from cilium_policies.workloads.model import Workload

_NAMED = ("target", "targets", "server", "host", "hostname", "address", "url")
_HOST = r"[A-Za-z0-9]([\w\-]*\.)+[A-Za-z0-9\-]+"


def edges(
    destinations: Destinations, exporters: Iterable[Workload], endpoint: Mapping, monitor: Object
) -> Iterator[Edge]:
    """From each exporter to what this endpoint of the monitor has it ask."""
    params = mapping(endpoint.get("params"))
    module = next(map(text, sequence(params.get("module"))), "")
    values = {text(one): key for key in params for one in sequence(params[key])}
    for exporter in dict.fromkeys(exporters):
        echo = pings(exporter, module)
        for value, key in values.items():
            for address in asked(exporter, key, value):
                for peer, ports, _ in destinations.of(exporter, address, lambda routed: True):
                    reason, evidence = Reason("probes-target"), Evidence("monitor", monitor)
                    yield Edge(WorkloadPeer(exporter), peer, ECHO if echo else ports, reason, evidence)


def asked(exporter: Workload, key: str, value: str) -> list[Address]:
    """The address that a value is; of a bare host only where a parameter's name and the exporter's tell its port."""
    found = targets(value, "target")[:1]
    if found or key.lower() not in _NAMED or re.fullmatch(_HOST, value) is None:
        return [one for one in found if one.direct]
    words = re.split(r"[-_.]", exporter.component or exporter.name)
    spoken = next((SCHEMES[word] for word in words if word in SCHEMES), ())
    return [Address(value, port, "", protocol, key, True, False) for port, protocol in spoken[:1]]
