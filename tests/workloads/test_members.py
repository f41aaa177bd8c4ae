"""Pods and Services for each member of a list or mapping in an operator's object, and ports that the object moves."""

from __future__ import annotations

import pytest
from cilium_policies.catalogue.services import ServiceTemplate
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.members import services

from tests.hostile.oracle import limited
from tests.workloads.test_operator_workloads import run

RING = {
    "component": "ring",
    "what": "x",
    "match": [{"app": "ring"}],
    "madeBy": [
        {
            "kind": "Ring",
            "group": "example.org",
            "each": "spec.pools",
            "labels": {"app": "ring", "pool": "{each}", "kind": "{each.kind|plain}"},
            "labelsAt": "spec.podLabels",
            "workload": "ring-{name}-{each}",
            "count": "spec.pools.{each}.replicas",
            "moves": [{"port": "8080", "field": "spec.http"}],
            "services": [
                {
                    "name": "{name}-{each}",
                    "ports": [
                        {"name": "http", "port": "8080"},
                        {"name": "own", "port": "{each.own.port}", "target": "{each.own.port}"},
                    ],
                }
            ],
        }
    ],
}
OBJECT = """
apiVersion: example.org/v1
kind: Ring
metadata: {name: one, namespace: apps}
spec: {http: ":9090", podLabels: {team: x}, pools: {hot: {replicas: 3, kind: ssd, own.port: 7}, cold: {url: "http://x"}}}
"""


def test_each_member_has_pods_of_its_own():
    (hot, cold), _ = run(OBJECT, RING)
    assert (hot.name, hot.replicas) == ("ring-one-hot", 3)
    assert hot.selector == {"app": "ring", "pool": "hot", "kind": "ssd", "team": "x"}
    assert (cold.name, cold.replicas) == ("ring-one-cold", 1)
    assert cold.selector == {"app": "ring", "pool": "cold", "kind": "plain", "team": "x"}
    assert (hot.instance, cold.instance) == ("one", "one")


def test_a_list_where_labels_should_stand_has_those_that_are_in_all_of_it():
    for labels, shared in (
        ("[]", {}),
        ("[{team: x, a: b}, {team: x}]", {"team": "x"}),
        ("[{team: x}, y]", {}),
    ):
        (hot, _), _ = run(OBJECT.replace("podLabels: {team: x}", f"podLabels: {labels}"), RING)
        assert hot.selector == {"app": "ring", "pool": "hot", "kind": "ssd", **shared}


def test_settings_of_the_other_members_are_not_theirs():
    (hot, cold), _ = run(OBJECT, RING)
    assert "url" not in {text.key for text in hot.texts}
    assert "url" in {text.key for text in cold.texts}
    assert "http" in {text.key for text in hot.texts}


@pytest.mark.parametrize(
    "pools",
    [
        "{hot: {podAnnotations: {x: hot}}, cold: {template: {metadata: {annotations: {y: cold}}}}}",
        "[{podAnnotations: {x: hot}}, {template: {metadata: {annotations: {y: cold}}}}]",
    ],
)
def test_annotations_of_the_other_members_are_not_theirs(pools: str):
    spec = f"spec: {{podMetadata: {{annotations: {{all: yes}}}}, pools: {pools}}}"
    (hot, cold), _ = run(OBJECT[: OBJECT.index("spec:")] + spec, RING)
    assert hot.annotations == {"all": "yes", "x": "hot"}
    assert cold.annotations == {"all": "yes", "y": "cold"}


@pytest.mark.parametrize(
    "pools", ["[{}, {serviceAccountName: own}]", "{a: {}, b: {serviceAccountName: own}}"]
)
def test_an_account_of_another_member_is_not_theirs(pools: str):
    found, _ = run(OBJECT[: OBJECT.index("spec:")] + f"spec: {{pools: {pools}}}", RING)
    assert [one.service_account for one in found] == ["default", "own"]


def test_services_of_the_members_and_a_port_that_is_moved():
    (hot, _), (first, second) = run(OBJECT, RING)
    assert [(first.name, [(port.port, port.target) for port in first.ports])] == [
        ("one-hot", [(9090, "9090"), (7, "7")])
    ]
    assert [(second.name, [port.port for port in second.ports])] == [("one-cold", [9090])]
    assert hot.moved == {8080: 9090}


@pytest.mark.parametrize("told", ['"none"', "8080", "70000", "{}"])
def test_what_is_no_other_port_moves_nothing(told: str):
    (hot, _), (first, _) = run(OBJECT.replace('":9090"', told), RING)
    assert hot.moved == {}
    assert first.ports[0].port == 8080


@pytest.mark.parametrize("pools", ["{}", "[]", "text", "null"])
def test_where_no_member_stands_nothing_is_made(pools: str):
    assert run(OBJECT[: OBJECT.index("spec:")] + f"spec: {{pools: {pools}}}", RING) == ([], [])


def test_members_of_a_list_are_told_by_place_or_text():
    entry = RING["madeBy"][0]
    part = {**RING, "madeBy": [{**entry, "labels": {"app": "ring", "pool": "{each}"}}]}
    listed = OBJECT[: OBJECT.index("spec:")] + "spec: {pools: [{kind: ssd}, cold]}"
    found, _ = run(listed, part)
    assert [one.labels["pool"] for one in found] == ["0", "cold"]


def test_one_set_of_pods_with_a_service_for_each_member():
    entry = {**RING["madeBy"][0], "labels": {"app": "ring"}, "workload": "ring-{name}"}
    entry = {key: value for key, value in entry.items() if key not in ("each", "count")}
    service = {"name": "{name}-{each.name}", "each": "spec.pools", "portsOf": "spec.pools[{each}].ports"}
    part = {**RING, "madeBy": [{**entry, "services": [service]}]}
    pools = "[{name: a, ports: [{port: 80, targetPort: 8000}]}, {name: b, ports: [{port: 81}]}]"
    _, services = run(OBJECT[: OBJECT.index("spec:")] + f"spec: {{pools: {pools}}}", part)
    assert [(each.name, each.ports[0].port, each.ports[0].target) for each in services] == [
        ("one-a", 80, "8000"),
        ("one-b", 81, "81"),
    ]
    assert {each.selector["app"] for each in services} == {"ring"}


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("3", ["chi-a-c-0-0", "chi-a-c-0-1", "chi-a-c-0-2"]),
        # Not rendered: the function hung.
        ("{{ .Values.replicas }}", ["chi-a-c-0-0"]),
        ("${REPLICAS}", ["chi-a-c-0-0"]),
        ("{below 2}", ["chi-a-c-0-0"]),
        ("}", ["chi-a-c-0-0"]),
        ("-1", ["chi-a-c-0-0"]),
        ("9" * 400, ["chi-a-c-0-0"]),
    ],
)
def test_a_number_that_an_object_says_otherwise_counts_as_one(said: str, names: list[str]) -> None:
    template = ServiceTemplate(name=f"chi-a-c-{{below 1}}-{{below {said}}}", ports=())
    with limited():
        assert [one.name for one in services([template], Object({}), 1)] == names


def test_a_name_that_begins_like_a_count_is_no_service() -> None:
    with limited():
        assert list(services([ServiceTemplate(name="chi-{below ", ports=())], Object({}), 1)) == []
