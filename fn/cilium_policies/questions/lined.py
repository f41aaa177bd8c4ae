"""An object with the lines of its fields and of what they say.

What an answer needs is read once an object, however many edges rest on it: a file of configuration may name ten
thousand hosts, and a pod may have as many variables.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import islice

from cilium_policies.document.limits import Path, Value
from cilium_policies.document.lines import lines_of
from cilium_policies.document.source import Item
from cilium_policies.kube.objects import Mapping, Object, mappings, sequence, text
from cilium_policies.kube.pods import containers, pod_spec

_SEARCHED = 1 << 20  # bytes of one text, before its fields are placed instead
MANY = 64  # lines, or words of a command: so many are looked through one by one, more by an index
LOOKED = 1_000  # so many lines that hold a part of a word are looked at for the whole of it
_LITERAL = re.compile(rb"[|][-+]?\s*$")
_PART = re.compile(rb"[A-Za-z0-9_-]+")
_IN_PART = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


class Texts:
    """Lines, or words of a command, and which of them say a word."""

    def __init__(self, texts: list[bytes]) -> None:
        self.texts = texts

    @cached_property
    def _index(self) -> dict[bytes, list[int]]:
        """Numbers of the texts by each run of letters, digits, underscores and hyphens in them."""
        found: dict[bytes, list[int]] = {}
        for number, one in enumerate(self.texts):
            for part in set(_PART.findall(one)):
                found.setdefault(part, []).append(number)
        return found

    def saying(self, word: str, begin: int, end: int) -> Iterator[int]:
        """Numbers from `begin` to before `end` of the texts in which the word stands as a whole."""
        sought = word.encode()
        near: Iterable[int] = range(begin, end)
        parts = _PART.findall(sought) if end - begin > MANY else []
        if parts:
            rarest = min((self._index.get(part, []) for part in parts), key=len)
            places = range(bisect_left(rarest, begin), bisect_left(rarest, end))
            near = islice(map(rarest.__getitem__, places), LOOKED)
        return (number for number in near if says(self.texts[number], sought))


def says(text: bytes, word: bytes) -> bool:
    """Whether a word stands in a text as a whole: no letter, digit, underscore or hyphen next to it."""
    at = text.find(word)
    while at >= 0:
        if _IN_PART.isdisjoint(text[at - 1 : at] + text[at + len(word) : at + len(word) + 1]):
            return True
        at = text.find(word, at + 1)
    return False


class Whole:
    """An item's text, the lines on which its fields begin, and the places of a list's members."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self.first = item.line
        self.searched = 0  # bytes of its text that words were sought in, however many

    @cached_property
    def text(self) -> bytes:
        return self._item.text()

    @cached_property
    def lines(self) -> dict[Path, int]:
        return lines_of(self.text, self.first)

    @cached_property
    def starts(self) -> list[int]:
        return sorted(self.lines.values())

    @cached_property
    def texts(self) -> Texts:
        return Texts(self.text.split(b"\n"))

    @cached_property
    def members(self) -> dict[tuple[str, str, str], int]:
        """Numbers of a list's members by kind, namespace and name."""
        whole = self._item.load()
        found: dict[tuple[str, str, str], int] = {}
        for number, member in enumerate(mappings(whole.get("items")) if isinstance(whole, dict) else ()):
            one = Object({"kind": self._item.kind.removesuffix("List"), **member})
            found.setdefault((one.kind, one.namespace, one.name), number)
        return found

    @cached_property
    def _by_member(self) -> dict[str | int, dict[Path, int]]:
        found: dict[str | int, dict[Path, int]] = {}
        for path, line in self.lines.items():
            if len(path) > 1 and path[0] == "items":
                found.setdefault(path[1], {})[path[2:]] = line
        return found

    def of_member(self, number: int) -> dict[Path, int]:
        """Path to line within a list's member."""
        return self._by_member.get(number, {})


class Lined:
    """An object with the lines of its fields, by their paths in it."""

    def __init__(self, one: Object, item: Item) -> None:
        self._one = one
        self._whole = _whole(item)
        self._in_list = item.kind.endswith("List")
        self._lists: dict[str, list[tuple[Path, list[Value]]]] = {}
        self._entries: dict[str, dict[str, list[Path]]] = {}
        self._words: dict[str, tuple[list[Path], list[str], Texts]] = {}
        self._dotted: dict[Path, dict[str, int]] = {}

    @property
    def body(self) -> Mapping:
        return self._one.body

    @cached_property
    def lines(self) -> dict[Path, int]:
        """Path to line; none in a list of lists."""
        if not self._in_list:
            return self._whole.lines
        identity = (self._one.kind, self._one.namespace, self._one.name)
        return self._whole.of_member(self._whole.members.get(identity, -1))

    def object_line(self) -> int:
        """The line of the object itself, for which an item that is no list need not be read again."""
        return self.line(("kind",)) and self.line(()) if self._in_list else self._whole.first

    def line(self, path: Path) -> int:
        """The line of a field; 0 where none stands there."""
        return self.lines.get(path, 0)

    def sole(self, word: str) -> tuple[int, bytes]:
        """The line and its text of the only place where the object's text has a word; 0 where it has none or more, and
        where an alias may repeat it. Most words are found so, and the fields need not be placed; they are where a large
        text is asked for many words, each of which would be sought in all of it."""
        text, sought = self._whole.text, word.encode()
        self._whole.searched += len(text)
        if self._whole.searched > max(_SEARCHED, 8 * len(text)):
            return 0, b""
        at = text.find(sought)
        if at < 0 or text.find(sought, at + 1) >= 0 or b"&" in text:
            return 0, b""
        begin, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
        return self._whole.first + text.count(b"\n", 0, at), text[begin : end if end >= 0 else len(text)]

    def saying(self, line: int, named: tuple[str, ...]) -> int:
        """The first line from a field's own to the next field that says one of these; else the field's own."""
        starts = self._whole.starts
        after = bisect_right(starts, line)
        return next(self._naming(named, line, starts[after] if after < len(starts) else self._end), line)

    def only(self, word: str) -> int:
        """The one line of the whole object that says a word; 0 for none, and for several."""
        found = list(islice(self._naming((word,), self._whole.first, self._end), 2))
        return found[0] if len(found) == 1 else 0

    @property
    def _end(self) -> int:
        return self._whole.first + len(self._whole.texts.texts)

    def _naming(self, named: tuple[str, ...], begin: int, end: int) -> Iterator[int]:
        first = self._whole.first
        for word in named:
            for number in self._whole.texts.saying(word, begin - first, end - first):
                yield number + first

    def has_argument(self, part: str, word: str) -> bool:
        """Whether a container's command or arguments (`part`) hold a word."""
        found = (one.get(part) for one in containers(pod_spec(self._one)))
        return any(word in text(one) for words in found for one in sequence(words))

    def lists(self, key: str) -> list[tuple[Path, list[Value]]]:
        """Every list below a key, with its path; those that the text shows."""
        if key not in self._lists:
            named = ((path, _at(self.body, path)) for path in self.lines if path and path[-1] == key)
            self._lists[key] = [(path, found) for path, found in named if isinstance(found, list)]
        return self._lists[key]

    def entries(self, key: str, name: str) -> list[Path]:
        """Paths of the entries of this name in every list below a key."""
        if key not in self._entries:
            found = self._entries[key] = {}
            for path, members in self.lists(key):
                for number, one in enumerate(members):
                    if isinstance(one, dict):
                        found.setdefault(text(one.get("name")), []).append((*path, number))
        return self._entries[key].get(name, [])

    def words(self, key: str, word: str) -> Iterator[Path]:
        """Paths of the texts in the lists below a key that hold a word; of many, those that say it as a whole."""
        if key not in self._words:
            each = [
                ((*path, at), text(one)) for path, found in self.lists(key) for at, one in enumerate(found)
            ]
            shown = [one for _, one in each]
            self._words[key] = ([path for path, _ in each], shown, Texts(list(map(_encoded, shown))))
        paths, shown, texts = self._words[key]
        if len(shown) <= MANY:
            return (path for path, one in zip(paths, shown, strict=True) if word in one)
        return map(paths.__getitem__, texts.saying(word, 0, len(shown)))

    def dotted(self, begin: Path, field: str) -> int:
        """The line of a field below another, by its path as values and fields have it: `remoteWrite[0].url`."""
        if begin not in self._dotted:
            found = self._dotted[begin] = {}
            for path, line in self.lines.items():
                if len(path) > len(begin) and path[: len(begin)] == begin:
                    found.setdefault(_dotted(path[len(begin) :]), line)
        return self._dotted[begin].get(field, 0)

    def literal(self, path: Path, field: str) -> int:
        """The line of a field of a text that is a block of its own below a key."""
        key = ("|", *path)
        if key not in self._dotted:
            found = self._dotted[key] = {}
            for inner, line in self._inside(path).items():
                if inner:
                    found.setdefault(_dotted(inner), line)
        return self._dotted[key].get(field, 0)

    def _inside(self, path: Path) -> dict[Path, int]:
        at = self.line(path)
        if not at or not _LITERAL.search(self._whole.texts.texts[at - self._whole.first]):
            return {}
        value = _at(self.body, path)
        return lines_of(value.encode(), at + 1) if isinstance(value, str) else {}


_whole = lru_cache(maxsize=4_096)(Whole)  # a report asks of each object for every edge
lined = lru_cache(maxsize=4_096)(Lined)


def _encoded(word: str) -> bytes:
    return word.encode("utf-8", "surrogatepass")


def _at(value: Value, path: Path) -> Value:
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def _dotted(path: Path) -> str:
    words = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)
    return words.removeprefix(".")
