"""The edges of a large cluster's configuration, found by two processes: most of what a plan takes is to read it.

Only commands that a person waits for ask for it: a build pays for CPU, not for time. A workload's configuration is read
for itself, workloads cannot change any more, and what is found comes in the same order, so the plan is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cilium_policies.evidence import configuration
from cilium_policies.evidence.carried import Begin, of_cluster, packed, unpacked
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.given import Given
from cilium_policies.lean import Any
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_THERE = 0.7  # the copy's share: this process reads the objects of other kinds meanwhile
_FILLED = ("unmet", "unsure", "unopened", "unasked")  # fields of what is given that configuration fills


def edges(cluster: Cluster, given: Given, aside: Begin) -> Iterator[Edge]:
    """As `configuration.edges` has them. `aside` begins what it is handed in a copy of this process at once, and gives
    what waits for its answer."""
    here = round(len(cluster.workloads) * (1 - _THERE))
    answer = aside(lambda: _found(cluster, given, cluster.workloads[here:]))
    return _joined(cluster, given, here, answer)


def _joined(cluster: Cluster, given: Given, here: int, answer: Callable[[], bytes]) -> Iterator[Edge]:
    yield from configuration.edges(cluster, given, cluster.workloads[:here])
    carried = answer()
    if not carried:
        yield from configuration.edges(cluster, given, cluster.workloads[here:])
        return
    found, filled = unpacked(carried, of_cluster(cluster))
    for field, more in zip(_FILLED, filled, strict=True):
        if (own := getattr(given, field)) is not None:
            own.extend(more)
    yield from found


def _found(cluster: Cluster, given: Given, workloads: list[Workload]) -> bytes:
    """The edges of some workloads, and what else is found on the way."""
    empty: dict[str, Any] = {field: [] for field in _FILLED if getattr(given, field) is not None}
    own = given._replace(**empty)
    found = [*configuration.edges(cluster, own, workloads)]
    return packed((found, [getattr(own, field) for field in _FILLED]), of_cluster(cluster))
