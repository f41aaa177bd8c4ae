"""What an upgrade takes back: policies of this program that no longer deny, and directions that it no longer knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.config.model import EGRESS, INGRESS
from cilium_policies.generate.plan import Plan
from cilium_policies.kube.objects import Mapping, Object, at, flag, mapping, mappings

_DIRECTIONS = (INGRESS, EGRESS)


def softened(before: Iterable[Object], after: Iterable[Object]) -> list[str]:
    """`a ingress: 3 policies go back to audit`, one line a namespace and direction: policies of the same name that
    denied by default and do no more."""
    now = {(one.namespace, one.name): one for one in after}
    found: dict[tuple[str, str], int] = {}
    for one in before:
        later = now.get((one.namespace, one.name))
        for direction in _DIRECTIONS if later is not None else ():
            if _is_hard(one, direction) and not _is_hard(later, direction):
                key = (one.namespace, direction)
                found[key] = found.get(key, 0) + 1
    return [
        f"{namespace} {direction}: {count} {'policy goes' if count == 1 else 'policies go'} back to audit"
        for (namespace, direction), count in sorted(found.items())
    ]


def unexplained(before: Plan, after: Plan) -> list[str]:
    """Directions of which nothing is known now and something was, or that were not there: each with the reason."""
    old = {f"{one.place} {direction}" for one in before.uncovered for direction in one.directions}
    new = {
        f"{one.place} {direction}": one.sentence for one in after.uncovered for direction in one.directions
    }
    return [f"{words}: {why}" for words, why in sorted(new.items()) if words not in old]


def _is_hard(one: Object | None, direction: str) -> bool:
    """Whether any of its rule sets denies by default in this direction."""
    return one is not None and any(
        direction in spec and flag(at(spec, "enableDefaultDeny", direction), True) for spec in _specs(one)
    )


def _specs(one: Object) -> Iterator[Mapping]:
    yield mapping(one.spec)
    yield from mappings(one.body.get("specs"))
