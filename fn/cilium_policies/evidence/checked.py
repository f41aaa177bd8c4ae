"""Annotations that tell an agent what to check of a pod, or of the pods behind a Service.

The catalogue says which annotations an agent reads, and what stands there for the pod's own address (`reads`):
`ad.datadoghq.com/web.checks: {"openmetrics": {"instances": [{"openmetrics_endpoint": "http://%%host%%:8100/metrics"}]}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from cilium_policies.evidence.edge import Evidence, Peer
from cilium_policies.evidence.ends import ends
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload


def checked(
    cluster: Cluster, pattern: str, host: str
) -> Iterator[tuple[dict[tuple[Peer, Port], None], Evidence]]:
    """Pods and their ports that an agent checks, for each annotation that fits the pattern; `host` stands there for
    the pod's own address."""
    for one, value, key, workload in _annotated(cluster, pattern):
        ports = _ports(value, host, workload)
        targets = dict.fromkeys((end, port) for port in ports for end in ends(workload))
        yield targets, Evidence("monitor", one, f"annotation {key}")


def _annotated(cluster: Cluster, pattern: str) -> Iterator[tuple[Workload | Service, str, str, Workload]]:
    """What carries such an annotation, its value and key, and the pods that it is about."""
    for workload in cluster.workloads:
        for key, value in workload.annotations.items():
            if fnmatchcase(key, pattern):
                yield workload, value, key, workload
    for service in cluster.services:
        for key, value in (service.source.annotations if service.source is not None else {}).items():
            if fnmatchcase(key, pattern):
                yield from ((service, value, key, one) for one in cluster.backends(service))


def _ports(value: str, host: str, workload: Workload) -> Iterator[Port]:
    """The ports beside the pod's own address: in a URL, or in the member `port` of a check that has `host` alone."""
    before, _, after = host.partition("host")
    variable = rf"{re.escape(before)}port(?:_(\w+))?{re.escape(after)}"
    number = rf"(?:(\d{{1,5}})|{variable})"
    found = list(re.finditer(rf"{re.escape(host)}:{number}", value))
    if f'"{host}"' in value:
        found += re.finditer(rf'"port"\s*:\s*"?{number}', value)
    for one in found:
        if one[1]:
            yield Port(int(one[1]))
        else:
            yield from _declared(workload, one[2] or "")


def _declared(workload: Workload, wanted: str) -> Iterator[Port]:
    """The container port that a variable stands for: by name, by its place in rising order, else the highest."""
    ports = sorted(
        (port for port in workload.ports if port.protocol == "TCP" and port.number),
        key=lambda one: one.number,
    )
    if wanted.isdigit():
        yield from ports[int(wanted) : int(wanted) + 1]
    elif wanted:
        yield from (port for port in ports if port.name == wanted)
    else:
        yield from ports[-1:]
