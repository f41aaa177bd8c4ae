"""Where the items of a stream stand and what they are, as plain values: another process may have found them."""

from __future__ import annotations

from cilium_policies.document.finding import Finding
from cilium_policies.document.source import STREAM, Item, Source

# Of each item what `spans` lists; then the findings.
Found = tuple[list[tuple[int, int, str, str, str, str, int, int]], list[tuple[str | int, ...]]]


def spans(source: Source) -> Found | None:
    """Those of a stream's items, with what is odd about them; None for any other input."""
    if source.form != STREAM:
        return None
    items = [
        (one.start, one.end, one.api_version, one.kind, one.namespace, one.name, one.metadata, one.line)
        for one in source.items
    ]
    return items, [tuple(one) for one in source.findings]


def source_of(data: bytes, file: str, found: Found) -> Source:
    """The source again, over the same bytes; no `Item.identify`, as a `Peek` of each costs more than the rest."""
    items, findings = found
    made = Source(data, file, STREAM)
    made.findings = [Finding(*one) for one in findings]  # type: ignore[arg-type]
    for index, (start, end, api_version, kind, namespace, name, metadata, line) in enumerate(items):
        item = Item(made, index, start, end)
        item.api_version, item.kind, item.namespace, item.name = api_version, kind, namespace, name
        item.metadata, item._line = metadata, line
        made.items.append(item)
    return made
