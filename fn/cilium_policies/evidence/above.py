"""What stands around a field: the keys above it, `rabbitmq:` over `host: mq`, its own mapping, item or section, and the
program that one of them names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from cilium_policies.catalogue.ports import DATABASES, WORDS
from cilium_policies.evidence.host_keys import program_port, stem, words_of
from cilium_policies.lean import NamedTuple

MAPPING = 16  # lines of a mapping that are looked through
# Fields that say what is spoken to, beside a host without a port: Django's ENGINE, `type: postgres`
_KINDS = ("engine", "driver", "dialect", "type", "kind", "adapter", "client", "vendor", "backend")
_WORD = r"[A-Za-z0-9]+"
Fields = Sequence[tuple[str, str]]  # keys and values, one a line
_FAR = 40  # lines that are looked through
_DEFAULT = "default"
_OPENS, _CLOSES = ("{", "[", "("), "}])"
_BRACKETS = frozenset("{[()]}")
_MARKS = " \t\"'-:=>{[(,"
# What a program is given of others, and what it says of itself
_OWN = frozenset(("server", "listen", "listener", "listeners", "advertised", "bind"))


class Above:
    """What stands above the lines of a file, asked of lines in their order: each is looked at once, and none that is
    far from all that are asked of."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._marks: list[tuple[int, _Mark]] = []  # of the lines before `_seen`
        self._seen = 0

    def port(self, number: int) -> int:
        """The customary port of the program that the nearest key above a line names which names any; 0 for none."""
        for key in self._keys(number):
            named = words_of(key)
            if not _OWN.isdisjoint(named):
                return 0
            if not WORDS.keys().isdisjoint(named):
                return program_port(key)
        return 0

    def _keys(self, number: int) -> Iterator[str]:
        """The keys of the mappings that a line stands in, the innermost first."""
        last = max(-1, number - _FAR)
        for at in range(max(self._seen, last + 1), number):
            if (mark := _mark(self._lines[at])) is not None:
                self._marks.append((at, mark))
        self._seen = number
        closed, depth = 0, _indent(self._lines[number])
        for at, mark in reversed(self._marks):
            if at <= last:
                return
            if mark.section:
                yield mark.key
                return
            closed += mark.closes
            if mark.opens and closed > 0:
                closed -= 1
            elif mark.opens or (mark.maps and mark.depth < depth):
                yield mark.key
                depth = mark.depth


class Defaults:
    """The ports that a section called default gives all others (Python's configparser), by how their keys begin."""

    def __init__(self, lines: list[str], fields: Sequence[tuple[str, str]], ports: list[int]) -> None:
        self._sections: list[str] = []
        section = ""
        for line in lines:
            section = line.strip().strip("[]").lower() if is_section(line) else section
            self._sections.append(section)
        mine = [at for at in ports if self._sections[at] == _DEFAULT]
        self._ports = {stem(fields[at][0]): int(fields[at][1]) for at in mine}

    def port(self, number: int, key: str) -> int:
        """That of a host in this line; 0 for none."""
        if self._sections[number] in ("", _DEFAULT):
            return 0
        return self._ports.get(stem(key)) or self._ports.get("", 0)


class _Mark(NamedTuple):
    """What a line says of what stands in what: the `key` of a mapping that it begins, whether a bracket at its end
    (`opens`), a colon there (`maps`) or its being a section says so, and how many more brackets end than begin."""

    key: str
    depth: int
    opens: bool
    maps: bool
    section: bool
    closes: int


def _mark(line: str) -> _Mark | None:
    """None for a line that says nothing of it, as most do."""
    line = line.rstrip(" \t,")
    text = line.strip()
    maps = text.endswith(":")
    if not maps and _BRACKETS.isdisjoint(text):
        return None
    opens = text.endswith(_OPENS)
    closes = sum(map(text.count, _CLOSES)) - sum(map(text[:-1].count, _OPENS))
    section = is_section(line)
    key = text.strip('[]" ' if section else _MARKS)
    return _Mark(key, _indent(line), opens, maps, section, closes)


def is_section(line: str) -> bool:
    """Whether a line opens a section: `[smtp]`."""
    held = line.strip()
    return held.startswith("[") and held.endswith("]")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def is_store(lines: list[str], fields: Fields, number: int) -> bool:
    """Whether an endpoint stands beside a bucket: clients ask it by HTTPS unless they are told otherwise."""
    return any("bucket" in fields[at][0].lower() for at in block(lines, number))


def kinds_in(fields: Fields) -> list[int]:
    """The lines that may say what kind of program is spoken to."""
    return [at for at, (key, _) in enumerate(fields) if key.lower().endswith(_KINDS)]


def program_port_of(lines: list[str], fields: Fields, number: int, near: list[int]) -> int:
    """The port of the database that stands beside a host as its kind (`type: postgres`, `dbtype` beside `dbhost`), in
    one of the lines `near` it that may say so; 0 for none, or for several."""
    own, told = stem(fields[number][0]), set[int]()
    inside = block(lines, number) if near else ()
    for at in near:
        key, held = fields[at]
        if at in inside and _whose_kind(key) == own and depth(lines[at]) == depth(lines[number]):
            words = re.findall(_WORD, held)
            told.add(DATABASES.get(words[-1].lower(), 0) if words else 0)
    told.discard(0)
    return told.pop() if len(told) == 1 else 0


@lru_cache(maxsize=4096)
def _whose_kind(key: str) -> str:
    """What a key says before its word for a kind, in lower case: `db` of `dbtype`."""
    kind = key.lower()
    end = next(end for end in _KINDS if kind.endswith(end))
    return kind.removesuffix(end).rstrip("_-.")


def block(lines: list[str], number: int) -> range:
    """The lines of the mapping, item or section that a line stands in."""
    own = depth(lines[number])
    first = last = number
    while first > 0 and number - first < MAPPING and not _is_item(lines[first]):
        if _encloses(lines[first - 1], own):
            break
        first -= 1
    while last + 1 < len(lines) and last - number < MAPPING:
        below = lines[last + 1]
        if _encloses(below, own) or (_is_item(below) and depth(below) <= own):
            break
        last += 1
    return range(first, last + 1)


@lru_cache(maxsize=4096)
def _encloses(line: str, own: int) -> bool:
    """Whether a line stands less far in than a mapping's own, or opens a section."""
    return (line.strip() != "" and depth(line) < own) or is_section(line)


@lru_cache(maxsize=4096)
def _is_item(line: str) -> bool:
    return line.lstrip(" ").startswith("- ")


@lru_cache(maxsize=4096)
def depth(line: str) -> int:
    """How far in a key stands; an item's dash counts as blank."""
    return len(line) - len(line.lstrip(" -" if _is_item(line) else " "))
