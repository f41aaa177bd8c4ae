"""The anchors of one document, and the budget that keeps an alias bomb small."""

from __future__ import annotations

from cilium_policies.document.limits import ALIASED_NODES, ALIASED_SHARE, Value
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.lean import Any


class DocumentError(CiliumPoliciesError):
    """What is wrong with a document, its cure, and the place of the event that shows it."""

    def __init__(self, message: str, cure: str, event: Any) -> None:
        super().__init__(message)
        self.message, self.cure, self.mark = message, cure, event.start_mark


class UnknownAnchorError(DocumentError):
    """An alias without its anchor, which may stand in another item."""

    def __init__(self, event: Any) -> None:
        # Without its name: that of an alias in a Secret is a password whose quotes somebody forgot.
        cure = "define its anchor (&NAME) before it, or quote a text that begins with *"
        super().__init__("unknown alias", cure, event)


class Anchors:
    """Values by anchor, with their sizes in nodes as they would be written out without aliases."""

    __slots__ = ("_nodes", "_open", "_sizes", "_values", "_written")

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._sizes: dict[str, int] = {}
        self._open: list[int] = []  # the count of nodes at the start of each open collection
        self._nodes = 0
        self._written = 0

    def scalar(self, event: Any, value: Value) -> None:
        """Count a scalar, and keep it when it has an anchor."""
        self._nodes += 1
        self._written += 1
        if event.anchor is not None:
            self._values[event.anchor] = value
            self._sizes[event.anchor] = 1

    def start(self, event: Any) -> None:
        """A collection begins; until it ends its anchor is not known, so it cannot hold itself."""
        self._values.pop(event.anchor, None)
        self._open.append(self._nodes)
        self._nodes += 1
        self._written += 1

    def end(self, event: Any, value: Value) -> None:
        """The collection that `event` began is complete."""
        before = self._open.pop()
        if event.anchor is not None:
            self._values[event.anchor] = value
            self._sizes[event.anchor] = self._nodes - before

    def resolve(self, event: Any) -> Value:
        """The value that an alias stands for. Raises DocumentError for an unknown one and for an alias bomb."""
        name = event.anchor
        if name not in self._values:
            raise UnknownAnchorError(event)
        self._nodes += self._sizes[name]
        if self._nodes > ALIASED_NODES + ALIASED_SHARE * self._written:
            raise DocumentError(
                "aliases multiply the document (an alias bomb)", "write the values out", event
            )
        return self._values[name]
