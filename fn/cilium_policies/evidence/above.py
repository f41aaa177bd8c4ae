"""The keys above a field, `rabbitmq:` over `host: mq`, and the program that one of them names."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.ports import WORDS
from cilium_policies.evidence.host_keys import program_port, words_of

_FAR = 40  # lines that are looked through
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


def _keys(lines: list[str], number: int) -> Iterator[str]:
    """The keys of the mappings that a line stands in, the innermost first."""
    closed, depth = 0, _depth(lines[number])
    for at in range(number - 1, max(-1, number - _FAR), -1):
        line = lines[at].rstrip(" \t,")
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):  # a section
            yield text.strip('[]" ')
            return
        opened = text.endswith(_OPENS)
        closed += sum(map(text.count, _CLOSES)) - sum(map(text[:-1].count, _OPENS))
        if opened and closed > 0:
            closed -= 1
        elif opened or (text.endswith(":") and _depth(line) < depth):
            yield text.strip(_MARKS)
            depth = _depth(line)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
