"""The edges of a large cluster's configuration, found by two processes: most of what a plan takes is to read it.

Only commands that a person waits for ask for it: a build pays for CPU, not for time. A workload's configuration is read
for itself, workloads cannot change any more, and what is found comes in the same order, so the plan is the same.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from pickle import Pickler, PicklingError, Unpickler  # nosec: of this program's own copy

from cilium_policies.evidence import configuration
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.given import Given
from cilium_policies.kube.objects import Object
from cilium_policies.lean import Any, TypeVar
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

_THERE = 0.7  # the copy's share: this process reads the objects of other kinds meanwhile
_FILLED = ("unmet", "unsure", "unopened", "unasked")  # fields of what is given that configuration fills
T = TypeVar("T")
Begin = Callable[[Callable[[], bytes]], Callable[[], bytes]]
Aside = Begin | None  # what begins work in another process, where somebody waits; else None


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
    found, filled = _Reader(carried, cluster).load()
    for field, more in zip(_FILLED, filled, strict=True):
        if (own := getattr(given, field)) is not None:
            own.extend(more)
    yield from found


def _found(cluster: Cluster, given: Given, workloads: list[Workload]) -> bytes:
    """The edges of some workloads, and what else is found on the way; nothing where that holds an object that is not
    the cluster's own, which its reader could not find again."""
    own = given._replace(
        unmet=_empty(given.unmet),
        unsure=_empty(given.unsure),
        unopened=_empty(given.unopened),
        unasked=_empty(given.unasked),
    )
    found = [*configuration.edges(cluster, own, workloads)]
    written = io.BytesIO()
    try:
        _Writer(written, cluster).dump((found, [getattr(own, field) for field in _FILLED]))
    except PicklingError:
        return b""
    return written.getvalue()


def _empty(filled: list[T] | None) -> list[T] | None:
    return None if filled is None else []


def _things(cluster: Cluster) -> Iterable[object]:
    """What both processes have: it goes from one to the other by its number."""
    yield from cluster.workloads
    yield from cluster.services
    yield from cluster.inventory.objects
    for workload in cluster.workloads:
        yield workload.source
        yield from (text.source for text in workload.texts)


class _Writer(Pickler):
    def __init__(self, file: io.BytesIO, cluster: Cluster) -> None:
        super().__init__(file, 5)
        self._numbers = {id(one): number for number, one in enumerate(_things(cluster)) if one is not None}

    def persistent_id(self, one: Any) -> int | None:
        number = self._numbers.get(id(one))
        if number is None and isinstance(one, (Object, Workload, Service)):
            raise PicklingError(f"{one} is not the cluster's own")
        return number


class _Reader(Unpickler):
    def __init__(self, carried: bytes, cluster: Cluster) -> None:
        super().__init__(io.BytesIO(carried))
        self._things = [*_things(cluster)]

    def persistent_load(self, number: Any) -> object:
        return self._things[number]
