"""Exporters that are asked about others: an endpoint's `params` name what the exporter calls then (Prometheus' guide
"Understanding and using the multi-target exporter pattern")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import Edge, Evidence
from cilium_policies.evidence.probers import calls, module_of, told_by_name
from cilium_policies.kube.objects import Mapping, Object, mapping, sequence, text
from cilium_policies.workloads.model import Workload


def edges(
    destinations: Destinations, exporters: Iterable[Workload], endpoint: Mapping, monitor: Object
) -> Iterator[Edge]:
    """From each exporter to what this endpoint of the monitor has it ask."""
    params = mapping(endpoint.get("params"))
    values = {text(one): key for key in params for one in sequence(params[key])}
    for exporter in exporters:
        asked = [one for value, key in values.items() for one in told_by_name(exporter, key, value)]
        evidence = Evidence("monitor", monitor)
        yield from calls(destinations, exporter, module_of(params), asked, evidence)
