"""An input as items: which form it has, and where each item stands."""

from __future__ import annotations

import re

from cilium_policies.document import bookkeeping
from cilium_policies.document.check import check_bytes
from cilium_policies.document.finding import WARNING, Finding, RefusedError, refused
from cilium_policies.document.peek import Finder, Layout, Peek, layout, peek, peek_at
from cilium_policies.document.source import JSON, RESOURCE_LIST, STREAM, Item, Source, flatten, identity

BOM = b"\xef\xbb\xbf"
# Compiled where they are used: most runs never do.
NAMED = rb"(?:(?:\A|\n)|[{,\"'\s])kind[\"']?[ \t\r\n]*:[ \t\r\n]*[\"']?ResourceList\b"
BLANKS = r"[ \t\r\n]*"
FLOW = rb"[ \t\r\n]*[{\[]"
BEFORE_FLOW = b" \t\r\n{["  # what it begins with, as few texts do
NULL = Finding(WARNING, "null: passed through unread")


def split(data: bytes, file: str = "stdin") -> Source:
    """The items of a ResourceList, of a YAML stream, or of JSON documents one after the other.

    Documents that are empty or null are no items. An item that cannot be read has no kind and an error among
    `findings`; it passes through all the same. Raises RefusedError where the whole cannot be read: bytes that are
    not UTF-8 text, a ResourceList that is not YAML or has no list of items.
    """
    check_bytes(data, file)
    start = len(BOM) if data.startswith(BOM) else 0
    named = b"ResourceList" in data
    if named:
        from cilium_policies.document import blocks  # a build's many files are no such list

        blocky = Source(data, file, RESOURCE_LIST)
        if blocks.fill(blocky, start, len(data)):
            return _finished(blocky)
    from cilium_policies.document import stream  # few inputs of a build are one

    spans = stream.documents(data, start)
    if named:
        source = _resource_list(data, file, spans)
        if source is not None:
            return source
    if len(spans) == 1 and data[spans[0][0]] in BEFORE_FLOW and re.compile(FLOW).match(data, *spans[0]):
        source = _json(data, file, *spans[0])
        if source is not None:
            return source
    return _stream(data, file, spans)


def _resource_list(data: bytes, file: str, spans: list[tuple[int, int]]) -> Source | None:
    """The ResourceList that this is; None when it is none."""
    for start, end in spans:
        if re.compile(NAMED).search(data, start, end) is None:
            continue
        seen = _peek(data, start, end, layout(0, False))
        if seen is not None and seen.kind != "ResourceList":
            continue
        from cilium_policies.document import marks

        source = Source(data, file, RESOURCE_LIST)
        if not marks.fill(source, start, end):
            continue
        if len(spans) > 1:
            line = data.count(b"\n", 0, spans[1][0]) + 1
            raise refused("a ResourceList next to other documents", "keep the ResourceList alone",
                          file=file, line=line)  # fmt: skip
        return _finished(source)
    return None


def _finished(source: Source) -> Source:
    """A ResourceList with its items' identities. Raises RefusedError where the text ends inside an item that then
    lacks its kind or its name."""
    _identify(source, layout(source.frame.dash_column + 2, True))
    last = source.items[-1] if source.items else None
    if last is None or last.end < len(source.data) or source.data.endswith(b"\n"):
        return source
    if last.dash >= 0 and not (last.kind and last.name):
        raise refused("the input ends inside an item", "it was cut off; provide all of it", file=source.file,
                      line=source.data.count(b"\n") + 1)  # fmt: skip
    return source


def _stream(data: bytes, file: str, spans: list[tuple[int, int]]) -> Source:
    source = Source(data, file, STREAM)
    source.items = [Item(source, index, *span) for index, span in enumerate(spans)]
    _identify(source, layout(0, False))
    return source


def _json(data: bytes, file: str, start: int, end: int) -> Source | None:
    """JSON documents one after the other; None where the text is not JSON (flow-style YAML, say)."""
    import json

    text = data[start:end].decode()
    decode = json.JSONDecoder().raw_decode
    source = Source(data, file, JSON)
    at = _behind_blanks(text, 0)
    offset = start + at
    try:
        while at < len(text):
            stop = decode(text, at)[1]
            size = len(text[at:stop].encode())
            item = Item(source, len(source.items), offset, offset + size)
            source.items.append(item)
            at = _behind_blanks(text, stop)
            offset += size + at - stop
    except (ValueError, RecursionError):
        return None
    _identify(source, layout(0, False))
    return source


def _behind_blanks(text: str, at: int) -> int:
    match = re.compile(BLANKS).match(text, at)
    return match.end() if match else at


def _identify(source: Source, columns: Layout) -> None:
    """Read the identity of every item. Null documents are left out, what is odd goes to the findings."""
    data = source.data
    unsure: list[Item] = []
    own = bookkeeping.layout(columns.column + 4).bounds if columns.dashed and bookkeeping.ID in data else None
    for item in source.items:
        peeked = None
        if (item.dash >= 0) == columns.dashed:
            peeked = _peek(data, item.start, item.end, columns, own)
        if peeked is None:
            unsure.append(item)
        else:
            item.identify(peeked)
    odd = [(item, _parsed(item)) for item in unsure]
    if source.form == STREAM and any(found is NULL for _, found in odd):
        nulls = {id(item) for item, found in odd if found is NULL}
        source.items = [item for item in source.items if id(item) not in nulls]
        for index, item in enumerate(source.items):
            item.index = index
    source.findings = [
        found._replace(index=item.index)
        for item, found in odd
        if found and (found is not NULL or source.form != STREAM)
    ]


def _parsed(item: Item) -> Finding | None:
    """Read the identity from the parsed value; what is odd about it, NULL for a null."""
    try:
        value = item.load()
    except RefusedError as error:
        return error.finding
    item.identify(identity(value))
    if item.kind:
        return None
    if value is None:
        return NULL
    what = "has no kind" if isinstance(value, dict) else "is not a mapping"
    which = "item" if item.source.form == RESOURCE_LIST else "document"
    return item.finding(WARNING, f"this {which} {what}: passed through unread")


def _peek(data: bytes, start: int, end: int, columns: Layout, own: Finder | None = None) -> Peek | None:
    if start > 0 and data[start - 1] == 0x0A:
        return peek_at(data, start - 1, end, columns, own)
    if columns.dashed:
        return None
    found = peek(data[start:end])
    return found and found._replace(metadata=found.metadata + start - 1 if found.metadata >= 0 else -1)


__all__ = ["JSON", "RESOURCE_LIST", "STREAM", "Item", "Source", "flatten", "split"]
