"""Where a document of a built stream comes from: `build` and `helm template` say it in a comment, `# Source: PATH`.

A line of such a stream is nothing that anybody can open, so a message names the path first, then the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cilium_policies.document.finding import Finding
from cilium_policies.document.source import Source

MARK = b"# Source: "
_AT = rb"\s*(?:---[ \t]*\r?\n\s*)?# Source: ([^\r\n]+)"


def placed(found: Iterable[Finding], sources: Iterable[Source]) -> list[Finding]:
    """The findings, those in documents that say where they come from with that place."""
    found = list(found)
    if not found:
        return []  # the sources are long
    known = {source.file: _origins(source) for source in sources if MARK in source.data}
    return [_placed(one, known) for one in found] if known else found


def _placed(one: Finding, known: dict[str, tuple[list[int], list[str]]]) -> Finding:
    # a shared library of its own, and kustomize's builds have no such comments
    from bisect import bisect_right

    lines, names = known.get(one.file, ([], []))
    at = bisect_right(lines, one.line) - 1
    if not one.line or at < 0 or not names[at]:
        return one
    column = f":{one.column}" if one.column else ""
    place = f"{names[at]} ({one.file or 'stdin'}:{one.line}{column})"
    return one._replace(file=place, line=0, column=0, index=-1)


def _origins(source: Source) -> tuple[list[int], list[str]]:
    """The first lines of the documents, and what each says it comes from ("" where nothing)."""
    line = re.compile(_AT)
    found = [line.match(source.data, item.start, item.end) for item in source.items]
    return [item.line for item in source.items], [
        one.group(1).decode(errors="replace").strip() if one else "" for one in found
    ]
