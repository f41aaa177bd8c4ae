"""Connections that `audit` counts together."""

from __future__ import annotations

from cilium_policies.questions.flows import Flow


class Group:
    """Connections of one kind: the same ends, port and direction."""

    __slots__ = ("count", "covered", "dropped", "first", "last", "uncovered")

    def __init__(self, time: str) -> None:
        self.count = self.covered = self.uncovered = self.dropped = 0
        self.first = self.last = time

    def add(self, flow: Flow, *, again: bool) -> None:
        """`again`: a further packet of a connection that is counted; what became of it still matters."""
        self.count += not again
        self.dropped += flow.dropped
        self.covered += flow.covered
        self.uncovered += not (flow.covered or flow.dropped)
        if flow.time:
            self.first = min(self.first or flow.time, flow.time)
            self.last = max(self.last, flow.time)

    def join(self, other: Group) -> None:
        """Counts another group's flows too."""
        self.count += other.count
        self.first = min(filter(None, (self.first, other.first)), default="")
        self.last = max(self.last, other.last)
