"""Findings as the `results` of a ResourceList.

kustomize shows none of them and kpt the first four, so errors come first, then warnings, then infos; each in
the order in which they were found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from cilium_policies.document.finding import ERROR, INFO, WARNING, Finding, one_line
from cilium_policies.document.source import Item, Source
from cilium_policies.lean import Any

ORDER = {ERROR: 0, WARNING: 1, INFO: 2}
PATH_NOTE = b"config.kubernetes.io/path"
# compiled when a finding needs it
PLACE = (
    rb"\n *(?:internal\.)?config\.kubernetes\.io/(path|index): *(?:'([^'\n]*)'|\"([^\"\\\n]*)\"|([^'\"\s]+))"
)


def in_order(results: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then infos."""
    return sorted(results, key=lambda finding: ORDER.get(finding.severity, 3))


def entries(source: Source, results: Sequence[Finding]) -> list[dict[str, Any]]:
    """The entries of `results`, in order, as plain values (every scalar is text but `index`)."""
    return [_entry(source, finding) for finding in in_order(results)]


def _entry(source: Source, finding: Finding) -> dict[str, Any]:
    # kpt prints the field before the message
    text = finding.text.removeprefix(f"{finding.path}: ") if finding.path else finding.text
    entry: dict[str, Any] = {"message": one_line(text), "severity": finding.severity}
    about = {
        "apiVersion": finding.api_version,
        "kind": finding.kind,
        "namespace": finding.namespace,
        "name": finding.name,
    }
    if finding.name:
        entry["resourceRef"] = {key: one_line(value) for key, value in about.items() if value}
    if finding.path:
        entry["field"] = {"path": one_line(finding.path)}
    place = _file(source, finding)
    if place:
        entry["file"] = place
    return entry


def _file(source: Source, finding: Finding) -> dict[str, Any]:
    """The file that kpt took the item from, else the input's own name."""
    if 0 <= finding.index < len(source.items) and finding.file in ("", source.file):
        path, index = tool_place(source.items[finding.index])
        if path:
            return {"path": one_line(path), "index": index}
    if finding.file and finding.file != "stdin":
        return {"path": one_line(finding.file)}
    return {}


@lru_cache(maxsize=64)
def tool_place(item: Item) -> tuple[str, int]:
    """Path and index that kpt noted on the item; ("", 0) where it noted none. Members of a List ask for one item."""
    if not (item.source.mentions(PATH_NOTE) and item.mentions(PATH_NOTE)):
        return "", 0
    found: dict[bytes, str] = {}
    start = item.metadata if item.metadata >= 0 else item.start
    for match in re.compile(PLACE).finditer(item.source.data, start, item.end):
        value = next(group for group in match.groups()[1:] if group is not None)
        found.setdefault(match[1], value.decode())
    index = found.get(b"index", "")
    return found.get(b"path", ""), int(index) if index.isdecimal() and index.isascii() else 0


def as_yaml(source: Source, results: Sequence[Finding]) -> bytes:
    """The whole `results` entry in block style at column 0, LF; empty without findings."""
    if not results:
        return b""
    lines = ["results:"]
    for entry in entries(source, results):
        lead = "- "
        for key, value in entry.items():
            if isinstance(value, dict):
                lines.append(f"{lead}{key}:")
                lines += [f"    {name}: {_scalar(member)}" for name, member in value.items()]
            else:
                lines.append(f"{lead}{key}: {_scalar(value)}")
            lead = "  "
    return "\n".join(lines).encode("utf-8", "replace") + b"\n"


def _scalar(value: str | int) -> str:
    """A double-quoted scalar of printable text, which needs two escapes, or a number."""
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
