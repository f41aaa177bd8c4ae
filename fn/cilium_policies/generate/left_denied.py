"""Directions that lack sides because the config gives nothing on the word of other namespaces alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cilium_policies.config.model import EGRESS
from cilium_policies.generate.foreign import Foreign
from cilium_policies.generate.uncovered import GUESSED, Key, Uncovered, of_workload, some


def left_denied(asked: Iterable[Foreign], told: Collection[Key]) -> Iterator[Uncovered]:
    """A line for each direction of which sides are denied so: what else is known of it does not say that it lacks some.
    `told`: those that have a line, or that the config closes."""
    found: dict[Key, list[Foreign]] = {}
    for one in asked:
        key = (one.workload.key, one.direction)
        if not one.open and one.workload.own and key not in told:
            found.setdefault(key, []).append(one)
    for (_, direction), sides in found.items():
        workload, asking = sides[0].workload, list(dict.fromkeys(one.asks for one in sides))
        pod = f"{{pod: {workload.namespace}/{workload.name}}}"
        # a line that opens it would be for whoever asked
        line = f"{{from: {pod}, to: none}}" if direction == EGRESS else f"{{from: none, to: {pod}}}"
        yield of_workload(GUESSED, "denied-to-others", direction, workload, (some(asking),), line)
