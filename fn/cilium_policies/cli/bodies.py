"""The bodies of a large input, parsed by two processes: what is read of every cluster is most of what finding its pods
takes. Only commands that a person waits for ask for it, as `aside` is for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from cilium_policies.cli.aside import InTurn, is_worthwhile
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.source import Item, Source
from cilium_policies.kube.kinds import ROUTE_KINDS
from cilium_policies.kube.objects import Mapping, Object, mapping
from cilium_policies.kube.pods import WORKLOAD_KINDS
from cilium_policies.kube.secret_writers import WRITERS
from cilium_policies.lean import Any

Ready = Callable[[list[Object]], None]

# Kinds that every plan reads: to find the pods, and once they are found
_FIRST = WORKLOAD_KINDS | {"Service", "ConfigMap", *WRITERS}
_THEN = {"ServiceMonitor", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", *ROUTE_KINDS}
# Bytes of a ConfigMap: longer ones are mostly dashboards, which no pod mounts and nobody reads
_SHORT = 2_000
_MANY = 2_000  # objects of these kinds: for fewer, a copy of the process costs more than it spares
_THERE = 0.66  # the copy's share of the first: this process reads names and the config meanwhile


def parsing(sources: Iterable[Source]) -> Ready:
    """Begins to parse what every plan reads and nobody has parsed so far, in a copy of this process at once. What comes
    back is to be called with the objects twice: when the bodies are wanted of which pods are found, where it parses
    this process's share and hands over the copy's; and once the pods are found, with the others."""
    items = [item for source in sources for item in source.items if not item.is_parsed]
    first = [item for item in items if item.kind in _FIRST and not _is_long(item)]
    then = [item for item in items if item.kind in _THEN]
    if len(first) + len(then) < _MANY or not is_worthwhile():
        return _nothing
    return _Parsing(first, then).ready


def _is_long(item: Item) -> bool:
    return item.kind == "ConfigMap" and item.end - item.start > _SHORT


def _nothing(_: list[Object]) -> None:
    pass


class _Parsing:
    def __init__(self, first: list[Item], then: list[Item]) -> None:
        here = round(len(first) * (1 - _THERE))
        self._shares = [(first[:here], first[here:]), ([], then)]  # this process's and the copy's, each time
        self._turns = InTurn(partial(_work, [there for _, there in self._shares]))

    def ready(self, objects: list[Object]) -> None:
        here, there = self._shares.pop(0)
        bodies = [*_bodies(here), *self._turns.next()]
        known = {id(item): body for item, body in zip([*here, *there], bodies, strict=True)}
        for one in objects:
            if (body := known.get(id(one.item))) is not None:
                one.parsed(body)
        if not self._shares:
            self._turns.end()


def _work(parts: list[list[Item]], _: Callable[[], Any]) -> Iterator[list[Mapping | None]]:
    yield from map(_bodies, parts)


def _bodies(items: list[Item]) -> list[Mapping | None]:
    return list(map(_body, items))


def _body(item: Item) -> Mapping | None:
    """None for what cannot be parsed: who reads it says so, where it is read."""
    try:
        return mapping(item.body())
    except RefusedError:
        return None
