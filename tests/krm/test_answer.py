"""The answer holds every byte of the input but those it was asked to change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from cilium_policies.cilium.model import Policy, PortRange, Rule, Selector, Spec, ToPorts
from cilium_policies.document.finding import Finding, RefusedError
from cilium_policies.document.split import Item, Source, split
from cilium_policies.generate.reconcile import Written
from cilium_policies.krm.answer import pieces
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.document import texts
from tests.document.test_split import CONFIG, HEAD, NAMESPACE, entry

MADE = Written(
    Policy(
        "CiliumNetworkPolicy",
        "a",
        "default-deny",
        (
            Spec(
                Selector(),
                ingress=(Rule(),),
                egress=(Rule(ports=(ToPorts((PortRange("53", "", 54),)),)),),
                deny_ingress_default=False,
                description='it\'s "so"',
            ),
        ),
        annotations={"cilium-policies.fn/component": "default-deny"},
    ),
    comments=False,
)
POLICY = MADE.yaml({})
PARSED = {
    "apiVersion": "cilium.io/v2",
    "kind": "CiliumNetworkPolicy",
    "metadata": {
        "annotations": {"cilium-policies.fn/component": "default-deny"},
        "name": "default-deny",
        "namespace": "a",
    },
    "spec": {
        "description": 'it\'s "so"',
        "endpointSelector": {},
        "enableDefaultDeny": {"ingress": "false"},
        "ingress": [{}],
        "egress": [{"toPorts": [{"ports": [{"port": "53", "endPort": "54"}]}]}],
    },
}
FINDINGS = [
    Finding("info", "an info"),
    Finding("warning", 'say "x\\y"', "do it", index=0, kind="Namespace", name="a", api_version="v1"),
    Finding("error", "bad\nnews", path="spec.mode"),
]


def answer(source: Source, **changes: Any) -> bytes:
    return b"".join(pieces(source, **changes))


def values(source: Source) -> list[Any]:
    return [value(item) for item in source.items]


def value(item: Item) -> Any:
    """The parsed item; its bytes where it has a duplicate key, which only a reader refuses."""
    try:
        return item.load()
    except RefusedError:
        return item.source.data[item.start : item.end].strip()


def inputs(corpus: Path) -> list[Path]:
    found = [path for path in sorted(corpus.rglob("*")) if path.suffix in (".yaml", ".json")]
    assert found
    return found


def test_nothing_changes_in_any_file_of_the_corpus(corpus: Path) -> None:
    for path in inputs(corpus):
        data = path.read_bytes()
        source = split(data, path.name)
        text = answer(source, drop_ids=True)
        if source.frame.results is None:
            assert text == data, path
        else:
            assert values(split(text)) == values(source), path


def test_items_of_the_corpus_stay_when_policies_follow(corpus: Path) -> None:
    for path in inputs(corpus):
        data = path.read_bytes()
        source = split(data, path.name)
        text = answer(source, append=[MADE, MADE], results=FINDINGS)
        if source.form == "stream":
            assert text.startswith(data), path
        after = split(text, path.name)
        spans = [data[item.start : item.end] for item in source.items]
        new = [text[item.start : item.end] for item in after.items]
        assert [part.rstrip() for part in new[:-2]] == [part.rstrip() for part in spans], path
        assert values(after)[-2:] == [PARSED, PARSED], path


def test_appended_policies_go_away_again(corpus: Path) -> None:
    for path in inputs(corpus):
        source = split(path.read_bytes(), path.name)
        after = split(answer(source, append=[MADE, MADE]))
        count = len(source.items)
        back = split(answer(after, drop={count, count + 1}))
        assert values(back) == values(source), path


FRAMES = st.sampled_from(
    [HEAD + "items:\n{}" + CONFIG, HEAD + "items:\n{}", HEAD + CONFIG + "items:\n{}", "items:\n{}" + HEAD,
     HEAD + "items:\n{}results:\n- message: old\n" + CONFIG, HEAD + "items:\n{}results: [{message: old}]\n"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.data(),
    st.lists(texts.objects, max_size=5),
    st.sampled_from([0, 2]),
    FRAMES,
    st.sampled_from(["\n", "\r\n"]),
)
def test_edits_of_a_resource_list(
    data: st.DataObject, parts: list[str], column: int, frame: str, newline: str
) -> None:
    # a text that keeps its last empty lines ends in `...`, which ends a whole document
    items = "".join(entry(part.removesuffix("...\n"), column) for part in parts)
    text = frame.replace("items:\n{}", f"items:\n{items}" if items else "items: []\n").replace("\n", newline)
    check_edits(data, text.encode())


@settings(max_examples=150, deadline=None)
@given(
    st.data(),
    st.lists(texts.objects, max_size=5),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_edits_of_a_stream(
    data: st.DataObject, parts: list[str], lead: bool, trail: bool, newline: str
) -> None:
    text = "---\n" * lead + "---\n".join(parts) + "---\n" * (trail and bool(parts))
    check_edits(data, text.replace("\n", newline).encode())


@settings(max_examples=100, deadline=None)
@given(st.data(), st.lists(texts.objects, max_size=5), st.sampled_from([None, 1]), st.booleans())
def test_edits_of_json(data: st.DataObject, parts: list[str], indent: int | None, results: bool) -> None:
    objects = [yaml.load(part, Loader=yaml.BaseLoader) for part in parts]
    whole: dict[str, Any] = {
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "items": objects,
    }
    if results:
        whole["results"] = [{"message": "old"}]
    check_edits(data, json.dumps(whole, indent=indent).encode())


def check_edits(data: st.DataObject, text: bytes) -> None:
    """Drop, replace and append drawn items; the rest must come back as it was, and the bytes around it."""
    source = split(text)
    before = values(source)
    fates = [data.draw(st.sampled_from(["keep", "keep", "drop", "replace"])) for _ in before]
    append = data.draw(st.integers(0, 2))
    results = data.draw(st.sampled_from([[], FINDINGS]))
    made = answer(
        source,
        drop={index for index, fate in enumerate(fates) if fate == "drop"},
        replace={index: MADE for index, fate in enumerate(fates) if fate == "replace"},
        append=[MADE] * append,
        results=results,
    )
    after = split(made)
    expected = [
        PARSED if fate == "replace" else one
        for one, fate in zip(before, fates, strict=True)
        if fate != "drop"
    ]
    assert values(after) == expected + [PARSED] * append
    assert after.form == source.form
    for item, fate in zip(source.items, fates, strict=True):
        if fate == "keep":
            assert text[item.start : item.end].rstrip() in made
    if source.form == "resourcelist":
        whole = after.whole()
        assert [entry["severity"] for entry in whole.get("results") or []] == (
            ["error", "warning", "info"] if results else []
        )
        config = source.function_config
        assert whole.get("functionConfig") == (config.load() if config else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n", "a: 1\n---\nP"),
        ("a: 1", "a: 1\n---\nP"),
        ("a: 1\n---\n", "a: 1\n---\nP"),
        ("a: 1\n---", "a: 1\n---\nP"),
        ("a: 1\n--- # end\n", "a: 1\n--- # end\nP"),
        ("a: 1\n...\n", "a: 1\n...\n---\nP"),
        ("", "---\nP"),
        ("a: 1\r\n", "a: 1\r\n---\r\nP"),
        ("# note\n", "# note\n---\nP"),
        ("a: 1\n---\n---#x\n", "a: 1\n---\n---#x\n---\nP"),  # content: a comment needs a space before it
    ],
)
def test_the_first_appended_document_brings_its_separator(text: str, expected: str) -> None:
    newline = b"\r\n" if "\r" in text else b"\n"
    made = answer(split(text.encode()), append=[MADE, MADE])
    policy = POLICY.replace(b"\n", newline)
    assert made == expected.encode().replace(b"P", policy) + b"---" + newline + policy


def test_a_document_that_only_looks_like_a_marker_stays_when_its_neighbour_goes() -> None:
    source = split(b"---\n---#x\n--- {kind: A}\n")
    assert answer(source, drop={1}) == b"---\n---#x\n"


def test_a_json_stream_takes_no_policies() -> None:
    source = split(b'{"kind": "Namespace"}\n{"kind": "Pod"}')
    with pytest.raises(RefusedError, match="JSON") as refused:
        answer(source, append=[MADE])
    assert "--only-policies" in refused.value.finding.cure
    assert answer(source) == source.data


def test_a_replaced_policy_keeps_the_tools_annotations() -> None:
    old = POLICY.decode().replace(
        "  annotations:\n",
        "  annotations:\n    config.kubernetes.io/path: 'x/y z.yaml'\n    internal.config.kubernetes.io/index: '3'\n"
        "    kustomize.config.k8s.io/id: |\n      group: cilium.io\n      kind: x\n    other.org/a: b\n",
    )
    source = split((HEAD + "items:\n" + entry(old, 0)).encode())
    again = split(answer(source, replace={0: MADE}))
    assert again.items[0].load()["metadata"]["annotations"] == {  # type: ignore[call-overload,index]
        "cilium-policies.fn/component": "default-deny",
        "config.kubernetes.io/path": "x/y z.yaml",
        "internal.config.kubernetes.io/index": "3",
        "kustomize.config.k8s.io/id": "group: cilium.io\nkind: x\n",
    }


IDS = (
    "apiVersion: v1\nkind: Namespace\nmetadata:\n  annotations:\n    config.k8s.io/id: '1'\n"
    "    config.kubernetes.io/index: '0'\n    internal.config.kubernetes.io/id: '1'\n    z: |\n"
    "      config.k8s.io/id: '1'\n"
    "  labels:\n    config.k8s.io/id: '7'\n  name: a\n"
)


def test_ids_go_where_kustomize_asks_and_nowhere_else() -> None:
    data = (HEAD + "items:\n" + entry(IDS, 0) * 2 + CONFIG).encode()
    kept = IDS.replace("    config.k8s.io/id: '1'\n    c", "    c").replace(
        "    internal.config.kubernetes.io/id: '1'\n", ""
    )
    assert kept.count("id: '1'") == 1
    assert answer(split(data), drop_ids=True) == (HEAD + "items:\n" + entry(kept, 0) * 2 + CONFIG).encode()
    assert answer(split(data)) == data


FROM_KUSTOMIZE = """\
apiVersion: v1
kind: Namespace
metadata:
  annotations:
    a: b
    kustomize.config.k8s.io/id: |
      kind: Namespace
      name: team-0
      version: v1
    config.kubernetes.io/index: '0'
    internal.config.kubernetes.io/index: '0'
    internal.config.kubernetes.io/annotations-migration-resource-id: '0'
    internal.config.kubernetes.io/id: '1'
    config.k8s.io/id: '1'
"""  # as kustomize 5.8.2 orders them


@pytest.mark.parametrize("rest", ["  name: team-0\n", "  labels: {a: b}\n  name: team-0\nspec: {}\n", ""])
def test_ids_go_from_items_as_kustomize_writes_them(rest: str) -> None:
    data = (HEAD + "items:\n" + entry(FROM_KUSTOMIZE + rest, 0) * 2 + CONFIG).encode()
    made = answer(split(data), drop_ids=True)
    lines = [line for line in data.split(b"\n") if not line.endswith(b"/id: '1'")]
    assert made == b"\n".join(lines)


def test_ids_stay_for_kpt_and_where_nothing_else_would_be_left() -> None:
    with_path = IDS.replace("    z:", "    config.kubernetes.io/path: a.yaml\n    z:")
    alone_there = IDS.replace("    config.kubernetes.io/index: '0'\n", "")
    for text in (with_path, alone_there):
        data = (HEAD + "items:\n" + entry(text, 0) + CONFIG).encode()
        assert answer(split(data), drop_ids=True) == data
    mentioned = NAMESPACE + "data:\n  x: |\n    config.kubernetes.io/path: a.yaml\n"
    data = (HEAD + "items:\n" + entry(IDS, 0) + entry(mentioned, 0)).encode()
    assert answer(split(data), drop_ids=True) != data


def test_results_name_kpts_file() -> None:
    item = NAMESPACE.replace(
        "  name",
        "  annotations:\n    config.kubernetes.io/path: 'n s.yaml'\n    config.kubernetes.io/index: '2'\n  name",
    )
    source = split((HEAD + "items:\n" + entry(item, 0)).encode())
    results = split(answer(source, results=FINDINGS)).whole()["results"]
    assert results == [
        {"message": "bad news", "severity": "error", "field": {"path": "spec.mode"}},
        {
            "message": 'say "x\\y"; do it',
            "severity": "warning",
            "resourceRef": {"apiVersion": "v1", "kind": "Namespace", "name": "a"},
            "file": {"path": "n s.yaml", "index": "2"},
        },
        {"message": "an info", "severity": "info"},
    ]


def test_policies_as_json_keep_their_types() -> None:
    made = json.loads(MADE.json({}))
    assert made["spec"]["enableDefaultDeny"] == {"ingress": False}
    assert made["spec"]["egress"][0]["toPorts"][0]["ports"] == [{"port": "53", "endPort": 54}]
    assert made["metadata"] == PARSED["metadata"]
