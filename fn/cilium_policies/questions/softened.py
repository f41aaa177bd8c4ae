"""What an upgrade takes back: policies of this program that no longer deny, and directions that it no longer knows."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.config.model import EGRESS, INGRESS
from cilium_policies.generate.plan import Plan
from cilium_policies.kube.inventory import rule_sets
from cilium_policies.kube.objects import Mapping, Object, at, flag

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
        direction in spec and flag(at(spec, "enableDefaultDeny", direction), True) for spec in rule_sets(one)
    )


def denied_unknown(own: Iterable[Object], made_anew: Iterable[Object], after: Plan) -> list[str]:
    """Directions that the policies before (`own`) deny and of which this version knows nothing, each with the reason.

    Where `own` is what this version makes of the same manifests (`made_anew`) nothing is said: then both sides know the
    same. Else another version wrote them, which may have known, or thought to know, what those pods need."""
    before = list(own)
    if _rules(before) == _rules(made_anew):
        return []
    closed = {
        (one.namespace, direction) for one in before for direction in _DIRECTIONS if _is_hard(one, direction)
    }
    return [
        f"{one.place} {direction}: {one.sentence}"
        for one in sorted(after.uncovered, key=lambda one: (one.place, one.direction))
        for direction in one.directions
        if (one.namespace, direction) in closed
    ]


def _rules(policies: Iterable[Object]) -> dict[tuple[str, str], list[Mapping]]:
    """What each policy says, but for the mode."""
    return {
        (one.namespace, one.name): [
            {key: value for key, value in spec.items() if key != "enableDefaultDeny"}
            for spec in rule_sets(one)
        ]
        for one in policies
    }
