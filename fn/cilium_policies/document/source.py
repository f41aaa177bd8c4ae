"""One input and its items as spans of its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from sys import intern

from cilium_policies.document import parse
from cilium_policies.document.bookkeeping import layout
from cilium_policies.document.finding import Finding, RefusedError, UnknownAliasError
from cilium_policies.document.limits import Value
from cilium_policies.document.peek import Bounds, Peek
from cilium_policies.lean import Any

STREAM = "stream"
RESOURCE_LIST = "resourcelist"
JSON = "json"


class Frame:
    """Where things stand in a ResourceList, as byte offsets.

    `flow`: the list itself is in flow style (JSON). `items`: the value of `items`, None where the key is
    absent. `items_flow`: that value is `[…]`. `dash_column`: the column of the dashes of a block list.
    `results`: the whole `results` entry, key included. `end`: where a further top-level entry goes.
    """

    __slots__ = ("dash_column", "end", "flow", "items", "items_flow", "results")

    def __init__(self) -> None:
        self.flow = False
        self.items: tuple[int, int] | None = None
        self.items_flow = False
        self.dash_column = 0
        self.results: tuple[int, int] | None = None
        self.end = 0


class Source:
    """One whole input. `form` is STREAM, RESOURCE_LIST or JSON (JSON documents without `---`).

    `findings` hold what is odd about items (no mapping, no kind) and what makes one unreadable (errors).
    """

    __slots__ = (
        "_mentioned",
        "_whole",
        "data",
        "file",
        "findings",
        "form",
        "frame",
        "function_config",
        "items",
        "newline",
    )

    def __init__(self, data: bytes, file: str, form: str) -> None:
        self.data = data
        self.file = file
        self.form = form
        first = data.find(b"\n")
        self.newline = b"\r\n" if first > 0 and data[first - 1] == 0x0D else b"\n"
        self.items: list[Item] = []
        self.function_config: Item | None = None
        self.findings: list[Finding] = []
        self.frame = Frame()
        self._whole: Value = None
        self._mentioned: dict[bytes, bool] = {}

    def mentions(self, text: bytes) -> bool:
        """True when these bytes stand somewhere in the input; looked for once, before anybody looks at each item."""
        if text not in self._mentioned:
            self._mentioned[text] = text in self.data
        return self._mentioned[text]

    def number_lines(self) -> None:
        """Give every item its line, in one pass over the data."""
        data, line, at = self.data, 1, 0
        every = [*self.items, self.function_config] if self.function_config else self.items
        for item in sorted(every, key=attrgetter("start")):
            before = data[at : item.start]
            # `count` of one byte takes eight times as long
            line += len(before) - len(before.replace(b"\n", b""))
            at = item.start
            item._line = line

    def whole(self) -> dict[str, Any]:
        """The parsed ResourceList, for items whose aliases point outside of them."""
        if self._whole is None:
            self._whole = parse.load(self.data.removeprefix(b"\xef\xbb\xbf"), file=self.file)
        return self._whole if isinstance(self._whole, dict) else {}


class Item:
    """One member of a ResourceList or one document of a stream: bytes `start` to `end` of `source.data`.

    `dash` is the offset of the dash of a block sequence entry, -1 without one. `metadata` is where the text
    below `metadata:` begins, -1 when that is not known.
    """

    __slots__ = (
        "_bookkeeping",
        "_line",
        "_loaded",
        "_value",
        "api_version",
        "dash",
        "end",
        "index",
        "kind",
        "metadata",
        "name",
        "namespace",
        "source",
        "start",
    )  # fmt: skip

    def __init__(self, source: Source, index: int, start: int, end: int, dash: int = -1) -> None:
        self.source = source
        self.index = index
        self.start = start
        self.end = end
        self.dash = dash
        self.api_version = self.kind = self.namespace = self.name = ""
        self.metadata = -1
        self._bookkeeping: Bounds | None = None
        self._line = 0
        self._loaded = False
        self._value: Value = None

    @property
    def line(self) -> int:
        """The line (from 1) on which the span begins."""
        if not self._line:
            self.source.number_lines()
        return self._line

    @property
    def is_parsed(self) -> bool:
        """Whether its value is kept: of JSON, and of what does not state its identity plainly."""
        return self._loaded

    def text(self) -> bytes:
        """The item's bytes as a document of its own: the dash, if any, is a space."""
        data = self.source.data
        if self.dash < 0:
            return data[self.start : self.end]
        return data[self.start : self.dash] + b" " + data[self.dash + 1 : self.end]

    def body(self) -> Value:
        """The parsed value less kustomize's bookkeeping, not kept. Raises as `load`."""
        if self._loaded:
            return self._value
        if self.metadata >= 0 and self.dash >= 0 and self.source.form == RESOURCE_LIST:
            cut = self.bookkeeping()
            try:
                return parse.load(self._without(cut)) if cut else self._parse()
            except RefusedError:
                pass  # the whole text tells the line
        return self._parse()

    def bookkeeping(self) -> Bounds:
        """What of an item of a ResourceList is kustomize's, as `bookkeeping.Layout` has it; found once, as reading the
        item and writing the answer both ask."""
        if self._bookkeeping is None:
            source = self.source
            lines = layout(source.frame.dash_column + 6)
            self._bookkeeping = lines.bounds(source.data, self.metadata, self.end)
        return self._bookkeeping

    def _without(self, cut: Bounds) -> bytes:
        data = self.source.data
        between = data[cut[1] : cut[2]] if len(cut) > 2 else b""
        head = (data[self.start : self.dash], b" ", data[self.dash + 1 : cut[0]])
        return b"".join((*head, between, data[cut[-1] : self.end]))

    def mentions(self, text: bytes) -> bool:
        """True when these bytes stand somewhere in the item; a quick look before a parse."""
        return self.source.data.find(text, self.start, self.end) >= 0

    def load(self) -> Value:
        """The parsed value (kept). Raises RefusedError with the place in the input."""
        if not self._loaded:
            self._value = self._parse()
            self._loaded = True
        return self._value

    def forget(self) -> None:
        """Drop the parsed value; a further `load` parses again."""
        self._loaded, self._value = False, None

    def _parse(self) -> Value:
        try:
            return parse.load(self.text(), file=self.source.file)
        except RefusedError as error:
            if self.source.form == RESOURCE_LIST and isinstance(error, UnknownAliasError):
                whole = self.source.whole()
                if self.index < 0:
                    return whole.get("functionConfig")
                return whole["items"][self.index]  # type: ignore[no-any-return]
            line = error.finding.line + self.line - 1  # counted only here: most items are never refused
            raise RefusedError(error.finding._replace(index=self.index, line=line)) from None

    def identify(self, peek: Peek) -> None:
        """Take the identity that `peek` states."""
        api_version, kind, namespace, self.name, self.metadata, self._bookkeeping = peek
        self.api_version, self.kind, self.namespace = intern(api_version), intern(kind), intern(namespace)

    def finding(self, severity: str, message: str, cure: str = "", path: str = "") -> Finding:
        """A finding about this item, with its place and identity."""
        return Finding(severity, message, cure, self.source.file, self.index, self.line, 0, path,
                       self.api_version, self.kind, self.namespace, self.name)  # fmt: skip


def identity(value: Value) -> Peek:
    """The identity that a parsed value states; fields of another type count as absent."""
    if not isinstance(value, dict):
        return Peek("", "")
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return Peek(
        _text(value, "apiVersion"),
        _text(value, "kind"),
        _text(metadata, "namespace"),
        _text(metadata, "name"),
    )


def _text(mapping: dict[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""


def flatten(item: Item) -> Iterator[dict[str, Any]]:
    """The objects in an item: itself, or the members of a `kind: List` or `*List` wrapper.

    Members of a typed list (`NamespaceList`) that name no kind get the list's. Raises RefusedError as `load`.
    """
    yield from _members(item.load(), 0)


def _members(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if not isinstance(value, dict):
        return
    kind = value.get("kind")
    members = value.get("items")
    if not (isinstance(kind, str) and kind.endswith("List") and isinstance(members, list) and depth < 8):
        yield value
        return
    for member in members:
        if isinstance(member, dict) and kind != "List":
            member = {"apiVersion": value.get("apiVersion"), "kind": kind[:-4], **member}
        yield from _members(member, depth + 1)
