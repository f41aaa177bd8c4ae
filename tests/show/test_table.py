"""Tables say the same in every form."""

from __future__ import annotations

import csv
import io
import json

from cilium_policies.show.table import Table, columns, columns_of, rendered
from hypothesis import given
from hypothesis import strategies as st

PEOPLE = Table(
    "Peers", columns("name", "open_ports=Ports"), [("a|b", "8080/TCP"), ("grafana", None), ("c", 3)]
)


def test_text_lines_up() -> None:
    assert rendered([PEOPLE], "text") == (
        "Peers\nNAME     PORTS\na|b      8080/TCP\ngrafana\nc        3\n"
    )  # fmt: skip


def test_a_first_column_that_is_too_long_stays_whole() -> None:
    wide = Table("", columns("a", "b"), [("x" * 50, "short")])
    assert rendered([wide], "text", 30).splitlines() == ["x" * 50, "  b: short"]


def test_wide_characters_take_two_columns() -> None:
    table = Table("", columns("a", "b"), [("日本", "x"), ("é", "y")])
    assert rendered([table], "text").splitlines() == ["A     B", "日本  x", "é     y"]


def test_markdown_escapes_what_would_break_a_row() -> None:
    assert rendered([PEOPLE], "md").splitlines()[:5] == [
        "### Peers",
        "",
        "| name | Ports |",
        "| --- | --- |",
        "| a\\|b | 8080/TCP |",
    ]
    table = Table("", columns("a"), [("<img src=x>*_`\n|",)])
    assert rendered([table], "md").splitlines()[2] == "| &lt;img src=x>\\*\\_\\` \\| |"


def test_json_is_a_list_of_objects_by_key() -> None:
    assert json.loads(rendered([PEOPLE], "json")) == [
        {"name": "a|b", "open_ports": "8080/TCP"},
        {"name": "grafana", "open_ports": None},
        {"name": "c", "open_ports": 3},
    ]
    assert list(json.loads(rendered([PEOPLE, PEOPLE._replace(title="More")], "json"))) == ["Peers", "More"]


def test_csv_disarms_formulas() -> None:
    table = Table("", columns("a", "b"), [("=1+1", "-x"), ("-", "@y")])
    assert list(csv.reader(io.StringIO(rendered([table], "csv")))) == [
        ["a", "b"],
        ["'=1+1", "'-x"],
        ["-", "'@y"],
    ]


def test_a_table_without_rows_says_so() -> None:
    empty = Table("Uncovered", columns("a"), [], "every workload is covered")
    assert rendered([empty], "text") == "Uncovered\nevery workload is covered\n"
    assert rendered([empty], "md") == "### Uncovered\n\nevery workload is covered\n"
    assert rendered([empty], "json") == "[]\n"
    assert rendered([empty], "csv") == "a\n"


WORDS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1), st.integers(40, 60))
def test_no_short_cell_leaves_the_terminal(rows: list[tuple[str, str]], width: int) -> None:
    table = Table("", columns("a", "b"), [*rows])
    text = rendered([table], "text", width)
    assert all(columns_of(line) <= width for line in text.splitlines())
    assert text.replace("\n", "").isprintable()
    assert rendered([table], "md").count("\n") == len(rows) + 2


LONG = "the quick brown fox jumps over the lazy dog and goes on until the line is full"


def test_a_last_column_that_is_too_long_goes_on_below_itself() -> None:
    text = rendered([Table("", columns("name", "why"), [("a", LONG), ("bb", "short")])], "text", 40)
    assert text == (
        "NAME  WHY\n"
        "a     the quick brown fox jumps over the\n"
        "      lazy dog and goes on until the\n"
        "      line is full\n"
        "bb    short\n"
    )


def test_what_does_not_fit_is_a_block_a_row_and_nothing_is_cut() -> None:
    cure = "- {from: {pod: monitoring/loki-results-cache}, to: none, why: a very long line to paste}"
    row = ("kube-prometheus-stack-operator", "monitoring", LONG, cure)
    table = Table("", columns("name", "namespace", "why", "cure=config line"), [row, ("b", "c", "", cure)])
    text = rendered([table], "text", 60)
    assert text == (
        "kube-prometheus-stack-operator\n"
        "  namespace: monitoring\n"
        "  why: the quick brown fox jumps over the lazy dog and\n"
        "    goes on until the line is full\n"
        f"  config line: {cure}\n"
        "\n"
        "b\n"
        "  namespace: c\n"
        f"  config line: {cure}\n"
    )


@given(st.lists(st.tuples(st.text(), st.text())))
def test_json_keeps_every_cell(rows: list[tuple[str, str]]) -> None:
    table = Table("", columns("a", "b"), [*rows])
    assert [(row["a"], row["b"]) for row in json.loads(rendered([table], "json"))] == rows
