"""Regular expressions of HTTP rules: no text of theirs takes the square of its length."""

from __future__ import annotations

import warnings

import pytest
from cilium_policies.cilium.re2 import regex_fault

from tests.hostile.growth import assert_in_proportion, cpu_of


@pytest.mark.parametrize(
    "piece", ["[", "[a", "[[:", "[[:a", "\\", "(?", "\\Q", "\\p{", "a{1,", "(", "[^]", "a*", "|", "[]"]
)
def test_twice_the_pattern_takes_twice_the_time(piece: str) -> None:
    assert_in_proportion(
        lambda size: cpu_of(lambda: regex_fault(piece * (size // len(piece)))),
        (0, 20_000, 80_000),
        no_time=0.1,
        factor=8,
    )


@pytest.mark.parametrize("pattern", ["[[a]", "/api/[", "[a-z", "/x[\\]"])
def test_a_class_left_open_is_a_fault_and_warns_of_nothing(pattern: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = regex_fault(pattern)
    assert bool(found) == (pattern != "[[a]")


@pytest.mark.parametrize(
    "pattern", ["/api/v[0-9]+", "[[:alpha:]]+", "\\pL*", "/[^/]+/[]a]", "[\\]]", "\\Q[\\E"]
)
def test_what_re2_takes_is_taken(pattern: str) -> None:
    assert regex_fault(pattern) == ""
