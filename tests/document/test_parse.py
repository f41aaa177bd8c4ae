"""Values of single documents, what is refused, and where the fields stand."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from cilium_policies.document import events, limits, parse
from cilium_policies.document.finding import RefusedError, line_of
from hypothesis import given, settings

from tests.document import texts


def refusal(text: str) -> str:
    with pytest.raises(RefusedError) as refused:
        parse.load(text.encode(), line=10, file="f.yaml")
    return line_of(refused.value.finding)


@settings(max_examples=200, deadline=None)
@given(texts.mappings)
def test_values_are_pyyamls_but_for_nulls(text: str) -> None:
    assert nulls_as_text(parse.load(text.encode())) == nulls_as_text(yaml.load(text, Loader=yaml.CBaseLoader))


def nulls_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: nulls_as_text(member) for key, member in value.items()}
    if isinstance(value, list):
        return [nulls_as_text(member) for member in value]
    return "null" if value in (None, *limits.NULLS) else value


@pytest.mark.parametrize(
    "plain",
    [
        "=",
        "<<",
        "0777",
        "12:30:45",
        "2001-13-45",
        "0x99999999999999999999",
        "1e3",
        "on",
        "yes",
        "1_000",
        ".inf",
    ],
)
def test_scalars_stay_text(plain: str) -> None:
    assert parse.load(f"a: {plain}\nb: [{plain}]\n".encode()) == {"a": plain, "b": [plain]}


def test_only_plain_nulls_are_null() -> None:
    text = b"a: ~\nb: \"~\"\nc:\nd: ''\ne: !!str\nf: [null, Null, NULL, nUll]\n"
    assert parse.load(text) == {
        "a": None,
        "b": "~",
        "c": None,
        "d": "",
        "e": "",
        "f": [None, None, None, "nUll"],
    }


def test_anchors_aliases_and_merges() -> None:
    text = b"""
base: &b {x: 1, y: 2}
more: &m {y: 3, z: 4}
one: {<<: *b, y: 9}
two:
  <<: [*m, *b]
  w: *b
three: {"<<": *b}
name: &n app
copy: *n
*n : key
"""
    value = parse.load(text)
    assert isinstance(value, dict)
    assert value["one"] == {"x": "1", "y": "9"}
    assert value["two"] == {"y": "3", "z": "4", "x": "1", "w": {"x": "1", "y": "2"}}
    assert value["three"] == {"<<": {"x": "1", "y": "2"}}
    assert (value["copy"], value["app"]) == ("app", "key")


def test_escaped_surrogate_pairs_of_json_are_one_character() -> None:
    assert parse.load(rb'{"a": "\ud83d\ude00 \\ud83d"}') == {"a": "\U0001f600 \\ud83d"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:12:1: duplicate key 'a'; keep one of the two"),
        ("a: {b: 1, b: 2}\n", "f.yaml:10:11: duplicate key 'b'; keep one of the two"),
        (
            "a: *b\n",
            "f.yaml:10:4: unknown alias; define its anchor (&NAME) before it, or quote a text that begins with *",
        ),
        (
            "a: &a [*a]\n",
            "f.yaml:10:8: unknown alias; define its anchor (&NAME) before it, or quote a text that begins with *",
        ),
        ("a: 1\n---\nb: 1\n", "f.yaml:11:1: two documents where one is expected; keep one of them"),
        (
            "name: {{ .Release.Name }}\n",
            "f.yaml:10:8: a mapping key is not a scalar;"
            " write the key as text, or render this template first",
        ),
        (
            "a: {<<: x}\n",
            "f.yaml:10:4: << merges something that is not a mapping; merge a mapping or a list of mappings",
        ),
        (
            "a: 'b\n",
            "f.yaml:11:1: not YAML: while scanning a quoted scalar, found unexpected end of stream;"
            " correct the text here",
        ),
        ("a: \x01\n", "f.yaml:10: not YAML: control characters are not allowed; remove the character"),
    ],
)
def test_refusals_say_where_and_what_to_do(text: str, said: str) -> None:
    assert refusal(text) == said


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "alias bomb" in refusal("\n".join(lines) + "\n")


def test_merges_count_as_what_they_copy() -> None:
    wide = ", ".join(f"k{n}: v" for n in range(1000))
    text = f"a: &a {{{wide}}}\nb:\n" + "- <<: *a\n" * 2000
    assert "alias bomb" in refusal(text)


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "{a: " * 20_000, "- " * 20_000, "".join(" " * n + "a:\n" for n in range(2_000))]
)
def test_deep_nesting_is_refused(text: str) -> None:
    assert "nested deeper" in refusal(text)


def test_the_pure_parser_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"a: &x [1, ~, 'b']\nc: {d: *x}\ne: |\n  f\n"
    expected = events.build(text, line=1, file="")
    monkeypatch.setattr(events, "parser", yaml.SafeLoader)
    assert events.build(text, line=1, file="") == expected


def test_lines_of_fields() -> None:
    text = b"# c\na:\n  b: 1\n  c:\n  - x\n  - y: {z: 1}\n\n'd e': |\n  t\nf: 2\n"
    value, lines = parse.load_with_lines(text, line=5)
    assert value["d e"] == "t\n"  # type: ignore[call-overload,index]
    paths: list[tuple[str | int, ...]] = [
        (), ("a",), ("a", "b"), ("a", "c"), ("a", "c", 0), ("a", "c", 1), ("a", "c", 1, "y"), ("a", "c", 1, "y", "z"),
        ("d e",), ("f",),
    ]  # fmt: skip
    assert [lines[path] for path in paths] == [5, 6, 7, 8, 9, 10, 10, 10, 12, 14]
    assert ("a", "x") not in lines
