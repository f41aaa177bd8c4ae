"""What kustomize writes into the annotations of each item of a list for itself, and takes out again.

It is a third of the lines of a usual item, and nobody asks for it: an object's body is read without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from cilium_policies.document.peek import ends_in_quotes

Spans = tuple[tuple[int, int], ...]
_KEYS = (
    b"config.kubernetes.io/index",
    b"internal.config.kubernetes.io/index",
    b"internal.config.kubernetes.io/annotations-migration-resource-id",
)
IDS = (b"internal.config.kubernetes.io/id", b"config.k8s.io/id")  # behind them
_NUMBERED = rb"(?:index|id|annotations-migration-resource-id)"


class Layout:
    """The patterns where the keys of annotations stand at `column`."""

    __slots__ = ("end", "first", "head", "id", "number", "numbers", "usual")

    def __init__(self, column: int) -> None:
        pad = b" " * column
        self.head = b"\n" + pad[2:] + b"annotations:"
        self.first = b"\n" + pad + b"kustomize.config.k8s.io/id: |\n"
        self.id = re.compile(
            rb"\n%skustomize\.config\.k8s\.io/id: \|(?:\n%s  [^\n]*)+(?=\n {0,%d}[^ \n])" % (pad, pad, column)
        )
        self.number = b"\n" + pad + b"config.kubernetes.io/index: '"
        self.numbers = re.compile(
            rb"(?:\n%s(?:internal\.)?config\.k(?:ubernetes|8s)\.io/%s: '[0-9]+')+(?=\n)" % (pad, _NUMBERED)
        )
        head = rb"\n%sannotations:(\n%skustomize\.config\.k8s\.io/id: \|(?:\n%s  [^\n]*)+)" % (
            pad[2:],
            pad,
            pad,
        )
        ids = _lines(pad, IDS) + rb"(?=\n)(?!\n%s(?:internal\.)?config\.k)" % pad
        self.usual = re.compile(  # kustomize's own: nothing stands before or between them
            rb"%s(?:(%s)(%s)|(?=\n%sconfig\.kubernetes\.io/index: ')(%s))"
            % (head, _lines(pad, _KEYS), ids, pad, self.numbers.pattern)
        )
        self.end = re.compile(rb"\n {0,%d}[^ \n]" % (column - 1))

    def is_key(self, data: bytes, start: int, place: int) -> bool:
        """Whether what stands at `place` is surely a key of the annotations that begin at `start`."""
        return not (place < 0 or self.end.search(data, start, place) or ends_in_quotes(data, start, place))


def _lines(pad: bytes, keys: Iterable[bytes]) -> bytes:
    return b"".join(rb"\n%s%s: '[0-9]+'" % (pad, re.escape(key)) for key in keys)


layout = lru_cache(maxsize=8)(Layout)


def spans_of(usual: re.Match[bytes]) -> Spans:
    """The same of the usual layout, once it is matched."""
    if usual.end(3) < 0:
        return usual.span(1), usual.span(4)
    return usual.span(1), usual.span(2), usual.span(3)


def spans(data: bytes, metadata: int, end: int, column: int) -> Spans:
    """What of an item is bookkeeping: kustomize's id, then lines with a number; in the usual layout the two `IDS` are a
    span of their own. `metadata` is the newline behind `metadata:`, `column` that of the keys of its annotations.
    Annotations of another layout are none."""
    lines = layout(column)
    usual = lines.usual.match(data, metadata, end)
    if usual is not None:
        return spans_of(usual)
    if not data.startswith(lines.head, metadata):
        return ()
    start = metadata + len(lines.head)
    place = data.find(lines.first, start, end)
    if place != start and not lines.is_key(data, start, place):
        return ()
    first = lines.id.match(data, place, end)
    if first is None:
        return ()
    at = first.end()
    place = data.find(lines.number, at, end)
    if place != at and not lines.is_key(data, at, place):
        return (first.span(),)
    numbers = lines.numbers.match(data, place, end)
    return (first.span(), numbers.span()) if numbers else (first.span(),)
