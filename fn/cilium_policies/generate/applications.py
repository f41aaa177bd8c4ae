"""Applications whose parts are told by their configuration whom they call, so that a part that is told nobody, calls
nobody, as far as one can tell."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from cilium_policies.evidence.edge import Edge
from cilium_policies.workloads.model import Workload

_FEW = 2  # so many parts at least, and
_SHARE = 3  # one of so many, name another part
Application = tuple[str, str]


@lru_cache(maxsize=8192)  # asked of both ends of each edge
def application(one: Workload) -> Application | None:
    """Namespace and the place that a workload's image comes from: parts of one application are built side by side."""
    place = one.images[0].partition("@")[0].rpartition("/")[0] if one.images else ""
    return (one.namespace, place) if "/" in place else None


def telling(workloads: Iterable[Workload], edges: Iterable[Edge]) -> set[Application]:
    """The applications of which several parts name another part by its address."""
    naming: dict[Application, set[int]] = {}
    for edge in edges:
        if edge.evidence.origin != "address":
            continue
        client, server = edge.client, edge.server
        if client is not None and server is not None and client is not server:
            mine = application(client)
            if mine is not None and mine == application(server):
                naming.setdefault(mine, set()).add(id(client))
    parts: dict[Application, int] = {}
    for one in workloads:
        if (mine := application(one)) in naming and mine is not None:
            parts[mine] = parts.get(mine, 0) + 1
    return {mine for mine, found in naming.items() if len(found) >= max(_FEW, parts[mine] / _SHARE)}
