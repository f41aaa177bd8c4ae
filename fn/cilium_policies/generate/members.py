"""Pods of one operator's object, or of several objects that are one cluster, that all call each other: an edge each.

A hundred shards would be ten thousand edges. Where they are many, each has one edge that leads to itself and holds
`members`, those whom it stands for. A policy asks for its peers (`evidence.edge.with_peers`), whoever asks of single
pairs for their edges (`written_out`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.catalogue.flows import When
from cilium_policies.evidence.edge import Members, Peer
from cilium_policies.generate import roles
from cilium_policies.generate.roles import Roles
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.model import Workload

_OF_OBJECT = {"field", "is", "has", "matches", "not", "all", "any"}
_Found = tuple[Members, tuple[Port, ...]]


class Among:
    """Finds the members of an edge between them, once for all of them; `meant` are the peers of an edge of the
    catalogue for one of them, each with the ports."""

    def __init__(self, found: Roles) -> None:
        self._roles = found
        self._found: dict[tuple[object, ...], _Found | None] = {}

    def of(
        self,
        known: Known,
        one: Workload,
        ports: tuple[Port, ...],
        meant: Callable[[], Iterable[tuple[Peer, tuple[Port, ...]]]],
    ) -> _Found | None:
        """Whom an edge leads to that each member has to all of them, and on which ports; None for every other edge."""
        if known.peer != f"component:{one.component}" or known.direction != "egress" or known.by:
            return None
        if one.rendered or one.chart or one.source is None or known.part or known.of:
            return None
        members = self._roles.members(one)
        if len(members) < roles.MANY:
            return None
        key = (known.owner, known.number, ports, known.when is None, id(members))
        if key not in self._found:
            alike = known.when is None or (
                _is_of_object(known.when) and all(mate.source is one.source for mate in members)
            )
            found = list(meant()) if alike else []
            shown = {on for _, on in found}
            every = [peer.workload for peer, _ in found if peer.kind == "workload"]
            whole = (
                len(shown) == 1 and len(every) == len(members) and {*map(id, every)} == {*map(id, members)}
            )
            self._found[key] = (Members(every), shown.pop()) if whole else None
        return self._found[key]


def _is_of_object(when: When) -> bool:
    """Whether a condition asks of the object alone, which is the same for all that come of it."""
    if isinstance(when, list):
        return all(map(_is_of_object, when))
    if not isinstance(when, dict):
        return True
    return when.keys() <= _OF_OBJECT and all(map(_is_of_object, when.values()))
