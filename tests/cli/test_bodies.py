"""Bodies that a copy of the process parsed are those that this one would have parsed."""

from __future__ import annotations

import pytest
from cilium_policies.cli import aside, bodies
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.split import split
from cilium_policies.kube.objects import Mapping, Object
from cilium_policies.kube.reading import objects

from bench import inputs

pytestmark = pytest.mark.usefixtures("two_cores")

INPUTS = {
    "stream": inputs.stream(60),
    "list": inputs.resource_list(60),
    "aliases": b"kind: Service\nmetadata: {name: a}\nspec: &s {x: [1, &t {y: z}, *t]}\nother: *s\n",
    "of a List": b"kind: ServiceList\nitems: [{kind: Service, metadata: {name: a}}]\n",
    "no mapping in it": b"kind: Service\nmetadata: {name: a}\nspec:\n---\nkind: Pod\nspec: [a, null]\n",
}


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_MANY", 1)


def _told(data: bytes, there: float, monkeypatch: pytest.MonkeyPatch) -> list[Object]:
    monkeypatch.setattr(bodies, "_THERE", there)
    sources = [split(data, "file")]
    ready = bodies.parsing(sources)
    found = objects(sources).objects
    ready(found)
    ready(found)
    return found


@pytest.mark.parametrize("there", [0, 0.5, 1])
@pytest.mark.parametrize("data", INPUTS.values(), ids=INPUTS)
def test_they_are_the_same(data: bytes, there: float, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = objects([split(data, "file")]).objects
    together = _told(data, there, monkeypatch)
    assert alone
    assert [one.body for one in together] == [one.body for one in alone]


def test_what_is_read_of_every_cluster_need_not_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    together = _told(INPUTS["stream"], 0.5, monkeypatch)

    def again(_: object) -> Mapping:
        raise AssertionError

    ready = [
        one for one in together if one.kind in ("Deployment", "StatefulSet", "Service", "HTTPRoute", "Role")
    ]
    for one in ready:
        monkeypatch.setattr(one, "_read", again)
    assert len([one.spec for one in ready]) > 20


@pytest.mark.parametrize("there", [0, 1])
def test_what_cannot_be_parsed_is_said_where_it_is_read(
    there: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = b"apiVersion: v1\nkind: Service\nmetadata:\n  name: %s\n"
    data = head % b"a" + b"---\n" + head % b"b" + b"spec:\n  a: 1\n  a: 2\n"
    good, bad = _told(data, there, monkeypatch)
    assert good.body["metadata"] == {"name": "a"}
    with pytest.raises(RefusedError) as refused:
        assert bad.body
    assert refused.value.finding.line == 12


@pytest.mark.parametrize(
    ("data", "many"),
    [
        (INPUTS["stream"], 1_000),
        (b'{"kind": "Service", "metadata": {"name": "a"}}\n' * 2, 1),  # parsed as it was cut
    ],
)
def test_for_few_objects_no_copy_is_made(data: bytes, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_MANY", many)
    forked: list[object] = []
    monkeypatch.setattr(aside, "_shared", forked.append)
    bodies.parsing([split(data, "file")])([])
    assert not forked
