"""An input as items: which form it has, and where each item stands."""

from __future__ import annotations

import re

from cilium_policies.document import blocks, stream
from cilium_policies.document.check import check_bytes
from cilium_policies.document.finding import WARNING, Refused, refused
from cilium_policies.document.peek import Layout, Peek, layout, peek, peek_at
from cilium_policies.document.source import JSON, RESOURCE_LIST, STREAM, Item, Source, flatten, identity

BOM = b"\xef\xbb\xbf"
NAMED = re.compile(rb"(?:(?:\A|\n)|[{,\"'\s])kind[\"']?[ \t\r\n]*:[ \t\r\n]*[\"']?ResourceList\b")
FLOW = re.compile(rb"[ \t\r\n]*[{\[]")
DOCUMENT = layout(0, False)


def split(data: bytes, file: str = "stdin") -> Source:
    """The items of a ResourceList, of a YAML stream, or of JSON documents one after the other.

    Documents that are empty or null are no items. An item that cannot be read has no kind and an error among
    `findings`; it passes through all the same. Raises Refused where the whole cannot be read: bytes that are
    not UTF-8 text, a ResourceList that is not YAML or has no list of items.
    """
    check_bytes(data, file)
    start = len(BOM) if data.startswith(BOM) else 0
    spans = stream.documents(data, start)
    if b"ResourceList" in data:
        source = _resource_list(data, file, spans)
        if source is not None:
            return source
    if len(spans) == 1 and FLOW.match(data, *spans[0]):
        source = _json(data, file, *spans[0])
        if source is not None:
            return source
    return _stream(data, file, spans)


def _resource_list(data: bytes, file: str, spans: list[tuple[int, int]]) -> Source | None:
    """The ResourceList that this is; None when it is none."""
    for start, end in spans:
        if NAMED.search(data, start, end) is None:
            continue
        source = Source(data, file, RESOURCE_LIST)
        if not blocks.fill(source, start, end):
            seen = _peek(data, start, end, DOCUMENT)
            if seen is not None and seen.kind != "ResourceList":
                continue
            from cilium_policies.document import marks

            source = Source(data, file, RESOURCE_LIST)
            if not marks.fill(source, start, end):
                continue
        if len(spans) > 1:
            line = data.count(b"\n", 0, spans[1][0]) + 1
            raise refused("a ResourceList stands beside other documents", "keep the ResourceList alone",
                          file=file, line=line)  # fmt: skip
        columns = layout(source.frame.dash_column + 2, True)
        for item in source.items:
            _identify(item, columns)
        return source
    return None


def _stream(data: bytes, file: str, spans: list[tuple[int, int]]) -> Source:
    source = Source(data, file, STREAM)
    for start, end in spans:
        item = Item(source, len(source.items), start, end)
        if not _identify(item, DOCUMENT):
            source.items.append(item)
    return source


def _json(data: bytes, file: str, start: int, end: int) -> Source | None:
    """JSON documents one after the other; None where the text is not JSON (flow-style YAML, say)."""
    import json

    text = data[start:end].decode()
    decode = json.JSONDecoder().raw_decode
    source = Source(data, file, JSON)
    at = len(text) - len(text.lstrip())
    offset = start + at
    try:
        while at < len(text):
            stop = decode(text, at)[1]
            size = len(text[at:stop].encode())
            item = Item(source, len(source.items), offset, offset + size)
            source.items.append(item)
            at = stop + len(text) - stop - len(text[stop:].lstrip())
            offset += size + at - stop
    except (ValueError, RecursionError):
        return None
    for item in source.items:
        _identify(item, DOCUMENT)
    return source


def _identify(item: Item, columns: Layout) -> bool:
    """Read the item's identity; True when it is null. What is odd goes to the source's findings."""
    source = item.source
    peek = None
    if (item.dash >= 0) == columns.dashed:
        peek = _peek(source.data, item.start, item.end, columns)
    if peek is None:
        try:
            if item.load() is None and source.form == STREAM:
                return True
            peek = identity(item.load())
        except Refused as error:
            source.findings.append(error.finding)
            return False
    item.identify(peek)
    if not item.kind:
        what = "has no kind" if isinstance(item.load(), dict) else "is no mapping"
        source.findings.append(item.finding(WARNING, f"this document {what}: passed through unread"))
    return False


def _peek(data: bytes, start: int, end: int, columns: Layout) -> Peek | None:
    if start > 0 and data[start - 1] == 0x0A:
        return peek_at(data, start - 1, end, columns)
    if columns.dashed:
        return None
    found = peek(data[start:end])
    return found and found._replace(metadata=found.metadata + start - 1 if found.metadata >= 0 else -1)


__all__ = ["JSON", "RESOURCE_LIST", "STREAM", "Item", "Source", "flatten", "split"]
