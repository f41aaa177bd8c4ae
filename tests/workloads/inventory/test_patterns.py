"""What an entry's pattern keeps of a text: its own words, and none that somebody wrote where the pattern takes any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.evidence.told import told
from cilium_policies.workloads.inventory.prune import Pruner
from cilium_policies.workloads.inventory.trees import Trees

WORD = "hunter2"
PRUNER = Pruner(load(), set(), (), told)
NO_PATTERNS = Trees((), (), told)
FOUND = load().asked["patterns"]
PATTERNS = sorted(
    one for one in FOUND if not re.search(r"\{\w*[a-z]\w*[.}|]", one)
)  # those others are texts of `tells`


def sample(pattern: str) -> str:
    """A text that a pattern matches, with the word wherever it takes one."""
    return "".join(_pieces(parser.parse(pattern)))


def _pieces(parsed: Any) -> Iterator[str]:
    for kind, given in parsed:
        if kind is c.LITERAL:
            yield chr(given)
        elif kind is c.BRANCH:
            yield from _pieces(given[1][0])
        elif kind is c.SUBPATTERN:
            yield from _pieces(given[3])
        elif kind in (c.MAX_REPEAT, c.MIN_REPEAT):
            least, most, inner = given
            takes = len(inner) == 1 and inner[0][0] in (c.IN, c.ANY, c.NOT_LITERAL)
            if takes and most >= len(WORD) and all(_holds(inner[0], letter) for letter in WORD):
                yield WORD
            else:
                yield from (piece for _ in range(least) for piece in _pieces(inner))
        elif kind in (c.IN, c.ANY, c.NOT_LITERAL):
            yield next(letter for letter in " :/_-.\"'a1Tti0" if _holds((kind, given), letter))


def _holds(one: Any, letter: str) -> bool:
    """Whether a class of signs holds a letter."""
    compiled = parser.SubPattern(parser.State(), [one])
    return re._compiler.compile(compiled).fullmatch(letter) is not None  # type: ignore[attr-defined]


def test_there_are_such_patterns() -> None:
    taking = [one for one in PATTERNS if WORD in sample(one)]

    assert len(taking) > 20


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_keeps_no_word_of_others(pattern: str) -> None:
    """But for what is kept without a pattern too: a host, a key, the name of a flag."""
    given = sample(pattern)
    for text in (given, f"{WORD} {given} {WORD}", f"a: {given} {WORD}"):
        assert WORD not in PRUNER.texts.text(text, "") or WORD in NO_PATTERNS.text(text, ""), text


def _says_itself(pattern: str) -> bool:
    """Whether a sample holds no word of others and no address, which an inventory shortens, and is found as it is."""
    given = sample(pattern)
    return WORD not in given and "://" not in given and re.search(pattern, given) is not None


@pytest.mark.parametrize("pattern", list(filter(_says_itself, PATTERNS)))
def test_what_it_looks_for_is_found_again(pattern: str) -> None:
    assert re.search(pattern, PRUNER.texts.text(sample(pattern), "")) is not None
