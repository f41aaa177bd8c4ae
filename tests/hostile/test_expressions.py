"""No regular expression takes more than time in proportion to its text, whatever is repeated in it.

Each is pumped with every sign and every pair of signs that it speaks of, behind the letters with which it begins, and
ended by something that it does not expect. Four times the text may take four times the time, not sixteen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.hostile.expressions import Expression, expressions
from tests.hostile.growth import assert_in_proportion, cpu_of

LONG = 4_000
SIGNS = "a1 \n\t.:/@-_=,;\"'[](){}$\\#%&+*<>!?|~^A"
QUICK = 0.004  # seconds for LONG: in proportion it is a tenth of that
FACTOR = 9  # between that of time in proportion, 4, and that of its square
GUARDED = {
    "cilium_policies.cilium.agent._PORT_NAME": "asked of fifteen characters at most",
    "cilium_policies.evidence.before._KEY": "asked of two hundred characters at most",
    "cilium_policies.generate.gate._VARIABLE": "asked of what ends in a brace",
    "cilium_policies.questions.flows._SEARCHED": "asked of a name of 256 characters at most",
    "aws.yaml": "asked of a key's first 256 characters",
    "azure.yaml": "likewise",
    "gcp.yaml": "likewise",
}
ALL = [one for one in expressions() if one.where.split(":")[0] not in GUARDED]


def pumps(one: Expression) -> Iterator[str]:
    written = one.pattern.pattern
    text = written if isinstance(written, str) else written.decode("latin-1")
    signs = [sign for sign in SIGNS if sign in text or sign in "a1 \n."]
    words = re.findall(r"[A-Za-z0-9_./:=@-]{2,}", text)[:6]
    yield from signs
    yield from (a + b for a in signs for b in signs if a != b)
    yield from words


def beginnings(one: Expression) -> list[str]:
    written = one.pattern.pattern
    text = written if isinstance(written, str) else written.decode("latin-1")
    literal = re.match(r"\^?(?:\(\?[:i]+\)?)?\\?([A-Za-z0-9_\"'/.:=\\-]*)", text)
    return list(dict.fromkeys(["", (literal[1] if literal else "").replace("\\", "")]))


def slow(one: Expression) -> str:
    """What takes too long, in words; the first that is found. On a busy machine the clock only adds."""
    for begin in beginnings(one):
        for pump in pumps(one):

            def run(size: int, begin: str = begin, pump: str = pump) -> float:
                text = begin + pump * (size // len(pump)) + "\x00"
                return cpu_of(lambda: one.apply(text))

            try:
                assert_in_proportion(run, (0, LONG // 4, LONG), no_time=QUICK, factor=FACTOR)
            except AssertionError as said:
                return f"{begin!r} {pump!r}: {said} for 4 times the text"
    return ""


def test_there_are_some() -> None:
    assert len(ALL) > 200
    wheres = {one.where for one in ALL}
    assert {"cilium_policies.document.plain.LINE", "coredns.yaml"} <= wheres
    assert any(where.startswith("builds/envsubst.py:") for where in wheres)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_time_is_in_proportion_to_the_text(part: int) -> None:
    found = {
        f"{one.where} {one.method} {one.pattern.pattern!r}": said
        for one in ALL[part::8]
        if (said := slow(one))
    }
    assert found == {}
