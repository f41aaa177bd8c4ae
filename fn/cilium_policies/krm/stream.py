"""Edits of a YAML stream: documents between `---` lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from cilium_policies.document.source import Item, Source
from cilium_policies.document.stream import BARE
from cilium_policies.krm.edit import Edit, New, as_lines, starts_line


def edits(source: Source, drop: Set[int], replace: Mapping[int, New], append: Sequence[New]) -> list[Edit]:
    """See `answer.pieces`."""
    changes = [_removal(source, source.items[index]) for index in sorted(drop)]
    for index, new in replace.items():
        item = source.items[index]
        on_marker = source.data.startswith((b"---", b"%"), item.start)
        changes.append((item.start, item.end, as_lines(b"---\n" * on_marker + new.yaml(), source.newline)))
    if append:
        changes.append(_addition(source, changes, append))
    return changes


def _removal(source: Source, item: Item) -> Edit:
    """Cut a document and one separator: the one before it, else the one behind it."""
    data = source.data
    line = data.rfind(b"\n", 0, max(item.start - 1, 0)) + 1
    if item.start > line and BARE.match(data, line, item.start):
        return line, item.end, b""
    behind = BARE.match(data, item.end)
    if behind is None or data.startswith((b"---", b"%"), item.start):
        return item.start, item.end, b""
    return item.start, behind.end(), b""


def _addition(source: Source, changes: list[Edit], append: Sequence[New]) -> Edit:
    """The new documents at the end; the first brings its own `---` unless the last line is one."""
    data = source.data
    size = len(data)
    last_line = data.rfind(b"\n", 0, max(size - 1, 0)) + 1
    separator = BARE.fullmatch(data, last_line) is not None and last_line < size
    if any(start <= last_line < end for start, end, _ in changes):
        separator = False
    text = b"" if starts_line(data, size) or any(end == size for _, end, _ in changes) else b"\n"
    text += b"" if separator else b"---\n"
    text += b"---\n".join(new.yaml().strip(b"\n") + b"\n" for new in append)
    if source.newline != b"\n":
        text = text.replace(b"\n", source.newline)
    return size, size, text
