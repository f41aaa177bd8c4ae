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

_THERE = 0.72  # the copy's share: this process reads the objects of other kinds meanwhile
# fields of what is given that modules fill
_FILLED = ("unmet", "unsure", "unopened", "unasked", "unplaced", "within")
Of = Callable[[str, Cluster, Given], Iterator[Edge]]


def edges(names: list[str], of: Of, cluster: Cluster, given: Given, aside: Begin) -> Iterator[Edge]:
    """What modules of evidence find, in their order; `of` asks one of them. `aside` begins what it is handed in a copy
    of this process at once, and gives what waits for its answer: until then the modules behind `configuration` are
    asked, too."""
    here = round(len(cluster.workloads) * (1 - _THERE))
    answer = aside(lambda: _found(cluster, given, cluster.workloads[here:]))
    place = names.index("configuration")
    for name in names[:place]:
        yield from of(name, cluster, given)
    yield from configuration.edges(cluster, given, cluster.workloads[:here])
    own = _unfilled(given)
    behind = [edge for name in names[place + 1 :] for edge in of(name, cluster, own)]
    yield from _answered(cluster, given, here, answer)
    _fill(given, _filled(own))
    yield from behind


def _answered(cluster: Cluster, given: Given, here: int, answer: Callable[[], bytes]) -> Iterator[Edge]:
    """The edges of the copy's share."""
    carried = answer()
    if not carried:
        yield from configuration.edges(cluster, given, cluster.workloads[here:])
        return
    found, filled = unpacked(carried, of_cluster(cluster))
    _fill(given, filled)
    yield from found


def _unfilled(given: Given) -> Given:
    """The same with lists of its own to fill."""
    empty: dict[str, Any] = {field: [] for field in _FILLED if getattr(given, field) is not None}
    return given._replace(**empty)


def _filled(given: Given) -> list[list[Any] | None]:
    return [getattr(given, field) for field in _FILLED]


def _fill(given: Given, filled: list[list[Any] | None]) -> None:
    for own, more in zip(_filled(given), filled, strict=True):
        if own is not None:
            own.extend(more or ())


def _found(cluster: Cluster, given: Given, workloads: list[Workload]) -> bytes:
    """The edges of some workloads, and what else is found on the way."""
    own = _unfilled(given)
    found = [*configuration.edges(cluster, own, workloads)]
    return packed((found, _filled(own)), of_cluster(cluster))
