"""What stands at the top of one item, read without parsing it.

Everything here says None rather than guess: then the parser decides. A key at the right column is the key
itself unless it stands inside a quoted scalar that spans lines (YAML lets those run to any column), and
`ends_in_quotes` tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from cilium_policies.document.limits import NULLS
from cilium_policies.lean import NamedTuple

# The value of a `key: value` line when it is one simple word, plain or quoted, perhaps with a comment. It, what follows
# `metadata:` where that is not the end of the line, and the first line below are compiled when a text needs them.
WORD = (
    rb"[ \t]+(?:(?:([A-Za-z0-9_./$][^\s:#]*(?:(?::(?=\S)|(?<=\S)#)[^\s:#]*)*)|'([^'\\\n]*)'|\"([^\"\\\n]*)\"|~)[ \t]*)?"
    rb"(?:(?<=[ \t])#[^\n]*)?\r?"
)
OPENERS = frozenset(b" \t\r\n[{,:?-")
_TOP = (b"apiVersion", b"kind", b"metadata")
ODD = frozenset(range(256)) - frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$\r-")
NULL_BYTES = frozenset(null.encode() for null in NULLS)
BLANK = rb"[ \t]*(?:(?<=[ \t])#[^\n]*)?\r?"
Bounds = tuple[int, ...]
Finder = Callable[[bytes, int, int], Bounds]  # of what an item holds behind `metadata:`
CHILD = rb"\n( *)[^ \n#\r\t]"


class Peek(NamedTuple):
    """The identity of an item; "" where the field is absent or null."""

    api_version: str
    kind: str
    namespace: str = ""
    name: str = ""
    metadata: int = -1  # where the text below `metadata:` begins; -1 without a block of its own
    own: Bounds | None = None  # kustomize's bookkeeping below it, where that was looked for


def ends_in_quotes(data: bytes, start: int, end: int) -> bool:
    """True when a quoted scalar may be open at `end`; False is certain.

    In an open double-quoted scalar the last unescaped quote is the one that opens it; in an open
    single-quoted scalar only pairs follow the opening quote. An opening quote has white space or an
    indicator before it, a closing one hardly ever.
    """
    at = data.rfind(b'"', start, end)
    while at > start and data[at - 1] == 0x5C:  # \"
        at = data.rfind(b'"', start, at)
    if at >= start and (at == start or data[at - 1] in OPENERS):
        return True
    at = data.rfind(b"'", start, end)
    while at >= start:
        first = at
        while first > start and data[first - 1] == 0x27:
            first -= 1
        if (at - first) % 2 == 0:
            return first == start or data[first - 1] in OPENERS
        at = data.rfind(b"'", start, first)
    return False


class Layout:
    """The patterns for items whose keys stand at `column`, behind a dash (`- `) or not."""

    __slots__ = ("column", "dashed", "deeper", "head", "name", "names", "other", "top")

    def __init__(self, column: int, dashed: bool) -> None:
        self.column = column
        self.dashed = dashed
        self.deeper = b" " * (column + 1)
        later = b" " * column
        first = later[2:] + b"- " if dashed else later
        either = later[2:] + b"[ -] " if dashed else later
        self.head = re.compile(
            rb"\n%sapiVersion: ([\w./-]+)\n%skind: (\w+)\n%smetadata:(?=\n)" % (first, later, later)
        )
        # the layout of the tools: name, then namespace, two columns further in …
        self.name = b"\n" + later + b"  name: "
        self.names = re.compile(
            rb"([A-Za-z0-9][A-Za-z0-9.-]*)"
            rb"(?:\n%s  namespace: ([A-Za-z0-9][A-Za-z0-9-]*))?(?=\n( *)[^ \n#]|\n?\Z)" % later
        )
        # … and before them no end of the block, no namespace, no key of odd form
        self.other = re.compile(
            rb"\n(?: {0,%d}[^ \n#]|%s  (?:namespace|[^A-Za-z \n#-]))" % (column + 1, later)
        )
        self.top = re.compile(rb"\n%s([^ \n#][^\n]*)" % either)


layout = lru_cache(maxsize=64)(Layout)


@lru_cache(maxsize=64)
def _members(column: int) -> re.Pattern[bytes]:
    """Matches the name and namespace among keys at this column, a key of odd form, and the block's end."""
    return re.compile(
        rb"\n(?: {%d}(?:(name|namespace)[ \t]*:([^\n]*)|([^A-Za-z_$ \n\r#-]))| {0,%d}[^ \n#\r])"
        % (column, column - 1)
    )


def peek(text: bytes) -> Peek | None:
    """The identity of the one block-style document in `text`; None when unsure."""
    return peek_at(b"\n" + text, 0, len(text) + 1, layout(0, False))


def peek_at(data: bytes, start: int, end: int, item: Layout, own: Finder | None = None) -> Peek | None:
    """The same for an item whose first line follows the newline at `start`. `own` finds kustomize's bookkeeping: most
    of what stands before a name."""
    head = item.head.match(data, start, end)
    if head is not None:
        api_version, kind, metadata = head[1].decode(), head[2].decode(), head.end()
    else:
        found = _top(data, start, end, item)
        if found is None or found.metadata < 0:
            return found
        api_version, kind, metadata = found.api_version, found.kind, found.metadata
    kept = own(data, metadata, end) if own is not None else None
    begin = kept[-1] if kept else metadata
    names = _plain_names(data, begin, end, item) or _names(data, metadata, end, item.column)
    return names and Peek(api_version, kind, names[0], names[1], metadata, kept)


def _plain_names(data: bytes, start: int, end: int, item: Layout) -> tuple[str, str] | None:
    """Namespace and name out of a metadata block in the layout of the tools; None where it is another."""
    place = start if data.startswith(item.name, start) else data.find(item.name, start, end)
    match = item.names.match(data, place + len(item.name), end) if place >= 0 else None
    if match is None:
        return None
    if place != start and (item.other.search(data, start, place) or ends_in_quotes(data, start, place)):
        return None
    name, namespace, next_indent = match.groups()
    further = len(next_indent) - item.column if next_indent is not None else 0
    if further > 2 or (namespace is None and further > 0) or name in NULL_BYTES or namespace in NULL_BYTES:
        return None
    return namespace.decode() if namespace else "", name.decode()


def _top(data: bytes, start: int, end: int, item: Layout) -> Peek | None:
    found: dict[bytes, str] = {}
    metadata, at = -1, start
    for match in item.top.finditer(data, start, end):
        key, colon, value = match[1].partition(b":")
        key = key.rstrip(b" \t")
        if not colon or key not in _TOP:
            if match[1][0] in ODD:
                return None
            continue
        if match.start() != at and ends_in_quotes(data, start, match.start()):
            return None
        at = match.end()
        if key == b"metadata":
            if value and not re.fullmatch(BLANK, value):
                return None
            metadata = at if metadata < 0 else metadata
            found[key] = ""
            continue
        text = word(value)
        if text is None or _goes_on(data, at, end, item.deeper):
            return None
        found.setdefault(key, text)
        if len(found) == 3:
            break
    if not found.get(b"kind") or b"apiVersion" not in found:
        return None
    return Peek(found[b"apiVersion"], found[b"kind"], metadata=metadata)


def _names(data: bytes, start: int, end: int, column: int) -> tuple[str, str] | None:
    """Namespace and name out of the metadata block behind the newline at `start`; None when unsure."""
    child = re.compile(CHILD).match(data, start, end)
    if child is None:
        return None
    if len(child[1]) <= column:
        return "", ""
    deeper = child[1] + b" "
    names: dict[bytes, str] = {}
    at = start
    for match in _members(len(child[1])).finditer(data, start, end):
        if match.start() != at and ends_in_quotes(data, start, match.start()):
            return None
        if match[3] is not None:
            return None
        if match[1] is None:
            break
        value = word(match[2])
        at = match.end()
        if value is None or _goes_on(data, at, end, deeper):
            return None
        names.setdefault(match[1], value)
        if len(names) == 2:
            break
    return names.get(b"namespace", ""), names.get(b"name", "")


def _goes_on(data: bytes, at: int, end: int, deeper: bytes) -> bool:
    """True when the line after the newline at `at` may continue a plain scalar."""
    return at + 1 < end and (data.startswith(deeper, at + 1) or data[at + 1] in b"\n\r\t")


def word(value: bytes) -> str | None:
    """The text of a simple scalar behind `key:`; "" for null; None when unsure."""
    if value[:1] == b" " and value[1:].translate(None, b"./").isalnum():  # as most are
        text = value[1:].decode()
        return "" if text in NULLS else text
    match = re.fullmatch(WORD, value)
    if match is None:
        return None if value.strip() else ""
    quoted = match[2] if match[2] is not None else match[3]
    if quoted is not None:
        return quoted.decode()
    text = (match[1] or b"").decode()
    return "" if text in NULLS else text
