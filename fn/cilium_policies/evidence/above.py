"""The keys above a field, `rabbitmq:` over `host: mq`, and the program that one of them names."""

from __future__ import annotations

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
        if not _OWN.isdisjoint(words_of(key)):
            return 0
        if port := program_port(key) if not WORDS.keys().isdisjoint(words_of(key)) else 0:
            return port
    return 0


def _keys(lines: list[str], number: int) -> list[str]:
    """The keys of the mappings that a line stands in, the innermost first."""
    found: list[str] = []
    closed, depth = 0, _depth(lines[number])
    for at in range(number - 1, max(-1, number - _FAR), -1):
        line = lines[at].rstrip(" \t,")
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):  # a section
            return [*found, text.strip('[]" ')]
        opened = text.endswith(_OPENS)
        closed += sum(map(text.count, _CLOSES)) - sum(map(text[:-1].count, _OPENS))
        if opened and closed > 0:
            closed -= 1
        elif opened or (text.endswith(":") and _depth(line) < depth):
            found.append(text.strip(_MARKS))
            depth = _depth(line)
    return found


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
