"""Where each field of a document stands that is written in any YAML: by the parser's events."""

from __future__ import annotations

from collections.abc import Callable

from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    MappingStartEvent,
    ScalarEvent,
    StreamEndEvent,
)

from cilium_policies.document.events import parser
from cilium_policies.document.limits import Path
from cilium_policies.lean import Any


class _Level:
    """One open collection: its path, and the key or position of its next member."""

    __slots__ = ("is_mapping", "key", "path", "wants_key")

    def __init__(self, path: Path, is_mapping: bool) -> None:
        self.path, self.is_mapping, self.wants_key = path, is_mapping, is_mapping
        self.key: str | int = -1


def event_lines(text: bytes, line: int) -> dict[Path, int]:
    """As `lines_of`."""
    get = parser(text).get_event
    lines: dict[Path, int] = {(): line}
    stack: list[_Level] = []
    while not isinstance(event := _next(get), StreamEndEvent):
        if isinstance(event, CollectionEndEvent):
            stack.pop()
        elif isinstance(event, (ScalarEvent, AliasEvent, CollectionStartEvent)):
            path = _enter(stack, event, lines, line)
            if isinstance(event, CollectionStartEvent):
                stack.append(_Level(path, isinstance(event, MappingStartEvent)))
    return lines


def _next(get: Callable[[], Any]) -> Any:
    try:
        return get()
    except YAMLError:
        return StreamEndEvent()


def _enter(stack: list[_Level], event: Any, lines: dict[Path, int], line: int) -> Path:
    """The path of the node that this event begins; keys and entries are noted in `lines`."""
    if not stack:
        return ()
    level = stack[-1]
    if level.wants_key:
        level.key = getattr(event, "value", "") or ""
    elif not level.is_mapping:
        level.key = int(level.key) + 1
    path = (*level.path, level.key)
    if level.wants_key or not level.is_mapping:
        lines[path] = line + event.start_mark.line
    level.wants_key = level.is_mapping and not level.wants_key
    return path
