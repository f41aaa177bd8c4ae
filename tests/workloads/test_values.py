"""Helm values: laid over each other, set and read by path."""

from __future__ import annotations

from cilium_policies.workloads.releases.values import merge, read, set_path
from hypothesis import given
from hypothesis import strategies as st

WORD = st.text("abc", min_size=1, max_size=2)
VALUES = st.recursive(
    st.text("xyz", max_size=3), lambda inner: st.dictionaries(WORD, inner, max_size=3), max_leaves=8
)
TREE = st.dictionaries(WORD, VALUES, max_size=4)


def leaves(value, path=()):
    """Every path to something that is not a mapping, or an empty one."""
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield from leaves(member, (*path, key))
    elif path:
        yield path, value


@given(TREE, TREE)
def test_the_upper_wins_and_the_rest_of_the_lower_stays(lower, upper):
    made = merge(lower, upper)
    above = dict(leaves(upper))
    for path, value in above.items():
        if value != {}:
            assert read(made, ".".join(path)) == value
    for path, value in leaves(lower):
        hidden = any(path[: len(one)] == one[: len(path)] for one in above)
        if not hidden:
            assert read(made, ".".join(path)) == value


@given(TREE, st.lists(WORD, min_size=1, max_size=4))
def test_what_is_set_is_read(tree, path):
    dotted = ".".join(path)
    made = dict(tree)
    set_path(made, dotted, "new")
    assert read(made, dotted) == "new"


def test_setting_a_path_changes_no_shared_mapping():
    below = {"a": {"b": "1"}}
    made = merge(below, {})
    set_path(made, "a.b", "2")
    assert below == {"a": {"b": "1"}}
    assert made == {"a": {"b": "2"}}


def test_lists_and_escaped_dots():
    made: dict = {}
    set_path(made, r"a[1].b\.c", "x")
    assert made == {"a": [None, {"b.c": "x"}]}
    assert read(made, r"a[1].b\.c") == "x"


def test_an_absurd_index_is_ignored():
    made: dict = {}
    set_path(made, "a[999999999]", "x")
    assert read(made, "a[0]") is None
