"""Members of a mesh that call each other by the mesh's own names, which no DNS of the cluster knows: Dapr's app ids,
Consul's virtual names and upstreams. The catalogue's `injects` says how configuration writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from cilium_policies.catalogue.injects import Injection
from cilium_policies.catalogue.parts import parse_port
from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.trust import is_variable
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

Tags = Callable[[Workload], dict[str, str]]
_UPSTREAM = r"(?:^|,)\s*([\w-]+)(?:\.[\w.-]+)?:\d+"


def edges(cluster: Cluster, members: Iterable[tuple[Workload, Injection]], tags: Tags) -> Iterator[Edge]:
    """One edge a pair of members of one mesh, on the mesh's tunnel."""
    into = [(one, how) for one, how in members if how.mesh and (how.calls or how.calls_in or how.upstreams)]
    named: dict[tuple[str, str], list[Workload]] = {}
    for workload, how in into:
        for name in _names(cluster, workload, how, tags(workload)):
            named.setdefault((how.mesh, name), []).append(workload)
    for workload, how in into:
        ports = tuple(filter(None, map(parse_port, how.tunnel)))
        for name, space in dict.fromkeys(_called(workload, how, tags(workload))):
            found = named.get((how.mesh, name), [])
            near = [one for one in found if one.namespace == (space or workload.namespace)]
            for server in near or (found if space is None else ()):
                if server is not workload:
                    reason = Reason("calls-service", (server.namespace, name))
                    yield Edge(
                        WorkloadPeer(workload),
                        WorkloadPeer(server),
                        ports,
                        reason,
                        Evidence("address", workload),
                    )


def _names(cluster: Cluster, workload: Workload, how: Injection, held: dict[str, str]) -> list[str]:
    said = [held[key] for key in how.ids if held.get(key)]
    return said or [workload.name, *(service.name for service in cluster.services_for(workload))]


def _called(workload: Workload, how: Injection, held: dict[str, str]) -> Iterator[tuple[str, str | None]]:
    """Names of members and their namespaces: "" is the caller's own, None any, in a mesh whose names have none."""
    spaced = any(re.compile(one).groups > 1 for one in how.calls)
    for found in workload.texts:
        for pattern in how.calls:
            yield from (
                (match[1], (match[2] or "") if spaced else None)
                for match in re.finditer(pattern, found.value)
            )
        if how.calls_in and is_variable(found) and re.search(how.calls_in, found.key):
            name, _, space = found.value.strip().partition(".")
            yield (name, space) if spaced else (found.value.strip(), None)
    if how.upstreams and how.upstreams in held:
        yield from ((match[1], None) for match in re.finditer(_UPSTREAM, held[how.upstreams]))
