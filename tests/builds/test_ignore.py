"""Patterns of `.gitignore`: what they mean, by a matcher that is as simple as slow, and how long they take."""

from __future__ import annotations

import pytest
from cilium_policies.builds.ignore import Ignored
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.growth import cpu_of


def meant(pattern: list[str], path: list[str]) -> bool:
    """Parts between slashes; `**` stands for any number of them, at the end for one at least."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(path)
        return any(meant(pattern[1:], path[at:]) for at in range(len(path) + 1))
    return bool(path) and within(pattern[0], path[0]) and meant(pattern[1:], path[1:])


def within(pattern: str, part: str) -> bool:
    if not pattern:
        return not part
    if pattern[0] == "*":
        return any(within(pattern[1:], part[at:]) for at in range(len(part) + 1))
    return bool(part) and pattern[0] in ("?", part[0]) and within(pattern[1:], part[1:])


PARTS = st.one_of(st.just("**"), st.text("ab*?", min_size=1, max_size=6))


@settings(max_examples=400, deadline=None)
@given(
    st.lists(PARTS, min_size=1, max_size=6),
    st.lists(st.text("ab", min_size=1, max_size=7), min_size=1, max_size=6),
)
def test_stars_stand_for_what_they_stand_for(pattern: list[str], path: list[str]) -> None:
    parts = pattern if len(pattern) > 1 else ["**", *pattern]  # without a slash it holds at any depth
    hidden = Ignored(["/".join(pattern)]).hides("/".join(path), folder=False)

    assert hidden == meant(parts, path)


@pytest.mark.parametrize(
    ("pattern", "hidden", "shown"),
    [
        ("[!a]x", ["bx", "!x"], ["ax"]),
        ("[^a]x", ["bx"], ["ax"]),
        ("[a-c]x", ["bx"], ["dx", "-x"]),
        ("[z-a]x", [], ["zx", "ax", "-x"]),
        ("[]a]", ["]", "a"], ["[]a]"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("[a", ["[a"], ["a"]),
        ("a\\*b", ["a*b"], ["axb"]),
        ("\\!a", ["!a"], ["a"]),
        ("\\#a", ["#a"], ["a"]),
        ("a\\", ["a\\"], ["a"]),
        ("a.b", ["a.b"], ["axb"]),
        ("x[!a]", ["xb"], ["x/", "xa"]),
    ],
)
def test_classes_and_escapes(pattern: str, hidden: list[str], shown: list[str]) -> None:
    ignored = Ignored([pattern])
    assert [one for one in (*hidden, *shown) if ignored.hides(one, folder=False)] == hidden


@pytest.mark.parametrize(
    ("piece", "path"),
    [
        ("*a", "a"),
        ("*a?", "ab"),
        ("**/a/", "a/"),
        ("*a*a/", "aaa/"),
        ("[a]*", "a"),
        ("?*", "a"),
        ("a**", "a"),
    ],
)
def test_many_stars_take_no_longer_than_their_text(piece: str, path: str) -> None:
    """With backtracking the first dozen stars take longer than a life."""
    ignored = Ignored([piece * 300 + "b"])
    text = (path * 2000)[:4000] + "c"
    assert (
        cpu_of(lambda: ignored.hides(text, folder=False)) < 10
    )  # a tenth of a second where nothing else runs
    assert not ignored.hides(text, folder=False)
