"""The fast reader of a ResourceList in the layout that kustomize and kpt write.

Block style, top-level keys at column 0, the dashes of `items` all at one column, a key behind each dash. Then
a line at the dashes' column begins an item unless a quoted scalar spans it, and a line at column 0 begins an
entry. Whatever does not look like that is left to `marks`.
"""

from __future__ import annotations

import re
from itertools import chain

from cilium_policies.document import parse
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.peek import ends_in_quotes
from cilium_policies.document.source import Frame, Item, Source

LINE = re.compile(rb"\n[^ \n#]")  # at column 0
KEY = re.compile(rb"(apiVersion|kind|items|functionConfig|results):(?:[ ]+([^\n]*))?(?=\n|\Z)")
BLANK = re.compile(rb"\s*")
FIRST_DASH = re.compile(rb"(?:\n *(?:#[^\n]*)?(?=\n))*\n( *)- ")
BREAKS = (b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9")  # line ends to YAML 1.1, not to the patterns
# The top-level entries by key: where each begins and ends, and what stands behind its colon.
Entries = dict[str, tuple[int, int, bytes]]


def fill(source: Source, start: int, end: int) -> bool:
    """Fill `source` from the document at `start`; False where its layout is not the tools' own."""
    data = source.data
    if b"\r" in data or (not data.isascii() and any(mark in data for mark in BREAKS)):
        return False
    entries, dashes = _entries(data, start, end) or (None, [])
    if entries is None or entries.get("kind", (0, 0, b""))[2] != b"ResourceList":
        return False
    if not entries.get("apiVersion", (0, 0, b""))[2].startswith(b"config.kubernetes.io/"):
        return False
    frame = source.frame = Frame()
    frame.end = end
    if not _items(source, entries, dashes):
        return False
    if "results" in entries:
        frame.results = entries["results"][:2]
    if "functionConfig" in entries:
        begin, stop, _ = entries["functionConfig"]
        source.function_config = Item(source, -1, begin + len(b"functionConfig:"), stop)
    return _sound(source, entries)


def _entries(data: bytes, start: int, end: int) -> tuple[Entries, list[int]] | None:
    """The top-level entries, and where a dash stands at column 0: one pass over the text, which may be long."""
    found: list[tuple[str, int, bytes]] = []
    dashes: list[int] = []
    lines = (line.end() - 1 for line in LINE.finditer(data, start, end))
    for at in chain([start], lines):
        if at > start and data.startswith(b"- ", at, end):
            dashes.append(at)
            continue
        key = KEY.match(data, at, end)
        if key is None:
            return None
        found.append((key[1].decode(), at, (key[2] or b"").strip()))
    stops = [at for _, at, _ in found[1:]] + [end]
    entries = {name: (at, stop, value) for (name, at, value), stop in zip(found, stops, strict=True)}
    return (entries, dashes) if len(entries) == len(found) else None


def _items(source: Source, entries: Entries, dashes: list[int]) -> bool:
    """Read the entry `items`: absent, null, `[]` or a block list."""
    if "items" not in entries:
        return True
    frame, data = source.frame, source.data
    begin, stop, value = entries["items"]
    colon = begin + len(b"items:")
    if value == b"[]":
        frame.items_flow = True
        begin = data.find(b"[", colon)
        frame.items = (begin, begin + 2)
    elif value:
        return False
    elif BLANK.match(data, colon, stop).end() == stop:  # type: ignore[union-attr]
        frame.items = (colon, colon)
    else:
        frame.items = (colon, stop)
        return _cut(source, data.find(b"\n", colon), stop, dashes)
    return True


def _cut(source: Source, at: int, stop: int, dashes: list[int]) -> bool:
    """Cut the entry `items`, whose key's line ends at `at`, at its dashes; `dashes` are those at column 0."""
    data = source.data
    first = FIRST_DASH.match(data, at, stop) if at >= 0 else None
    if first is None:
        return False
    column = source.frame.dash_column = len(first[1])
    if column and not _is_deeper(data, at, stop, column):
        return False
    begin = first.start(1)
    items = source.items
    if column:
        dash = re.compile(rb"\n {%d}- " % column)
        dashes = [line.start() + 1 for line in dash.finditer(data, begin, stop)]
    for end in (*(one for one in dashes if begin < one < stop), stop):
        item = Item(source, len(items), begin, end, begin + column)
        if ends_in_quotes(data, begin, end) and not _is_whole(item):
            return False
        items.append(item)
        begin = end
    return True


def _is_deeper(data: bytes, at: int, stop: int, column: int) -> bool:
    """True when no line of the entry stands left of the dashes, blank lines and comments aside."""
    return re.compile(rb"\n {0,%d}[^ \n#]" % (column - 1)).search(data, at, stop) is None


def _is_whole(item: Item) -> bool:
    try:
        item.load()
    except RefusedError:
        return False
    item.forget()
    return True


def _sound(source: Source, entries: Entries) -> bool:
    """True when the text before each top-level key, and before the end, is complete YAML of its own.

    A quoted scalar or flow collection left open there would make the next key's line a part of it; at the
    end of the text it means that the input was cut off.
    """
    if source.items and not _is_whole(source.items[-1]):
        return False
    try:
        for begin, stop, _ in (entry for name, entry in entries.items() if name != "items"):
            parse.load(source.data[begin:stop])
    except RefusedError:
        return False
    return True
