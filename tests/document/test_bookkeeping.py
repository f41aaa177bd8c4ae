"""An item's body is what its text says, less what kustomize wrote into its annotations for itself."""

from __future__ import annotations

import tracemalloc
from copy import deepcopy

import pytest
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.split import split
from cilium_policies.kube.reading import objects

from bench import inputs

ITEM = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: v1
  kind: Service
  metadata:
    annotations:
{annotations}
    name: web
  spec:
    type: ClusterIP
"""
ID = """\
      kustomize.config.k8s.io/id: |
        kind: Service
        name: web
        version: v1"""
NUMBERS = """\
      config.kubernetes.io/index: '0'
      internal.config.kubernetes.io/index: '0'
      internal.config.kubernetes.io/annotations-migration-resource-id: '0'
      internal.config.kubernetes.io/id: '1'
      config.k8s.io/id: '1'"""
LITERAL = "      note: |\n        config.kubernetes.io/index: '7'"


def annotations_of(text: str) -> object:
    [item] = split(ITEM.format(annotations=text).encode()).items
    body, whole = item.body(), deepcopy(item.load())
    assert isinstance(body, dict)
    assert isinstance(whole, dict)
    read = body["metadata"].pop("annotations")
    whole["metadata"].pop("annotations")
    assert body == whole
    return read


@pytest.mark.parametrize(
    ("annotations", "read"),
    [
        ([ID, NUMBERS], None),
        ([ID, '      a/b: "x"', NUMBERS], {"a/b": "x"}),
        ([ID, "      a/b: it's", NUMBERS, "      z: y"], {"a/b": "it's", "z": "y"}),
        ([ID, LITERAL, NUMBERS], {"note": "config.kubernetes.io/index: '7'\n"}),
        ([ID, "      a: b"], {"a": "b"}),
        # as kustomize 5.8.2 orders them
        (["      a: b", ID, NUMBERS], {"a": "b"}),
        (["      internal.config.kubernetes.io/previousNames: web", ID, "      z: y", NUMBERS],
         {"internal.config.kubernetes.io/previousNames": "web", "z": "y"}),
        (["      a: |\n        b", ID, NUMBERS], {"a": "b\n"}),
        # another form is read whole
        ([ID.replace("\n        version", "\n\n        version"), "      a: b"],
         {"a": "b", "kustomize.config.k8s.io/id": "kind: Service\nname: web\n\nversion: v1\n"}),
        # within a quoted text such a line is its own
        ([ID, '      a: "b', "      config.kubernetes.io/index: '0'", '      "'],
         {"a": "b config.kubernetes.io/index: '0' ",
          "kustomize.config.k8s.io/id": "kind: Service\nname: web\nversion: v1\n"}),
    ],
)  # fmt: skip
def test_annotations_are_read_without(annotations: list[str], read: object) -> None:
    text = "\n".join(annotations)
    assert annotations_of(text) == read


def test_what_is_refused_has_its_line_in_the_whole_text() -> None:
    text = ITEM.format(annotations=f"{ID}\n{NUMBERS}") + "    type: NodePort\n"
    [item] = split(text.encode()).items
    with pytest.raises(RefusedError) as refused:
        item.body()
    assert refused.value.finding.line == text.count("\n")


def test_every_item_of_a_usual_list_is_read_the_same() -> None:
    for item in split(inputs.resource_list(60)).items:
        body, whole = item.body(), item.load()
        assert isinstance(body, dict)
        assert isinstance(whole, dict)
        own = whole["metadata"]["annotations"]
        left = {key: text for key, text in own.items() if key.startswith("reloader")}
        assert len(own) == len(left) + 6
        assert (body["metadata"].pop("annotations") or {}) == left
        del whole["metadata"]["annotations"]
        assert body == whole


def test_what_is_kept_of_an_unread_item_is_small() -> None:
    """A large run keeps all of them to its end: 1,105 bytes were a thirtieth more of its peak."""
    data = inputs.resource_list(300)
    objects([split(data)])  # its patterns and strings
    tracemalloc.start()
    try:
        source = split(data)
        read = objects([source])
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(read.objects) > 280
    assert kept / 300 < 900
