"""The documents of a YAML stream as spans.

A line that begins with `---` or `...` (then white space or nothing) is a marker wherever it stands: quoted
scalars may not hold one at column 0, and nothing else reaches column 0. So cutting at these lines is exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

START = b"---"
BLANK_LINES = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z))*")
PREFIX = re.compile(rb"(?:(?:[ \t]*(?:#[^\n]*)?|%[^\n]*)(?:\n|\Z))*")  # what may stand before a `---`
BARE = re.compile(rb"---[ \t]*(?:(?<=[ \t])#[^\n]*)?\r?(?:\n|\Z)")


def markers(data: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The offset and the three characters of each marker line, in order."""
    size = len(data)
    if data.startswith((b"---", b"..."), start) and _ends(data, start + 3, size):
        yield start, data[start : start + 3]
    dashes, dots = data.find(b"\n---", start), data.find(b"\n...", start)
    while dashes >= 0 or dots >= 0:
        if dots < 0 or 0 <= dashes < dots:
            at, dashes = dashes, data.find(b"\n---", dashes + 1)
        else:
            at, dots = dots, data.find(b"\n...", dots + 1)
        if _ends(data, at + 4, size):
            yield at + 1, data[at + 1 : at + 4]


def _ends(data: bytes, at: int, size: int) -> bool:
    return at == size or data[at] in b" \t\r\n"


def documents(data: bytes, start: int) -> list[tuple[int, int]]:
    """The spans of the documents that hold more than blanks and comments (a `null` counts as more).

    A span begins behind its bare `---` line; at the marker where content stands on that line; at the first
    directive where there are some. It ends at the next marker, or where the next span begins.
    """
    spans: list[tuple[int, int]] = []
    begin, after_start = start, False  # where the open segment begins; whether a `---` opened it
    for at, marker in markers(data, start):
        directives = _close(spans, data, begin, at, after_start)
        after_start = marker == START
        bare = BARE.match(data, at) if after_start else None
        if bare is not None and directives < 0:
            begin = bare.end()
        elif after_start:
            begin = at if directives < 0 else directives
        else:
            line = data.find(b"\n", at)
            begin = len(data) if line < 0 else line + 1
    directives = _close(spans, data, begin, len(data), after_start)
    if directives >= 0:  # with nothing behind them: not YAML, and the parser says so
        spans.append((directives, len(data)))
    return spans


def _close(spans: list[tuple[int, int]], data: bytes, begin: int, end: int, after_start: bool) -> int:
    """Note the segment as a document unless it is blank; the offset of directives that lead the next one."""
    if begin >= end or BLANK_LINES.match(data, begin, end).end() == end:  # type: ignore[union-attr]
        return -1
    if not after_start and PREFIX.match(data, begin, end).end() == end:  # type: ignore[union-attr]
        return begin if data.startswith(b"%", begin) else data.find(b"\n%", begin, end) + 1
    spans.append((begin, end))
    return -1
