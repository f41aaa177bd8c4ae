"""Values that go from a copy of this process back to it. What both have, as the cluster's objects, goes by number."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from pickle import Pickler, PicklingError, Unpickler  # nosec: of this program's own copy

from cilium_policies.kube.objects import Object
from cilium_policies.lean import Any, Protocol, TypeVar
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

T = TypeVar("T")


class Begin(Protocol):
    """What begins work in another process, and gives what waits for its answer."""

    def __call__(self, make: Callable[[], T], /) -> Callable[[], T]: ...


Aside = Begin | None  # None where CPU counts for more than time


def packed(value: object, both: Iterable[object]) -> bytes:
    """A value; `both` are the things that its reader has as well. Nothing where it holds an object that is not among
    them, which its reader could not find again."""
    written = io.BytesIO()
    try:
        _Writer(written, both).dump(value)
    except PicklingError:
        return b""
    return written.getvalue()


def unpacked(carried: bytes, both: Iterable[object]) -> Any:
    """The value again, with the reader's own things."""
    return _Reader(carried, both).load()


def of_cluster(cluster: Cluster) -> Iterator[object]:
    """What two processes have of a cluster."""
    yield from cluster.workloads
    yield from cluster.services
    yield from cluster.inventory.objects
    for workload in cluster.workloads:
        yield workload.source
        yield from (text.source for text in workload.texts)


class _Writer(Pickler):
    def __init__(self, file: io.BytesIO, both: Iterable[object]) -> None:
        super().__init__(file, 5)
        known = [*both]
        numbers = {id(one): number for number, one in enumerate(known)}

        def numbered(one: Any) -> str | tuple[Any, ...]:
            number = numbers.get(id(one))
            if number is not None:
                return own, (number,)
            if isinstance(one, (Object, Workload, Service)):
                raise PicklingError(f"{one} is not the cluster's own")
            # an edge, say, that was made of another one
            plainly: str | tuple[Any, ...] = one.__reduce_ex__(5)
            return plainly

        # By their classes: `persistent_id` would be asked of each text as well, and took as long as all the rest.
        kinds = {*map(type, known), Object, Workload, Service} - {type(None)}
        self.dispatch_table = dict.fromkeys(kinds, numbered)


class _Reader(Unpickler):
    def __init__(self, carried: bytes, both: Iterable[object]) -> None:
        super().__init__(io.BytesIO(carried))
        self._own = [*both].__getitem__

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        return self._own if found is own else found


def own(number: int) -> object:
    """Stands in what is carried for the reader's own thing of that number."""
    raise AssertionError(number)
