"""kustomize's bookkeeping ids: a build takes the answer back faster without them, with the same output.

Only kustomize's own layout is cut: `annotations` first below `metadata`, one id a line. kpt carries comments
back by the ids, so they stay wherever an item has a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from cilium_policies.document.bookkeeping import IDS
from cilium_policies.document.peek import ends_in_quotes
from cilium_policies.document.source import RESOURCE_LIST, Item, Source
from cilium_policies.krm.edit import Edit
from cilium_policies.krm.kept import tool_annotations
from cilium_policies.krm.results import PATH_NOTE

NUMBER = rb"[0-9]+'(?=\n)"  # compiled where it is used: few inputs need it
PATHS = ("config.kubernetes.io/path", "internal.config.kubernetes.io/path")


def has_paths(source: Source) -> bool:
    """True when some item says which file it came from: then kpt (or `kustomize fn`) is asking."""
    if source.form != RESOURCE_LIST or not source.mentions(PATH_NOTE):
        return False
    noted = (item for item in source.items if item.mentions(PATH_NOTE))
    return any(not tool_annotations(item).keys().isdisjoint(PATHS) for item in noted)


def cuts(source: Source, besides: Set[int]) -> list[Edit]:
    """Edits that cut the two id annotations from every item but those in `besides`."""
    frame = source.frame
    if frame.flow or frame.items_flow or source.newline != b"\n" or has_paths(source):
        return []
    column = frame.dash_column + 6  # of the annotations' keys
    marks = [b"\n" + b" " * column + key + b": '" for key in IDS]
    data, edits = source.data, list[Edit]()
    for item in source.items:
        if item.metadata < 0 or item.index in besides:
            continue
        own = item.bookkeeping()
        if len(own) == 5:  # the usual order
            edits.append((*own[3:], b""))
        elif len(own) == 4:  # the usual layout: nothing but numbers stands there
            start, end = own[2:]
            for mark in marks:
                place = data.find(mark, start, end)
                if place >= 0:
                    edits.append((place, data.find(b"\n", place + 1, end + 1), b""))
        else:
            edits += _searched(source.data, item, column, marks)
    return edits


def _numbers(data: bytes, start: int, end: int, marks: list[bytes]) -> Iterator[Edit]:
    for mark in marks:
        place = data.find(mark, start, end)
        number = re.compile(NUMBER).match(data, place + len(mark), end) if place >= 0 else None
        if number is not None:
            yield place, number.end(), b""


def _searched(data: bytes, item: Item, column: int, marks: list[bytes]) -> Iterator[Edit]:
    """The same in annotations of any order, as far as they are plainly no part of a quoted text."""
    match = re.compile(rb"\n {%d}annotations:(?=\n)" % (column - 2)).match(data, item.metadata, item.end)
    if match is None:
        return
    start = match.end()
    after = re.compile(rb"\n {0,%d}[^ \n]" % (column - 2)).search(data, start, item.end)
    end = after.start() + 1 if after else item.end
    if data.find(b"\n" + b" " * column + b"config.kubernetes.io/index: ", start, end) < 0:
        return  # an empty mapping would be left
    for edit in _numbers(data, start, end, marks):
        if not ends_in_quotes(data, start, edit[0]):
            yield edit
