"""Neighbours that share each label of a selector with very many: of those that are alike one is looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import itemgetter

from cilium_policies.kube.labels import ANY, SERVICE_ACCOUNT, stable
from cilium_policies.kube.pods import TASKS
from cilium_policies.workloads.model import Workload

_Label = tuple[str, str]


class Alike:
    """The workloads of a namespace, and by their labels (`index`) in the same order."""

    def __init__(self, neighbours: list[Workload], index: dict[_Label, list[Workload]]) -> None:
        self._index = index
        self._places = {id(one): place for place, one in enumerate(neighbours)}
        self._telling: dict[tuple[_Label, bool, bool], list[tuple[int, Workload]]] = {}

    def candidates(self, one: Workload) -> Iterator[Workload]:
        """The workloads that a selector may take in, for somebody who makes it narrower as they come: then the others
        are looked for by what it asks for now."""
        label, done = self._rarest(one.selector.items()), -1
        while label is not None:
            selector, now = one.selector, None
            bare = not one.rendered and selector.keys() <= stable(one.labels).keys()
            telling = self._told(label, account=SERVICE_ACCOUNT in selector, bare=bare)
            for place, other in islice(telling, bisect_right(telling, done, key=itemgetter(0)), None):
                yield other
                if one.selector is not selector:
                    wanted = (each for each in one.selector.items() if each[1] != ANY)  # any: nobody's list
                    now, done = self._rarest((label, *wanted)), place
                    break
            label = now

    def _rarest(self, labels: Iterable[_Label]) -> _Label | None:
        """The one of these labels that the fewest carry."""
        return min(labels, key=lambda label: len(self._index.get(label, ())), default=None)

    def _told(self, label: _Label, *, account: bool, bare: bool) -> list[tuple[int, Workload]]:
        key = (label, account, bare)
        if key not in self._telling:
            found = _telling(self._index.get(label, []), account=account, bare=bare)
            self._telling[key] = [(self._places[id(one)], one) for one in found]
        return self._telling[key]


def _telling(found: list[Workload], *, account: bool, bare: bool) -> Iterator[Workload]:
    """Of workloads that are alike the first, and the first of another component or instance: what keeps one of them out
    of a selector keeps out the others, and who shares a policy with the first may not with the second. `account`: the
    selector asks for a service account; `bare`: it has labels that last, and gets no others."""
    met: dict[tuple[object, ...], tuple[str, str] | None] = {}
    for one in found:
        key = (
            frozenset((stable(one.labels) if bare else one.labels).items()),
            one.kind in TASKS,
            one.rendered,
            account and one.service_account,
        )
        group = (one.component, one.instance) if one.component else None
        if key not in met:
            met[key] = group
            yield one
        elif met[key] not in (None, group):
            met[key] = None
            yield one
