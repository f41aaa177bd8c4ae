"""The fast reader says what the event parser says, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.document import events, plain
from cilium_policies.document.finding import RefusedError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.document import texts

MARGINS = st.sampled_from(["", "", "  ", "  ", "    ", "   ", " ", "      "])
DASHES = st.sampled_from(["", "", "", "- ", "-   ", "- - "])
KEYS = st.sampled_from(
    ["", "a: ", "b: ", "c:   ", "d:", "a.b/c: ", "1: ", "~: ", '"q": ', "a : ", "-x: ", "<<: "]
)
VALUES = st.one_of(
    st.sampled_from(
        ["", "", "x", "x y", "x ", "'it''s'", "'a", '"b"', '"a\\n\\"b"', '"\\u0041"', "{}", "[]", "[a]", "|",
         "|-", "|+", ">",
         "|2", "~", "null", "Null", "x: y", "x #c", "x#c", "#c", "a:b", "-", "--flag", "-1", "=", "<<",
         "&a x", "*a", "!t x",
         "x:", ":x", "?x", "@x", "x\t", "\tx", "é", "x\x7f", "x\x01", "12:30:45", "---", "...", "text here",
         "{a: b}", "{a: b, c: null}", "{a: b, a: c}", "{null: a}", "{a: b,c: d}", "[a, b]", "[a,b]", "[a, null, 1]",
         "{a: [b]}", "[a, b] ", "[a]b", "{a: b} #c", "{a:b}", "[-a]", "[a: b]", "[a b]", "{a: 'b'}"]
    ),
    st.text(alphabet=" abc:#'\"-\\{}[]|>&*!%?,=~", max_size=6),
)  # fmt: skip
LINES = st.one_of(
    st.builds("{}{}{}{}".format, MARGINS, DASHES, KEYS, VALUES),
    st.sampled_from(
        ["", "  ", "    ", "# note", "  # note", "---", "...", "\t", "    text", "      text", "  - x"]
    ),
)


@pytest.mark.parametrize("sign", [chr(one) for one in range(0x20, 0x7F)])
def test_what_a_plain_scalar_begins_with_is_told_twice_alike(sign: str) -> None:
    match = plain.LINE.fullmatch(f"a: {sign}")
    assert (match is not None and bool(match[4])) == (sign in plain.FIRST)


def by_events(text: bytes) -> Any:
    return events.build(text, line=1, file="")


def agrees(text: bytes) -> bool:
    """True when the fast reader answered, and answered as the event parser does."""
    value = plain.read(text)
    if value is None:
        return False
    assert value == by_events(text)
    return True


@settings(max_examples=3000, deadline=None)
@given(st.lists(LINES, max_size=9))
def test_lines_of_any_kind(lines: list[str]) -> None:
    agrees("".join(line + "\n" for line in lines).encode())


@settings(max_examples=500, deadline=None)
@given(texts.mappings)
def test_block_style_of_any_value(text: str) -> None:
    agrees(text.encode())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\n", {"a": "1"}),
        ("a:\n  b: x\n  c:\n", {"a": {"b": "x", "c": None}}),
        ("a:\n- b: x\n  c: y\n- d\nz: ~\n", {"a": [{"b": "x", "c": "y"}, "d"], "z": None}),
        ("  a:\n    - b\n    -   c: d\n        e: f\n", {"a": ["b", {"c": "d", "e": "f"}]}),
        ("a: |\n    one\n      two\n\n    three\n\nb: |-\n  x\nc: |+\n  y\n\nd: 1\n",
         {"a": "one\n  two\n\nthree\n", "b": "x", "c": "y\n\n", "d": "1"}),
        ("a:\n- |\n  x\n- y\n", {"a": ["x\n", "y"]}),
        ("a:\n- k: |-\n    x\n     y\n  l: z\n", {"a": [{"k": "x\n y", "l": "z"}]}),
        ("# c\na: 'it''s'\n\n  # d\nb: \"\\\"x\\\"\\n\"\nc: {}\nd: []\n", {"a": "it's",
        "b": '"x"\n', "c": {}, "d": []}),
        ("u: http://x:80/#a\nargs:\n- --a=:80\n- -1\n", {"u": "http://x:80/#a", "args": ["--a=:80", "-1"]}),
        ("a: null\nb: 'null'\n", {"a": None, "b": "null"}),
        ("a: {b: c, d: 1}\ne: [f, null, g/h.i]\nj:\n- {k: l}\n- m: [n]\n",
         {"a": {"b": "c", "d": "1"}, "e": ["f", None, "g/h.i"], "j": [{"k": "l"}, {"m": ["n"]}]}),
    ],
)  # fmt: skip
def test_what_tools_write_is_read_here(text: str, value: object) -> None:
    assert plain.read(text.encode()) == value == by_events(text.encode())


@pytest.mark.parametrize(
    "text",
    ["", "a\n", "- a\n", "a: 1\na: 2\n", "a: &x 1\n", "a: x\n  y\n", "a: [[1]]\n",
     "a: {b: c, b: d}\n", "a: {null: b}\n", "a: [b]c\n", "a: {b: 'c'}\n",
     "{a: b}\n", "a: é\n", "a: >\n  x\n",
     "a: |2\n   x\n",
     "a: 1", "a: b: c\n", "a:\n   b: 1\n  c: 2\n", "a: 1\n---\nb: 2\n", "a: \"x\n  y\"\n", "? a\n: b\n",
     "a: 1\n  b: 2\n",
     "a: |\n   x\n  y\n", "a: |\n    \n  x\n", "- a: |\n    x\n  b: y\n", "a: \x01\n", "<<: {a: b}\n", "a: x\r\n"],
)  # fmt: skip
def test_what_is_odd_is_left_to_the_parser(text: str) -> None:
    assert plain.read(text.encode()) is None


def test_nesting_ends_before_consumers_recurse_too_deep() -> None:
    text = "".join(" " * depth + "a:\n" for depth in range(400)).encode()
    assert plain.read(text) is None
    with pytest.raises(RefusedError, match="nested deeper"):
        by_events(text)
