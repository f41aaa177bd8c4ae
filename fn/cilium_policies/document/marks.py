"""The exact reader of a ResourceList: positions from the parser's events, for any YAML and any JSON.

`blocks` is its fast sister for the layout that kustomize and kpt write; a property test holds the two
together.
"""

from __future__ import annotations

import re

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamStartEvent,
)

from cilium_policies.document.events import PAIR, not_yaml, parser
from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.document.limits import NULLS
from cilium_policies.document.source import Frame, Item, Source
from cilium_policies.lean import Any, NamedTuple

MAX_DEPTH = 1000  # the parser's time is quadratic in the depth of flow collections
GAP = re.compile(rb"(?:[ \t\r\n]+|#[^\n]*)*")


class Node(NamedTuple):
    """A node: offsets of its first character and, for scalars and flow collections, behind its last one."""

    event: Any
    start: int
    end: int
    content_end: int  # behind the last scalar or bracket in it


class _Events:
    """Events with their marks as byte offsets into `data`."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        text = data[start:end]
        self.base = start
        self._text = "" if text.isascii() else text.decode()
        self._seen = (0, 0)
        self._get = parser(text).get_event
        self.event: Any = self._get()

    def next(self) -> Any:
        """The current event; the one behind it becomes the current one."""
        event, self.event = self.event, self._get()
        return event

    def offset(self, mark: Any) -> int:
        """The byte offset of a mark, which counts characters. Fast while marks ascend."""
        index: int = mark.index
        if not self._text:
            return self.base + index
        chars, size = self._seen if self._seen[0] <= index else (0, 0)
        size += len(self._text[chars:index].encode())
        self._seen = (index, size)
        return self.base + size

    def node(self) -> Node:
        """Skip one node whole."""
        event: Any = self.next()
        first = event
        end_mark: Any = event.end_mark
        content_end: Any = end_mark
        depth = 0
        while True:
            begin: Any = event.start_mark
            if isinstance(event, CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    message = f"nested deeper than {MAX_DEPTH} levels"
                    raise refused(message, "flatten the item", line=begin.line + 1)
            elif isinstance(event, CollectionEndEvent):
                depth -= 1
                end_mark = event.end_mark
                if end_mark.index != begin.index:  # a bracket; a block's end has no width
                    content_end = end_mark
            elif isinstance(event, (ScalarEvent, AliasEvent)):
                content_end = event.end_mark
            if depth == 0:
                break
            event = self.next()
        return Node(first, self.offset(first.start_mark), self.offset(end_mark), self.offset(content_end))


def fill(source: Source, start: int, end: int) -> bool:
    """Fill `source` from the one document at `start`; False when it is no ResourceList.

    Raises RefusedError where it is not YAML, or a ResourceList in name only.
    """
    data = source.data
    try:
        return _Reader(source, data, start, end).read()
    except yaml.YAMLError as error:
        joined = PAIR.sub(lambda match: match[0] if match[1] is None else b"x" * 12, data)
        if "escape code" in str(error) and joined != data:
            try:
                return _Reader(source, joined, start, end).read()
            except yaml.YAMLError as second:
                error = second
        raise not_yaml(error, data.count(b"\n", 0, start) + 1, source.file) from None
    except RefusedError as error:
        line = error.finding.line + data.count(b"\n", 0, start)
        raise RefusedError(error.finding._replace(file=source.file, line=line)) from None


class _Reader:
    def __init__(self, source: Source, data: bytes, start: int, end: int) -> None:
        self.source, self.data, self.end = source, data, end
        self.start = start
        self.events = _Events(data, start, end)
        self.frame = Frame()
        self.texts: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        self.spans: list[tuple[int, int, int]] = []
        self.config: tuple[int, int] | None = None
        self.items_colon = 0

    def read(self) -> bool:
        events = self.events
        while isinstance(events.event, (StreamStartEvent, DocumentStartEvent)):
            events.next()
        if not isinstance(events.event, MappingStartEvent):
            return False
        root = events.next()
        self.frame.flow = bool(root.flow_style)
        waiting: tuple[str, int, Node] | None = None  # an entry whose end is the start of the next
        while not isinstance(events.event, CollectionEndEvent):
            key = events.node()
            line_start = self._line_start(key.start)
            self._end_entry(waiting, line_start)
            name = key.event.value if isinstance(key.event, ScalarEvent) else ""
            if name in self.lines:
                line = key.event.start_mark.line + 1
                raise refused(f"duplicate key {name!r} in the ResourceList", "keep one of the two", line=line)
            self.lines[name] = key.event.start_mark.line + 1
            colon = self.data.find(b":", key.end) + 1
            if name == "items":
                self.items_colon = colon
            waiting = (name, key.start if self.frame.flow else line_start, self._value(name))
            if name == "functionConfig":
                self.config = (colon, waiting[2].end)
        end_event = events.next()
        self.frame.end = self._document_end(end_event)
        self._end_entry(waiting, self.frame.end)
        return self._finish()

    def _document_end(self, end_event: Any) -> int:
        events = self.events
        if self.frame.flow:
            end = events.offset(end_event.start_mark)
        else:
            end = self.end
        closing = events.next()
        if isinstance(closing, DocumentEndEvent) and closing.explicit and not self.frame.flow:
            end = events.offset(closing.start_mark)
        while events.event is not None and not isinstance(events.event, yaml.StreamEndEvent):
            events.next()
        return end

    def _line_start(self, at: int) -> int:
        start = self.data.rfind(b"\n", 0, at) + 1
        return at if self.data[start:at].strip(b" ?") else max(start, self.start)

    def _value(self, name: str) -> Node:
        events = self.events
        if name != "items" or not isinstance(events.event, SequenceStartEvent):
            return events.node()
        sequence = events.next()
        first = events.offset(sequence.start_mark)
        self.frame.items_flow = bool(sequence.flow_style)
        content_end = first
        while not isinstance(events.event, CollectionEndEvent):
            node = events.node()
            if self.frame.items_flow:
                self.spans.append((node.start, node.end, -1))
            else:
                self._block_item(content_end, node)
            content_end = node.content_end
        closing = events.next()
        return Node(sequence, first, events.offset(closing.end_mark), content_end)

    def _block_item(self, behind: int, node: Node) -> None:
        """Note the entry whose dash is the first character behind `behind` that is no blank or comment."""
        gap = GAP.match(self.data, behind)
        dash = gap.end() if gap else behind
        if self.data[dash : dash + 1] != b"-":
            line = node.event.start_mark.line + 1
            raise refused("cannot find where this item begins", "write one item a line: - {…}", line=line)
        start = self._line_start(dash)
        if self.spans:
            before = self.spans[-1]
            self.spans[-1] = (before[0], start, before[2])
        else:
            self.frame.dash_column = dash - start
        self.spans.append((start, -1, dash))

    def _end_entry(self, entry: tuple[str, int, Node] | None, end: int) -> None:
        if entry is None:
            return
        name, start, value = entry
        if self.frame.flow:
            end = value.end
        if name == "items":
            self._end_items(value, end)
        elif name == "results":
            self.frame.results = (start, end)
        elif name == "functionConfig" and self.config:
            self.config = (self.config[0], end)
        elif isinstance(value.event, ScalarEvent):
            self.texts[name] = value.event.value

    def _end_items(self, value: Node, end: int) -> None:
        frame = self.frame
        if isinstance(value.event, SequenceStartEvent):
            if self.spans and not frame.items_flow:
                before = self.spans[-1]
                self.spans[-1] = (before[0], end, before[2])
                value = value._replace(start=self.items_colon, end=end)
        elif not (
            isinstance(value.event, ScalarEvent) and value.event.implicit[0] and value.event.value in NULLS
        ):
            raise refused("items is not a list", "write items: []", line=self.lines["items"])
        elif value.start == value.end:
            value = value._replace(start=self.items_colon, end=self.items_colon)
        frame.items = (value.start, value.end)

    def _finish(self) -> bool:
        source, frame = self.source, self.frame
        if self.texts.get("kind") != "ResourceList":
            return False
        if not self.texts.get("apiVersion", "").startswith("config.kubernetes.io/"):
            raise refused("kind is ResourceList, apiVersion is not config.kubernetes.io/v1",
                          "write apiVersion: config.kubernetes.io/v1", line=self.lines["kind"])  # fmt: skip
        source.frame = frame
        source.items = [Item(source, index, *span) for index, span in enumerate(self.spans)]
        if self.config is not None:
            source.function_config = Item(source, -1, *self.config)
        return True
