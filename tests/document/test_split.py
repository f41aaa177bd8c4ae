"""Spans, identities and forms: the cutters against a full parse, on the corpus and on drawn texts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from cilium_policies.document import blocks, events, marks, stream
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.source import RESOURCE_LIST, Item, Source, identity
from cilium_policies.document.split import flatten, split
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.document import texts

HEAD = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
CONFIG = "functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n"


# What YAML readers (kustomize's too) refuse or fold inside JSON strings.
ODD = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def composed(text: bytes) -> list[Any]:
    """Every document of a stream, built from the events of one parse of the whole."""
    found: list[Any] = []
    run: list[Any] = []
    for event in yaml.parse(text, Loader=yaml.CLoader):
        run.append(event)
        if isinstance(event, yaml.DocumentEndEvent):
            run.append(yaml.StreamEndEvent())
            found.append(events._document(iter(run).__next__, True))
            run = []
    return found


def entry(text: str, column: int) -> str:
    """`text` as an entry of a block sequence."""
    margin = " " * (column + 2)
    lines = [margin + line if line.strip() else line for line in text.removesuffix("\n").split("\n")]
    return " " * column + "- " + "\n".join(lines)[column + 2 :] + "\n"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(texts.objects, texts.mappings, st.sampled_from(["", "# note\n", "null\n", "~\n"])),
        max_size=5,
    ),
    st.sampled_from(["---\n", "--- # note\n", "---  \n", "\n---\n"]),
    st.booleans(),
    st.booleans(),
)
def test_documents_are_what_a_full_parse_finds(parts: list[str], mark: str, lead: bool, trail: bool) -> None:
    text = (mark * lead + mark.join(parts) + mark * trail).encode()
    source = split(text)
    assert [item.load() for item in source.items] == [value for value in composed(text) if value is not None]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(texts.objects, texts.mappings), min_size=1, max_size=5),
    st.sampled_from([0, 0, 2, 4]),
    st.sampled_from(
        [
            HEAD + "items:\n{}" + CONFIG,
            HEAD + "items:\n{}",
            HEAD + CONFIG + "items:\n# note\n{}",
            "items:\n{}" + HEAD,
        ]
    ),
    st.sampled_from(["", "# note\n", "\n"]),
)
def test_both_cutters_find_what_a_full_parse_finds(
    parts: list[str], column: int, frame: str, between: str
) -> None:
    text = frame.replace("{}", between.join(entry(part, column) for part in parts)).encode()
    try:
        whole = events.build(text, line=1, file="")
    except RefusedError:  # an emitter's line separator ends the text early
        assume(False)
    assert isinstance(whole, dict)
    exact = Source(text, "stdin", RESOURCE_LIST)
    assert marks.fill(exact, 0, len(text))
    assert [item.load() for item in exact.items] == whole["items"]
    fast = Source(text, "stdin", RESOURCE_LIST)
    if blocks.fill(fast, 0, len(text)):
        assert [(item.start, item.end, item.dash) for item in fast.items] == [
            (item.start, item.end, item.dash) for item in exact.items
        ]
        assert shape(fast) == shape(exact)
    source = split(text)
    assert [item.load() for item in source.items] == whole["items"]
    for item, value in zip(source.items, whole["items"], strict=True):
        assert said(item) == identity(value)[:4]
    config = source.function_config
    assert (config.load() if config else None) == whole.get("functionConfig")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(texts.objects, texts.mappings), min_size=1, max_size=4))
def test_identities_are_those_of_the_parsed_documents(parts: list[str]) -> None:
    for item in split("---\n".join(parts).encode()).items:
        assert said(item) == identity(item.load())[:4]


@pytest.mark.parametrize("config", ["", CONFIG])
@pytest.mark.parametrize("items", ["", "items:\n", "items: []\n", "items:  []  \n", "items:\n\n"])
def test_both_cutters_read_a_list_without_items(items: str, config: str) -> None:
    for text in (HEAD + items + config, HEAD + config + items):
        data = text.encode()
        exact, fast = Source(data, "stdin", RESOURCE_LIST), Source(data, "stdin", RESOURCE_LIST)
        assert marks.fill(exact, 0, len(data))
        assert blocks.fill(fast, 0, len(data))
        assert shape(fast) == shape(exact)
        assert not fast.items


def shape(source: Source) -> list[Any]:
    return [getattr(source.frame, name) for name in source.frame.__slots__]


def said(item: Item) -> tuple[str, str, str, str]:
    return item.api_version, item.kind, item.namespace, item.name


@settings(max_examples=200, deadline=None)
@given(st.lists(texts.OBJECTS, max_size=4), st.sampled_from([None, 2]), st.booleans())
def test_json_resource_lists(objects: list[dict[str, Any]], indent: int | None, ascii_only: bool) -> None:
    assume(not ODD.search(json.dumps(objects, ensure_ascii=False)))
    whole = {
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "items": objects,
        "functionConfig": None,
    }
    text = json.dumps(whole, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    source = split(text)
    assert source.form == RESOURCE_LIST
    assert [item.load() for item in source.items] == objects
    assert [source.data[item.start : item.end].decode() for item in source.items] == [
        json.dumps(value, indent=indent, ensure_ascii=ascii_only).replace(
            "\n", "\n" + " " * 4 if indent else "\n"
        )
        for value in objects
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(texts.OBJECTS, min_size=1, max_size=4), st.sampled_from(["\n", "", "\n\n", " "]))
def test_json_documents_one_after_the_other(objects: list[dict[str, Any]], between: str) -> None:
    assume(not ODD.search(json.dumps(objects, ensure_ascii=False)))
    source = split(between.join(json.dumps(value) for value in objects).encode())
    assert source.form == "json"
    assert [item.load() for item in source.items] == objects


def test_a_quoted_scalar_that_looks_like_an_item_is_none() -> None:
    evil = '- apiVersion: v1\n  kind: ConfigMap\n  data:\n    a: "foo\n- apiVersion: v1\n  kind: Namespace\n'
    evil += '  metadata:\n    name: y"\n'
    source = split((HEAD + "items:\n" + evil + CONFIG).encode())
    assert [item.kind for item in source.items] == ["ConfigMap"]


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("line", ["kind: Namespace", "  name: evil", "  namespace: evil", "metadata:"])
def test_a_quoted_scalar_that_looks_like_a_key_is_none(quote: str, line: str) -> None:
    text = f"apiVersion: v1\nmetadata:\n  annotations:\n    a: {quote}x\n{line}\n  z{quote}\n  name: good\nkind: Job\n"
    item = split(text.encode()).items[0]
    assert said(item) == ("v1", "Job", "", "good")


def test_a_block_scalar_may_hold_anything() -> None:
    text = (
        HEAD
        + "items:\n- apiVersion: v1\n  data:\n    x: |\n      kind: No\n      - a: b\n      ---\n  kind: ConfigMap\n"
    )
    assert [item.kind for item in split(text.encode()).items] == ["ConfigMap"]


def test_an_alias_may_point_into_an_earlier_item() -> None:
    text = HEAD + "items:\n- {kind: A, metadata: &m {name: n}}\n- kind: B\n  metadata: *m\n"
    assert [item.name for item in split(text.encode()).items] == ["n", "n"]


def test_lines_count_from_the_top_of_the_input() -> None:
    text = f"# note\n---\n{NAMESPACE}---\n{NAMESPACE}"
    assert [item.line for item in split(text.encode()).items] == [3, 8]
    text = HEAD + "items:\n" + entry(NAMESPACE, 0) * 2 + CONFIG
    source = split(text.encode())
    assert [item.line for item in source.items] == [4, 8]
    assert source.function_config is not None
    assert source.function_config.line == 12


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"# only a comment\n", b"---\n", b"---\n---\n", b"\xef\xbb\xbf", b"null\n"]
)
def test_an_empty_stream_has_no_items(text: bytes) -> None:
    source = split(text)
    assert (source.form, source.items, source.findings) == ("stream", [], [])


def test_a_byte_order_mark_is_no_part_of_the_first_document() -> None:
    for text in (NAMESPACE, HEAD + "items:\n" + entry(NAMESPACE, 0), json.dumps({"kind": "Namespace"})):
        assert [item.kind for item in split(b"\xef\xbb\xbf" + text.encode()).items] == ["Namespace"]


def test_carriage_returns_are_kept_and_understood() -> None:
    text = (HEAD + "items:\n" + entry(NAMESPACE, 0) * 2 + CONFIG).replace("\n", "\r\n").encode()
    source = split(text)
    assert source.newline == b"\r\n"
    assert [said(item) for item in source.items] == [("v1", "Namespace", "", "a")] * 2


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (b"a: b\n\0", 2, "NUL"),
        (b"a: \xff\n", 1, "UTF-8"),
        ("kind: Namespace\n".encode("utf-16"), 1, "UTF-16"),
        ((HEAD + "items:\n- a: 'x\n").encode(), 0, "not YAML"),
        ((HEAD + "items: {}\n").encode(), 3, "items is not a list"),
        ((HEAD + "items: []\nitems: []\n").encode(), 4, "duplicate key"),
        (b"apiVersion: v1\nkind: ResourceList\nitems: []\n", 2, "apiVersion"),
        ((HEAD + "items: []\n---\n" + NAMESPACE).encode(), 0, "next to other documents"),
        ((HEAD + "items:\n- apiVersion: v1\n  ki").encode(), 0, "not YAML"),
    ],
)
def test_what_cannot_be_read_as_a_whole_is_refused(text: bytes, line: int, message: str) -> None:
    with pytest.raises(RefusedError, match=message) as refused:
        split(text, "in.yaml")
    finding = refused.value.finding
    assert finding.file == "in.yaml"
    assert finding.line == line or (not line and finding.line)


def test_an_item_that_cannot_be_read_is_an_error_beside_the_others() -> None:
    for text in (
        f"{NAMESPACE}---\n{{{{ x }}\n---\n{NAMESPACE}",
        f"{NAMESPACE}---\nkind: [\n---\n{NAMESPACE}",
    ):
        source = split(text.encode())
        assert [item.kind for item in source.items] == ["Namespace", "", "Namespace"]
        assert [(finding.severity, finding.index) for finding in source.findings] == [("error", 1)]
        assert source.findings[0].line >= 6


def test_documents_without_a_kind_pass_with_a_warning() -> None:
    source = split(b"hello\n---\n- a\n---\na: b\n")
    assert [(finding.severity, finding.index) for finding in source.findings] == [
        ("warning", n) for n in range(3)
    ]


def test_lists_are_opened_and_typed_members_get_their_kind() -> None:
    text = "kind: List\nitems:\n- {kind: A}\n- kind: NamespaceList\n  apiVersion: v1\n"
    text += "  items: [{metadata: {name: n}}]\n"
    members = list(flatten(split(text.encode()).items[0]))
    assert [(member.get("apiVersion"), member["kind"]) for member in members] == [
        (None, "A"),
        ("v1", "Namespace"),
    ]
    assert list(flatten(split(b"kind: AllowList\nspec: {}\n").items[0])) == [
        {"kind": "AllowList", "spec": {}}
    ]


def test_markers_need_white_space_behind_them() -> None:
    text = b"a: 1\n---b: 2\n"
    assert stream.documents(text, 0) == [(0, len(text))]
    assert len(stream.documents(b"a: 1\n---\tb\n---", 0)) == 2


def test_directives_belong_to_the_document_behind_them() -> None:
    text = b"%YAML 1.1\n%TAG !e! tag:e.org,2000:\n---\na: !e!x b\n...\n%YAML 1.1\n---\nc: d\n"
    assert [item.load() for item in split(text).items] == [{"a": "b"}, {"c": "d"}]
