"""What conditions of the catalogue look for in texts: where it stands in a line.

Some two hundred expressions are asked of each text, so that a long one is asked once which of them it holds at all, and
each of its lines only for those. Of what one matches the words stay that stand in an expression or in the vocabulary:
an expression with `\\S+` in it would keep whatever somebody has written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.workloads.inventory.vocabulary import VOCABULARY
from cilium_policies.workloads.inventory.words import NEAR

Patterns = list[re.Pattern[str]]
_PIECE = 2000
_PART = re.compile(r"[A-Za-z0-9]+")
# What reads as a word in an expression and is none
_SYNTAX = re.compile(r"\(\?[a-zA-Z]{0,9}|\\[a-zA-Z]|\[[^\]]{0,99}\]")
_REGION = re.compile(r"[a-z]{2}\d?")  # `us1`, `eu`
_GAP = "\x02"


class Sought:
    """`patterns` are the regular expressions that somebody looks for in texts."""

    def __init__(self, patterns: Iterable[str]) -> None:
        given = sorted(patterns)
        self._each = [(re.compile(one, re.MULTILINE), re.compile(one)) for one in given]
        self._parts = {part.lower() for one in given for part in _PART.findall(_SYNTAX.sub(" ", one))}

    def live(self, value: str) -> Patterns:
        """Those that some line of a text holds."""
        parts = [piece for _, piece in pieces(value)]
        return [one for lines, one in self._each if any(map(lines.search, parts))]

    def marked(self, line: str, spans: list[tuple[int, int]]) -> str:
        """The line, in whose spans every word is struck out that stands in no expression, nor in the vocabulary."""

        def strike(match: re.Match[str]) -> str:
            word, whole = match[0], _is_whole(line, start + match.start(), start + match.end())
            known = word.lower() in self._parts or word in VOCABULARY
            known = known or (whole and _REGION.fullmatch(word) is not None)
            return word if known or (word.isdigit() and len(word) < 6) else _GAP * len(word)

        parts, last = [], 0
        for start, end in spans:
            parts += [line[last:start], _PART.sub(strike, line[start:end])]
            last = end
        return "".join((*parts, line[last:]))


def shown(piece: str) -> str:
    """A piece of a marked line, with an `x` for each word that is struck out."""
    return re.sub(f"{_GAP}+", "x", piece)


def _is_whole(line: str, start: int, end: int) -> bool:
    return not (line[start - 1 : start].isalnum() or line[end : end + 1].isalnum())


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
