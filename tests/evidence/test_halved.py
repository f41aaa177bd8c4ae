"""The configuration of a large cluster, read by two processes: the same edges, in the same order, of the same pods."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cilium_policies import evidence
from cilium_policies.cli.aside import aside
from cilium_policies.evidence import configuration
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.given import Given
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.cluster import Cluster

from tests.evidence.shown import cluster, deployment, service

pytestmark = pytest.mark.usefixtures("two_cores")

_PODS = 10
_ENV = """[{{name: DB, value: 'postgres://db:5432/app'}}, {{name: PEER, value: 'http://web-{0}:80'}},
  {{name: GONE, value: 'http://gone-{0}:80'}}]"""


def _cluster() -> Cluster:
    pods = (deployment(f"web-{one}", env=_ENV.format((one + 1) % _PODS)) for one in range(_PODS))
    services = (service(f"web-{one}", "[{port: 80, targetPort: 8080}]") for one in range(_PODS))
    database = deployment("db", "[{containerPort: 5432}]") + service("db", "[{port: 5432}]")
    return cluster("".join((*pods, *services)) + database)


def _found(
    one: Cluster, beside: Callable[[Callable[[], bytes]], Callable[[], bytes]] | None
) -> tuple[list[Edge], Given]:
    given = Given(unmet=[], unsure=None, unopened=[], unasked=[])
    return [*evidence.edges(one, given, beside)], given


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MANY", 2)


def test_two_processes_find_what_one_finds() -> None:
    one = _cluster()
    alone, filled = _found(one, None)
    together, filled_too = _found(one, aside)

    assert len(alone) >= 2 * _PODS
    assert len(filled.unmet or ()) == _PODS
    assert together == alone  # a workload is equal to itself alone
    assert filled_too == filled
    ours = set(map(id, one.workloads))
    assert all(id(edge.client) in ours and id(edge.server) in ours for edge in together)


def test_what_later_kinds_of_evidence_fill_in_stands_behind_the_copy_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are asked while the copy is still at work."""

    def filling(_: Cluster, given: Given) -> list[Edge]:
        assert given.unmet is not None
        given.unmet.append("later")  # type: ignore[arg-type]
        return []

    monkeypatch.setattr("cilium_policies.evidence.inferred.edges", filling)
    one = _cluster()
    alone, filled = _found(one, None)
    together, filled_too = _found(one, aside)
    assert together == alone
    assert filled_too == filled
    assert [str(each) == "later" for each in filled.unmet or ()] == [False] * _PODS + [True]


def test_what_stands_in_no_object_of_the_cluster_is_found_again_here(monkeypatch: pytest.MonkeyPatch) -> None:
    one = _cluster()
    alone, _ = _found(one, None)
    answers: list[bytes] = []
    edges = configuration.edges

    def strange(*given: object) -> list[Edge]:
        stranger = Object({"kind": "ConfigMap", "metadata": {"name": "made-on-the-way"}})
        return [
            edge._replace(evidence=edge.evidence._replace(subject=stranger))
            for edge in edges(*given)  # type: ignore[arg-type]
        ]

    def kept(make: Callable[[], bytes]) -> Callable[[], bytes]:
        answer = aside(make)
        return lambda: answers.append(answer()) or answers[-1]

    monkeypatch.setattr(configuration, "edges", strange)
    together, _ = _found(one, kept)
    assert answers == [b""]
    assert [edge[:4] for edge in together] == [edge[:4] for edge in alone]


def test_few_workloads_are_not_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MANY", _PODS + 2)
    asked: list[object] = []
    _found(_cluster(), lambda make: asked.append(make) or make)
    assert not asked
