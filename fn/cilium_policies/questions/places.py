"""File and line of the very field that says why an edge is needed.

Only questions ask for it: the function keeps no positions. Where the text has none for a field (a value that a
ConfigMap of another release brings, an annotation that a transformer adds) the place is that of the object.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache

from cilium_policies.document.limits import Value
from cilium_policies.document.lines import Path, lines_of
from cilium_policies.document.source import Item
from cilium_policies.evidence.edge import Edge, Evidence
from cilium_policies.kube.objects import Mapping, Object, Where, mappings, text
from cilium_policies.workloads.model import Service, Text, Workload

# Where objects of a release keep its values: as fields, and as a text of their own.
_VALUES: tuple[Path, ...] = (("spec", "values"), ("spec", "source", "helm", "valuesObject"))
_VALUES_TEXT: tuple[Path, ...] = (("spec", "valuesContent"), ("spec", "source", "helm", "values"))
_DATA: tuple[Path, ...] = (("data",), ("stringData",), ("spec", "target", "template", "data"))
_LITERAL = re.compile(rb"[|][-+]?\s*$")
_IN_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def where_of(edge: Edge) -> Where:
    """The place of the field, or of the object or config entry, that an edge rests on."""
    evidence = edge.evidence
    one = _object(evidence)
    if one is None or one.item is None:
        return evidence.where
    lined, named = _Lined(one, one.item), _named(edge)
    line = _line(lined, evidence, named) or (lined.only(named) if evidence.text is not None else 0)
    return one.where._replace(line=line) if line else evidence.where


def _object(evidence: Evidence) -> Object | None:
    if evidence.text is not None and evidence.text.source is not None:
        return evidence.text.source
    subject = evidence.subject
    return subject.source if isinstance(subject, Workload | Service) else subject


def _named(edge: Edge) -> tuple[str, ...]:
    """What the text says of the other end: its host or Service."""
    name = edge.target.name if edge.target.kind in ("internet", "fqdn", "cidr") else ""
    return tuple(part for part in (name.partition("/")[0], *reversed(edge.reason.parts)) if part)


class _Text:
    """An item's text and where its fields stand, each read when first asked for."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self.first = item.line

    @cached_property
    def lines(self) -> dict[Path, int]:
        return lines_of(self._item.text(), self.first)

    @cached_property
    def starts(self) -> list[int]:
        """Lines on which fields begin, ascending."""
        return sorted(self.lines.values())

    @cached_property
    def texts(self) -> list[bytes]:
        return self._item.text().split(b"\n")


class _Lined:
    """An object with the lines of its fields, by their paths in it."""

    def __init__(self, one: Object, item: Item) -> None:
        self._one = one
        self._text = _text_of(item)
        self._prefix = _prefix(item, one)

    @property
    def body(self) -> Mapping:
        return self._one.body

    def whole(self) -> int:
        """The line of the object itself, for which an item that is no list need not be read again."""
        return self.line(("kind",)) and self.line(()) if self._prefix else self._text.first

    def line(self, path: Path) -> int:
        """The line of a field; 0 where none stands there."""
        return self._text.lines.get((*self._prefix, *path), 0)

    def below(self, path: Path) -> Iterator[tuple[Path, int]]:
        """Everything below a field: the rest of its path, and its line."""
        begin = (*self._prefix, *path)
        for known, line in self._text.lines.items():
            if len(known) > len(begin) and known[: len(begin)] == begin:
                yield known[len(begin) :], line

    def saying(self, line: int, named: tuple[str, ...]) -> int:
        """The first line from a field's own to the next field that says one of these; else the field's own."""
        starts = self._text.starts
        after = bisect_right(starts, line)
        return next(self._naming(named, line, starts[after] if after < len(starts) else self._end), line)

    def only(self, named: tuple[str, ...]) -> int:
        """The one line of the whole object that names the other end; 0 for none, and for several."""
        found = list(self._naming(named[:1], self._text.first, self._end))
        return found[0] if len(found) == 1 else 0

    @property
    def _end(self) -> int:
        return self._text.first + len(self._text.texts)

    def _naming(self, named: tuple[str, ...], begin: int, end: int) -> Iterator[int]:
        first, texts = self._text.first, self._text.texts
        for word in map(str.encode, named):
            for number in range(begin, end):
                if _says(texts[number - first], word):
                    yield number

    def literal(self, path: Path) -> dict[Path, int]:
        """Lines of the fields of a text that is a block of its own below a key."""
        at = self.line(path)
        if not at or not _LITERAL.search(self._text.texts[at - self._text.first]):
            return {}
        value: Value = self.body
        for key in path:
            value = value.get(str(key)) if isinstance(value, dict) else None
        return lines_of(value.encode(), at + 1) if isinstance(value, str) else {}


_text_of = lru_cache(maxsize=4_096)(_Text)  # a report asks of each object for every edge


def _says(text: bytes, word: bytes) -> bool:
    """Whether a word stands in a text as a whole: no letter, digit, underscore or hyphen next to it."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if _IN_WORD.isdisjoint(text[at - 1 : at] + text[end : end + 1]):
            return True
        at = text.find(word, at + 1)
    return False


def _prefix(item: Item, one: Object) -> Path:
    """Where an object stands in its item: at its root, or among the members of a List."""
    if not item.kind.endswith("List"):
        return ()
    whole = item.load()
    identity = (one.kind, one.namespace, one.name)
    for number, member in enumerate(mappings(whole.get("items")) if isinstance(whole, dict) else ()):
        other = Object({"kind": item.kind.removesuffix("List"), **member})
        if (other.kind, other.namespace, other.name) == identity:
            return ("items", number)
    return ("items", -1)  # in a list of lists: no line


def _line(found: _Lined, evidence: Evidence, named: tuple[str, ...]) -> int:
    """The line in the object's text; 0 where the text has none."""
    if evidence.text is not None:
        return _text_line(found, evidence.text, named)
    word, _, key = evidence.field.partition(" ")
    if word == "annotation":
        return next((found.line(path) for path in _keyed(found.body, "annotations", key)), 0)
    if evidence.origin == "identity" and evidence.field:
        return found.line(("metadata", "annotations", evidence.field))
    return found.whole()


def _text_line(found: _Lined, text_: Text, named: tuple[str, ...]) -> int:
    match text_.kind:
        case "env" if text_.source is None:
            paths = (*_entries(found.body, "env", text_.field), *_keyed(found.body, "env", text_.field))
            return next(filter(None, map(found.line, paths)), 0)
        case "args" | "command":
            return next((line for line in _arguments(found, text_.kind, named)), 0)
        case "env" | "entry":
            lines = (found.line((*data, text_.field)) for data in _DATA)
            line = next(filter(None, lines), 0)
            return found.saying(line, named) if line else 0
        case "value":
            return _value_line(found, text_.field)
        case "field":
            return next((line for path, line in found.below(()) if _dotted(path) == text_.field), 0)


def _value_line(found: _Lined, field: str) -> int:
    for place in _VALUES:
        for path, line in found.below(place):
            if _dotted(path) == field:
                return line
    for place in _VALUES_TEXT:
        for path, line in found.literal(place).items():
            if path and _dotted(path) == field:
                return line
    return 0


def _dotted(path: Path) -> str:
    """A path as values and fields have it: `spec.remoteWrite[0].url`."""
    words = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)
    return words.removeprefix(".")


def _arguments(found: _Lined, part: str, named: tuple[str, ...]) -> Iterator[int]:
    """Lines of the words of containers that name the other end, then of the first container's list."""
    lists = _lists(found.body, part)
    for word in named:
        for path, words in lists:
            for number, one in enumerate(words):
                if word in text(one) and found.line((*path, number)):
                    yield found.saying(found.line((*path, number)), (word,))
    yield from (found.line(path) for path, _ in lists[:1])


def _lists(value: Value, key: str, path: Path = ()) -> list[tuple[Path, list[Value]]]:
    """Every list below a key, with its path."""
    found: list[tuple[Path, list[Value]]] = []
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, member in members:
        if name == key and isinstance(member, list):
            found.append(((*path, name), member))
        elif isinstance(member, dict | list):
            found += _lists(member, key, (*path, name))
    return found


def _entries(body: Mapping, key: str, name: str) -> Iterator[Path]:
    """Paths of the entries of this name in every list below a key."""
    for path, members in _lists(body, key):
        for number, one in enumerate(members):
            if isinstance(one, dict) and one.get("name") == name:
                yield (*path, number)


def _keyed(value: Value, key: str, name: str, path: Path = ()) -> Iterator[Path]:
    """Paths of what a mapping below a key calls so."""
    if isinstance(value, dict):
        for one, member in value.items():
            if one == key and isinstance(member, dict) and name in member:
                yield (*path, one, name)
            else:
                yield from _keyed(member, key, name, (*path, one))
