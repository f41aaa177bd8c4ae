"""The keys above a field, `rabbitmq:` over `host: mq`, and the program that one of them names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cilium_policies.catalogue.ports import WORDS
from cilium_policies.evidence.host_keys import program_port, stem, words_of
from cilium_policies.lean import NamedTuple

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
        closed, depth = 0, _depth(self._lines[number])
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
    return _Mark(key, _depth(line), opens, maps, section, closes)


def is_section(line: str) -> bool:
    """Whether a line opens a section: `[smtp]`."""
    held = line.strip()
    return held.startswith("[") and held.endswith("]")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
