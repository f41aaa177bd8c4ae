"""A large file that another process cut into its items is the one that this process would have made of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cilium_policies.cli import ahead, aside
from cilium_policies.document.source import Item, Source
from cilium_policies.document.spans import source_of, spans
from cilium_policies.document.split import split

from bench import inputs
from tests.cli.within import within

pytestmark = pytest.mark.usefixtures("two_cores")

STREAMS = {
    "usual": inputs.stream(60),
    "odd": b"# nothing\n---\nnull\n---\nkind: A\nmetadata: {name: x}\n---\n- 1\n---\na: [\n---\n{kind: B}\n...\n",
    "windows": b"\xef\xbb\xbfkind: A\r\nmetadata:\r\n  name: a\r\n---\r\nkind: List\r\nitems: [{kind: B}]\r\n",
    "empty": b"---\n# no more\n",
}
SAME = [one for one in Item.__slots__ if one not in ("source", "_value", "_loaded")]


def _shown(source: Source) -> object:
    source.number_lines()
    items = [[getattr(one, slot) for slot in SAME] for one in source.items]
    return source.form, source.newline, source.function_config, source.findings, items


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS)
def test_a_source_from_spans_is_the_source(data: bytes) -> None:
    whole = split(data, "file")
    found = spans(whole)

    assert found is not None
    made = source_of(data, "file", found)
    assert _shown(made) == _shown(whole)
    assert [one.text() for one in made.items] == [one.text() for one in whole.items]


def test_other_forms_have_none() -> None:
    assert spans(split(inputs.resource_list(3), "list")) is None
    assert spans(split(b'{"kind": "A"}', "json")) is None


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ahead, "_LARGE", 1_000)
    place = tmp_path / "large.yaml"
    place.write_bytes(inputs.stream(60))
    return place


def test_the_copy_s_items_are_taken(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead.begin(["--title", "x", str(file)])
    assert list(ahead._begun) == [str(file)]
    taken: list[object] = []
    monkeypatch.setattr("cilium_policies.document.spans.source_of", lambda *given: taken.append(given))
    ahead.split(file.read_bytes(), str(file))
    assert len(taken) == 1
    assert not ahead._begun


def test_json_is_parsed_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy leaves it alone: to cut it is to parse it."""
    data = b'\n{"kind": "A", "metadata": {"name": "' + b"a" * 1_000 + b'"}}'
    file.write_bytes(data)
    cut: list[str] = []
    with monkeypatch.context() as there:
        there.setattr("cilium_policies.document.split.split", lambda _, name: cut.append(name))
        assert ahead._cut(str(file)) is None
    assert not cut
    ahead.begin([str(file)])
    assert ahead._begun
    assert _shown(ahead.split(data, str(file))) == _shown(split(data, str(file)))


@pytest.mark.parametrize("change", ["replaced", "longer", "gone"])
def test_a_file_that_has_changed_is_cut_here(file: Path, change: str) -> None:
    ahead.begin([str(file)])
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    data = b"kind: New\nmetadata: {name: new}\n"
    if change == "replaced":
        os.replace(_written(file.with_name("new"), data), file)
    elif change == "longer":
        data = file.read_bytes() + b"---\n" + data
        file.write_bytes(data)
    else:
        data = file.read_bytes()
        file.unlink()
    source = ahead.split(data, str(file))
    assert _shown(source) == _shown(split(data, str(file)))


def test_a_report_is_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = []
    for size in (1_000, 1 << 30):
        monkeypatch.setattr(ahead, "_LARGE", size)
        pages.append(within("report", "--policies", "planned", str(file)))
    assert pages[0] == pages[1]
    assert b"app-0" in pages[0].stdout


def test_what_is_no_large_file_is_left_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead.begin(["-", str(file.parent), "no-such-file", ""])
    monkeypatch.setattr(aside, "_cores", lambda: 1)
    ahead.begin([str(file)])
    assert not ahead._begun


def _written(place: Path, data: bytes) -> Path:
    place.write_bytes(data)
    return place
