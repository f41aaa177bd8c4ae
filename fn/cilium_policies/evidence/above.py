"""The keys above a field, `rabbitmq:` over `host: mq`, and the program that one of them names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cilium_policies.catalogue.ports import WORDS
from cilium_policies.evidence.host_keys import program_port, stem, words_of

_FAR = 40  # lines that are looked through
_DEFAULT = "default"
_OPENS, _CLOSES = ("{", "[", "("), "}])"
_MARKS = " \t\"'-:=>{[(,"
# What a program is given of others, and what it says of itself
_OWN = frozenset(("server", "listen", "listener", "listeners", "advertised", "bind"))


def port_above(lines: list[str], number: int) -> int:
    """The customary port of the program that the nearest key above a line names which names any; 0 for none."""
    for key in _keys(lines, number):
        named = words_of(key)
        if not _OWN.isdisjoint(named):
            return 0
        if not WORDS.keys().isdisjoint(named):
            return program_port(key)
    return 0


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


def _keys(lines: list[str], number: int) -> Iterator[str]:
    """The keys of the mappings that a line stands in, the innermost first."""
    closed, depth = 0, _depth(lines[number])
    for at in range(number - 1, max(-1, number - _FAR), -1):
        line = lines[at].rstrip(" \t,")
        text = line.strip()
        if is_section(line):
            yield text.strip('[]" ')
            return
        opened = text.endswith(_OPENS)
        closed += sum(map(text.count, _CLOSES)) - sum(map(text[:-1].count, _OPENS))
        if opened and closed > 0:
            closed -= 1
        elif opened or (text.endswith(":") and _depth(line) < depth):
            yield text.strip(_MARKS)
            depth = _depth(line)


def is_section(line: str) -> bool:
    """Whether a line opens a section: `[smtp]`."""
    held = line.strip()
    return held.startswith("[") and held.endswith("]")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
