"""Edits of a ResourceList in flow style: JSON, or YAML that looks like it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from cilium_policies.document.finding import Finding
from cilium_policies.document.source import Item, Source
from cilium_policies.krm.edit import Edit, New

COMMENT = re.compile(rb"#[^\n]*")


def edits(
    source: Source,
    drop: Set[int],
    replace: Mapping[int, New],
    append: Sequence[New],
    results: Sequence[Finding],
) -> list[Edit]:
    """See `answer.pieces`."""
    return item_edits(source, drop, replace, append) + _result_edits(source, results)


def stream_edits(source: Source, drop: Set[int], replace: Mapping[int, New]) -> list[Edit]:
    """The same for JSON documents one after the other."""
    changes: list[Edit] = [(source.items[index].start, source.items[index].end, b"") for index in drop]
    return changes + _replacements(source, replace)


def item_edits(
    source: Source, drop: Set[int], replace: Mapping[int, New], append: Sequence[New]
) -> list[Edit]:
    """The edits of the flow list that `items` is, or will be."""
    frame = source.frame
    changes = [*_removals(source, drop), *_replacements(source, replace)]
    if not append:
        return changes
    new = [one.json() for one in append]
    if frame.items is None:
        changes.append(_entry(source, b'"items": [' + b", ".join(new) + b"]"))
    elif not frame.items_flow:
        gap = b"" if source.data[frame.items[0] - 1 : frame.items[0]] in b" \t\n" else b" "
        changes.append((*frame.items, gap + b"[" + b", ".join(new) + b"]"))
    else:
        end = frame.items[1] - 1
        gap = _gap(source)
        left = len(source.items) > len(drop)
        tail = source.data[source.items[-1].end : end] if source.items else b""
        at = end if b"#" in tail or not left else source.items[-1].end + len(tail.rstrip())
        if b"," in COMMENT.sub(b"", tail):
            gap = gap.removeprefix(b",")
        changes.append((at, at, (gap if left else b"") + gap.join(new)))
    return changes


def _gap(source: Source) -> bytes:
    """What separates two items: a comma, and the white space that stands before the first one."""
    if not source.items or source.frame.items is None:
        return b", "
    before = source.data[source.frame.items[0] + 1 : source.items[0].start]
    return b"," + before if before.isspace() else b", "


def _removals(source: Source, drop: Set[int]) -> list[Edit]:
    """Cuts that take each run of dropped items away with one comma."""
    items, changes = source.items, []
    index = 0
    while index < len(items):
        if index not in drop:
            index += 1
            continue
        first = index
        while index < len(items) and index in drop:
            index += 1
        if index < len(items):
            changes.append((items[first].start, items[index].start, b""))
        elif first:
            changes.append((items[first - 1].end, items[index - 1].end, b""))
        elif source.frame.items is not None:
            changes.append((items[0].start, source.frame.items[1] - 1, b""))
    return changes


def _replacements(source: Source, replace: Mapping[int, New]) -> list[Edit]:
    items: list[Item] = source.items
    return [(items[index].start, items[index].end, new.json()) for index, new in replace.items()]


def _result_edits(source: Source, results: Sequence[Finding]) -> list[Edit]:
    frame = source.frame
    if not results and frame.results is None:
        return []
    from cilium_policies.krm.json_text import dump
    from cilium_policies.krm.results import entries

    text = b'"results": ' + dump(entries(source, results))
    return [(*frame.results, text)] if frame.results is not None else [_entry(source, text)]


def _entry(source: Source, text: bytes) -> Edit:
    """A further top-level entry, before the closing brace."""
    end = source.frame.end
    before = source.data[:end].rstrip()
    at = end if b"#" in before[before.rfind(b"\n") + 1 :] else len(before)
    comma = b"" if before.endswith((b",", b"{")) else b", "
    return at, at, comma + text
