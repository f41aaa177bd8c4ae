"""What kustomize writes into the annotations of each item of a list for itself, and takes out again.

It is a third of the lines of a usual item, and nobody asks for it: an object's body is read without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from cilium_policies.document.peek import Bounds, ends_in_quotes

_KEYS = (
    b"config.kubernetes.io/index",
    b"internal.config.kubernetes.io/index",
    b"internal.config.kubernetes.io/annotations-migration-resource-id",
)
IDS = (b"internal.config.kubernetes.io/id", b"config.k8s.io/id")  # behind them
ID = b"kustomize.config.k8s.io/id: |\n"
_NUMBERED = rb"(?:index|id|annotations-migration-resource-id)"


class Layout:
    """The patterns where the keys of annotations stand at `column`."""

    __slots__ = ("end", "first", "head", "id", "number", "numbers", "usual")

    def __init__(self, column: int) -> None:
        pad = b" " * column
        self.head = b"\n" + pad[2:] + b"annotations:"
        self.first = b"\n" + pad + ID
        self.id = re.compile(
            rb"\n%skustomize\.config\.k8s\.io/id: \|(?:\n%s  [^\n]*)+(?=\n {0,%d}[^ \n])" % (pad, pad, column)
        )
        self.number = b"\n" + pad + b"config.kubernetes.io/index: '"
        self.usual = re.compile(  # all of them, in kustomize's order
            rb"(%s)(%s)(?=\n)(?!\n%s(?:internal\.)?config\.k)" % (_lines(pad, _KEYS), _lines(pad, IDS), pad)
        )
        self.numbers = re.compile(
            rb"(?:\n%s(?:internal\.)?config\.k(?:ubernetes|8s)\.io/%s: '[0-9]+')+(?=\n)" % (pad, _NUMBERED)
        )
        self.end = re.compile(rb"\n {0,%d}[^ \n]" % (column - 1))

    def bounds(self, data: bytes, metadata: int, end: int) -> Bounds:
        """What of an item is bookkeeping: where kustomize's id begins and ends, then the same of the lines with a
        number; in the usual order of these, where the two `IDS` at their end begin stands between. `metadata` is the
        newline behind `metadata:`. Annotations of another layout are none.

        Bare numbers, and the same one where the lines follow the id at once: spans took a thirtieth of a large run.
        """
        if not data.startswith(self.head, metadata):
            return ()
        first = self.id.match(data, self._behind(data, metadata + len(self.head), end, self.first), end)
        if first is None:
            return ()
        start, stop = first.span()
        place = self._behind(data, stop, end, self.number)
        usual = self.usual.match(data, place, end)
        if usual is not None:
            return start, stop, place, *usual.span(2)
        numbers = self.numbers.match(data, place, end)
        return (start, stop, place, numbers.end()) if numbers else (start, stop)

    def _behind(self, data: bytes, start: int, end: int, key: bytes) -> int:
        """Where a key of the annotations that go on at `start` stands; `end` where that is not sure."""
        if data.startswith(key, start):
            return start
        place = data.find(key, start, end)
        sure = place >= 0 and not (self.end.search(data, start, place) or ends_in_quotes(data, start, place))
        return place if sure else end


def _lines(pad: bytes, keys: Iterable[bytes]) -> bytes:
    return b"".join(rb"\n%s%s: '[0-9]+'" % (pad, re.escape(key)) for key in keys)


layout = lru_cache(maxsize=8)(Layout)
