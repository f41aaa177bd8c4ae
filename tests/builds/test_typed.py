"""YAML with the types that Go reads."""

from __future__ import annotations

import pytest
from cilium_policies.builds.typed import NotYamlError, load


@pytest.mark.parametrize(
    "text", [b"a: &x {b: 1, c: *x}\n", b"&x [1, [*x]]\n", b"a: &x {b: &y [*x]}\nc: *y\n"]
)
def test_a_value_that_holds_itself_is_none(text: bytes) -> None:
    """Go refuses it, and nothing that is written of it would end."""
    with pytest.raises(NotYamlError, match="contains itself"):
        load(text)


def test_a_value_that_stands_in_many_places_is_one() -> None:
    assert load(b"a: &x {b: 1}\nc: [*x, {d: *x}]\ne: *x\n") == {
        "a": {"b": 1},
        "c": [{"b": 1}, {"d": {"b": 1}}],
        "e": {"b": 1},
    }
