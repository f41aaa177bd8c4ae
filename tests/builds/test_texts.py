"""Fields that are set in a document as text leave everything else as it was."""

from __future__ import annotations

import yaml
from cilium_policies.builds.texts import documents, with_metadata, with_namespace, written

PLAIN = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  labels: x\n"
LABELLED = (
    b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    labels: y\n  labels:\n    a: b\n    old: '1'\n"
    b"  name: a\n"
)


def test_labels_are_added_where_none_are() -> None:
    made = with_metadata(PLAIN, "labels", {"x/name": "web", "number": "12"})
    assert made.replace(b'  labels:\n    x/name: web\n    number: "12"\n', b"") == PLAIN


def test_labels_are_added_beside_others_and_replace_their_own() -> None:
    made = with_metadata(LABELLED, "labels", {"old": "2", "new": "on"})
    assert yaml.safe_load(made)["metadata"] == {
        "annotations": {"labels": "y"},
        "labels": {"a": "b", "old": "2", "new": "on"},
        "name": "a",
    }


def test_a_document_without_metadata_stays() -> None:
    assert with_metadata(b"kind: X\n", "labels", {"a": "b"}) == b"kind: X\n"


def test_a_namespace_is_set() -> None:
    assert yaml.safe_load(with_namespace(PLAIN, "media"))["metadata"] == {"namespace": "media", "name": "a"}


def test_a_namespace_is_set_in_other_layouts() -> None:
    """As charts print them: one line, or four spaces."""
    for text in (b"metadata: {name: a}\n", b"metadata:\n    name: a\n", b"metadata:\n  # why\n    name: a\n"):
        made = yaml.safe_load(with_namespace(b"kind: X\n" + text, "media"))
        assert made == {"kind": "X", "metadata": {"namespace": "media", "name": "a"}}
    kept = b"kind: X\nmetadata: {name: a, namespace: own}\n"
    assert with_namespace(kept, "media") == kept


def test_documents_are_cut_at_separators_only() -> None:
    block = b"a: |\n  ---\n  x\n"
    assert documents(block + b"---\n" + PLAIN + b"---\n", "x") == [block, PLAIN]


def test_other_layouts_get_their_labels_too() -> None:
    for text in (
        b"kind: X\nmetadata: {name: a, labels: {old: '1'}}\n",
        b"{kind: X, metadata: {name: a, labels: {old: '1'}}}\n",
        b"kind: X\nmetadata:\n  labels: {old: '1'}\n  name: a\n",
        b"kind: X\nmetadata:\n    labels:\n        old: '1'\n    name: a\n",
    ):
        made = yaml.safe_load(with_metadata(text, "labels", {"new": "2"}))
        assert made == {"kind": "X", "metadata": {"name": "a", "labels": {"old": "1", "new": "2"}}}


def test_a_text_stays_one_to_every_reader() -> None:
    """go-yaml reads a boolean in `y` and numbers in the others, PyYAML texts; `${X}` may become a number."""
    texts = ["y", "N", "1e5", "1E+3", "0o17", "-.5"]
    made = written({"y": texts, "a": ["yes", "12", "", "plain", "${X}", "two\nlines", 1, 1.5, True, None]})
    assert [line.strip(b"- ") for line in made.splitlines()[-6:]] == [f"'{one}'".encode() for one in texts]
    assert b"\n'y':\n" in made
    assert b"- ${X}\n" in made
    assert yaml.safe_load(made)["a"] == ["yes", "12", "", "plain", "${X}", "two\nlines", 1, 1.5, True, None]
