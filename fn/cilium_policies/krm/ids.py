"""kustomize's bookkeeping ids: a build takes the answer back faster without them, with the same output.

Only kustomize's own layout is cut: `annotations` first below `metadata`, one id a line. kpt carries comments
back by the ids, so they stay wherever an item has a path.
"""

from __future__ import annotations

import re
from collections.abc import Set

from cilium_policies.document.peek import ends_in_quotes
from cilium_policies.document.source import RESOURCE_LIST, Source
from cilium_policies.krm.edit import Edit
from cilium_policies.krm.kept import tool_annotations

IDS = (b"internal.config.kubernetes.io/id", b"config.k8s.io/id")
NUMBER = re.compile(rb"[0-9]+'(?=\n)")
PATHS = ("config.kubernetes.io/path", "internal.config.kubernetes.io/path")


def has_paths(source: Source) -> bool:
    """True when some item says which file it came from: then kpt (or `kustomize fn`) is asking."""
    data = source.data
    if source.form != RESOURCE_LIST or b"config.kubernetes.io/path" not in data:
        return False
    for item in source.items:
        if item.mentions(b"config.kubernetes.io/path") and any(
            path in tool_annotations(item) for path in PATHS
        ):
            return True
    return False


def cuts(source: Source, besides: Set[int]) -> list[Edit]:
    """Edits that cut the two id annotations from every item but those in `besides`."""
    data, frame = source.data, source.frame
    if frame.flow or frame.items_flow or source.newline != b"\n" or has_paths(source):
        return []
    column = frame.dash_column + 4
    head = re.compile(rb"\n {%d}annotations:(?=\n)" % column)
    ending = re.compile(rb"\n {0,%d}[^ \n]" % column)
    lead = b"\n" + b" " * (column + 2)
    marks = [lead + key + b": '" for key in IDS]
    other = lead + b"config.kubernetes.io/index: "
    edits: list[Edit] = []
    for item in source.items:
        match = head.match(data, item.metadata, item.end) if item.metadata >= 0 else None
        if match is None or item.index in besides:
            continue
        start = match.end()
        after = ending.search(data, start, item.end)
        end = after.start() + 1 if after else item.end
        if data.find(other, start, end) < 0:  # an empty mapping would be left
            continue
        for mark in marks:
            place = data.find(mark, start, end)
            number = NUMBER.match(data, place + len(mark), end) if place >= 0 else None
            if number is not None and not ends_in_quotes(data, start, place):
                edits.append((place, number.end(), b""))
    return edits
