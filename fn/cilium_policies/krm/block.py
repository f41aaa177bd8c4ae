"""Edits of a ResourceList in block style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from cilium_policies.document.finding import Finding
from cilium_policies.document.source import Source
from cilium_policies.krm.edit import Edit, New, as_entry, starts_line
from cilium_policies.krm.results import as_yaml


def edits(
    source: Source,
    drop: Set[int],
    replace: Mapping[int, New],
    append: Sequence[New],
    results: Sequence[Finding],
) -> list[Edit]:
    """See `answer.pieces`."""
    frame = source.frame
    if frame.items_flow and source.items:
        from cilium_policies.krm import flow

        changes = flow.item_edits(source, drop, replace, append)
    else:
        changes = _item_edits(source, drop, replace, append)
    return changes + _result_edits(source, results)


def _item_edits(
    source: Source, drop: Set[int], replace: Mapping[int, New], append: Sequence[New]
) -> list[Edit]:
    frame, newline = source.frame, source.newline
    column = frame.dash_column
    changes = [(source.items[index].start, source.items[index].end, b"") for index in sorted(drop)]
    for index, new in replace.items():
        item = source.items[index]
        changes.append((item.start, item.end, as_entry(new.yaml(), column, newline)))
    entries = [as_entry(new.yaml(), column, newline) for new in append]
    if frame.items is None:
        if entries:
            head = _line_end(source, frame.end) + b"items:" + newline
            changes += ((frame.end, frame.end, text) for text in (head, *entries))
    elif source.items:
        end = frame.items[1]
        if entries:  # an edit each: joined they would stand in memory twice
            changes += ((end, end, text) for text in (_line_end(source, end), *entries))
        elif len(drop) == len(source.items):
            changes.append((frame.items[0], frame.items[0], b" []"))
    elif entries:
        text = b"".join(entries)
        start, end = frame.items
        start -= source.data[start - 1 : start] == b" "
        blank = source.data[end : end + 1] in (b"\n", b"\r", b"")
        changes.append((start, end, newline + (text.removesuffix(newline) if blank else text)))
    return changes


def _result_edits(source: Source, results: Sequence[Finding]) -> list[Edit]:
    frame = source.frame
    text = as_yaml(source, results).replace(b"\n", source.newline)
    if frame.results is not None:
        return [(*frame.results, _line_end(source, frame.results[0]) + text if text else b"")]
    if text:
        return [(frame.end, frame.end, _line_end(source, frame.end) + text)]
    return []


def _line_end(source: Source, at: int) -> bytes:
    """What must be written before a new line at this offset."""
    return b"" if starts_line(source.data, at) else source.newline
