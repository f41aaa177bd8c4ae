"""The bodies of a large input, parsed by two processes: what is read of every cluster is most of what finding its pods
takes. Only commands that a person waits for ask for it, as `aside` is for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from cilium_policies.document.finding import RefusedError
from cilium_policies.document.source import Item, Source
from cilium_policies.evidence.carried import Begin
from cilium_policies.kube.kinds import ROUTE_KINDS
from cilium_policies.kube.objects import Mapping, Object, mapping
from cilium_policies.kube.pods import WORKLOAD_KINDS

Ready = Callable[[list[Object]], None]

_READ = WORKLOAD_KINDS | {"Service", "ServiceMonitor", *ROUTE_KINDS}  # kinds that every plan reads
_MANY = 2_000  # objects of these kinds: for fewer, a copy of the process costs more than it spares
_THERE = 0.74  # the copy's share: this process reads names and the config meanwhile


def parsing(sources: Iterable[Source], begin: Begin) -> Ready:
    """Begins to parse what every plan reads and nobody has parsed so far, in a copy of this process at once. What comes
    back is to be called with the objects when their bodies are wanted: it parses this process's share, and hands over
    the copy's."""
    items = [item for source in sources for item in source.items if item.kind in _READ and not item.is_parsed]
    if len(items) < _MANY:
        return _nothing
    here = round(len(items) * (1 - _THERE))
    return partial(_taken, items, here, begin(partial(_bodies, items[here:])))


def _nothing(_: list[Object]) -> None:
    pass


def _taken(
    items: list[Item], here: int, answer: Callable[[], list[Mapping | None]], objects: list[Object]
) -> None:
    bodies = [*_bodies(items[:here]), *answer()]
    known = {id(item): body for item, body in zip(items, bodies, strict=True) if body is not None}
    for one in objects:
        if (body := known.get(id(one.item))) is not None:
            one.parsed(body)


def _bodies(items: list[Item]) -> list[Mapping | None]:
    return list(map(_body, items))


def _body(item: Item) -> Mapping | None:
    """None for what cannot be parsed: who reads it says so, where it is read."""
    try:
        return mapping(item.body())
    except RefusedError:
        return None
