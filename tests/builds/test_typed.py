"""Files with the types that Go reads: what is no value of its type is an answer, without the value."""

from __future__ import annotations

import pytest
from cilium_policies.builds.typed import NotYamlError, load

WORD = "hunter2"


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


@pytest.mark.parametrize(
    "value",
    [
        f"*{WORD}", f"!{WORD}", f"!{WORD} x", f"!<{WORD}> x", f"!{WORD}!x y", f"!!bool {WORD}", f"!!int {WORD}",
        "!!int ''", "!!float ''", f"!!float {WORD}", f"!!timestamp {WORD}", "!!timestamp 2001-99-99",
        f"!!python/name:{WORD} x", f"!!set {WORD}", f"!!omap {WORD}", "[",
    ],
)  # fmt: skip
def test_what_is_no_value_of_its_type_is_refused_without_it(value: str) -> None:
    """A password without quotes may begin with `*`, `&` or `!`; PyYAML answers some tags with errors of its own."""
    with pytest.raises(NotYamlError) as caught:
        load(f"a: b\npassword: {value}\n".encode())
    assert WORD not in str(caught.value)
