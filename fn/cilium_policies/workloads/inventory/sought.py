"""What conditions of the catalogue look for in texts: where it stands in a line.

Some two hundred expressions are asked of each text, so that a long one is asked once which of them it holds at all, and
each of its lines only for those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.workloads.inventory.words import NEAR

Patterns = list[re.Pattern[str]]
_PIECE = 2000


class Sought:
    """`patterns` are the regular expressions that somebody looks for in texts."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._each = [(re.compile(one, re.MULTILINE), re.compile(one)) for one in sorted(patterns)]

    def live(self, value: str) -> Patterns:
        """Those that some line of a text holds."""
        parts = [piece for _, piece in pieces(value)]
        return [one for lines, one in self._each if any(map(lines.search, parts))]


def spans_of(line: str, live: Patterns) -> list[tuple[int, int]]:
    """Where something is that somebody looks for. Of a URL only the address is kept: a pattern that takes one whole
    would keep what a quote or a backslash sets apart from it, a part of a password for instance."""
    found = set()
    for start, piece in pieces(line) if live else ():
        for one in live:
            found |= {
                (start + a, start + b)
                for a, b in (match.span() for match in one.finditer(piece))
                if 0 < b - a < NEAR and "://" not in piece[a:b]
            }
    return merged(found)


def holds(line: str, live: Patterns) -> bool:
    return any(one.search(piece) for _, piece in pieces(line) for one in live) if live else False


def pieces(line: str) -> Iterator[tuple[int, str]]:
    """A line in pieces that overlap: some patterns take the square of what they are given."""
    for start in range(0, max(len(line), 1), _PIECE):
        yield start, line[start : start + _PIECE + NEAR]


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap as one: what two patterns find is kept once."""
    made: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if made and start < made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made
