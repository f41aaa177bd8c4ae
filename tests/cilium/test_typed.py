"""Types of scalars as the API server sees them."""

from __future__ import annotations

import pytest
from cilium_policies.cilium.typed import typed


def test_types() -> None:
    text = b"a: 80\nb: '80'\nc: true\nd: off\ne: 1.5\nf: null\ng: 0x10\nh: [1, x]\ni: 2020-01-01\nj: 1_0\nk: 12:30\n"
    found = typed(text)
    assert found == {
        "a": 80,
        "b": "80",
        "c": True,
        "d": False,
        "e": 1.5,
        "f": None,
        "g": 16,
        "h": [1, "x"],
        "i": "2020-01-01",
        "j": 10,
        "k": "12:30",
    }


def test_anchors_and_nothing() -> None:
    assert typed(b"a: &x {b: 1}\nc: *x\n") == {"a": {"b": 1}, "c": {"b": 1}}
    assert typed(b"# nothing\n") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"a: &x {b: 1}\nc: *x\nd: &x [80]\ne: *x\n", {"a": {"b": 1}, "c": {"b": 1}, "d": [80], "e": [80]}),
        (b"a: &x {b: 1, c: 2}\nd: {<<: *x, c: '3'}\n", {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": "3"}}),
        (rb'{"a": "\ud83d\ude00", "b": 80}', {"a": "\U0001f600", "b": 80}),
        (b"80: !!int '80'\nb: !!str 80\n", {"80": 80, "b": "80"}),
    ],
)
def test_what_is_read_elsewhere_is_read_here(text: bytes, value: object) -> None:
    """An anchor set again, a merge key, a pair of JSON's escapes, tags."""
    assert typed(text) == value
