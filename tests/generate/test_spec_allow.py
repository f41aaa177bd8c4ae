"""`spec.allow`: what each form of an end stands for, held against the generated policies."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.cilium.model import Policy, Rule
from cilium_policies.cilium.objects import policy_object
from cilium_policies.config.read import read
from cilium_policies.document.parse import load
from cilium_policies.function import Made

from tests.support import deployment, made, namespace, service

TREE = (
    namespace("shop"),
    namespace("data"),
    deployment("shop/web"),
    deployment("shop/api"),
    deployment("data/db", port=5432),
    service("data/db", port=55, target="5432"),
)


def run(*entries: str, more: str = "") -> Made:
    text = "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec:\n  mode: enforce\n  allow:\n"
    text += "".join(f"  - {entry}\n" for entry in entries) + more
    return made(*TREE, config=read(load(text.encode())))


def peers(result: Made, name: str, direction: str) -> list[Any]:
    """The rules of one policy as plain values, without their ports."""
    [policy] = [one for one in result.policies.policies if f"{one.namespace}/{one.name}" == name]
    rules = policy_object(policy)["spec"][direction]
    return [{key: value for key, value in rule.items() if key != "toPorts"} for rule in rules]


def ports(policy: Policy) -> list[str]:
    rules: list[Rule] = [*(policy.specs[0].ingress or ()), *(policy.specs[0].egress or ())]
    return [
        f"{port.port}/{port.protocol}" for rule in rules for group in rule.ports or () for port in group.ports
    ]


WEB = {"matchLabels": {"app": "web"}}
DB = {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "data", "app": "db"}}


@pytest.mark.parametrize(
    ("entry", "name", "direction", "wanted"),
    [
        (
            "{from: {pod: shop/api}, to: {pod: shop/web}}",
            "shop/web",
            "ingress",
            [{"fromEndpoints": [{"matchLabels": {"app": "api"}}]}],
        ),
        ("{from: {pod: shop/web}, to: {service: data/db}}", "shop/web", "egress", [{"toEndpoints": [DB]}]),
        ("{from: {namespace: shop}, to: {pod: shop/web}}", "shop/web", "ingress", [{"fromEndpoints": [{}]}]),
        ("{from: {namespace: shop}, to: {pod: shop/web}}", "shop/api", "egress", [{"toEndpoints": [WEB]}]),
        (
            "{from: {pod: shop/web}, to: {cidr: 192.168.1.7}}",
            "shop/web",
            "egress",
            [{"toCIDR": ["192.168.1.7/32"]}],
        ),
        (
            "{from: {pod: shop/web}, to: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}",
            "shop/web",
            "egress",
            [{"toCIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}]}],
        ),
        ("{from: host, to: {pod: shop/web}}", "shop/web", "ingress", [{"fromEntities": ["host"]}]),
        (
            "{from: ingress-clients, to: {pod: shop/web}}",
            "shop/web",
            "ingress",
            [{"fromEntities": ["host", "remote-node", "world"]}],
        ),
    ],
)
def test_each_form_of_a_peer(entry: str, name: str, direction: str, wanted: list[Any]) -> None:
    assert peers(run(entry), name, direction) == wanted


def test_a_service_stands_for_its_pods_on_their_own_port() -> None:
    result = run("{from: {pod: shop/web}, to: {service: data/db}, ports: [55/TCP]}")
    [policy] = [one for one in result.policies.policies if one.name == "web"]
    assert ports(policy) == ["5432/TCP"]


def test_the_same_namespace_is_that_of_the_other_end() -> None:
    result = run("{from: same-namespace, to: {pod: shop/web}, ports: [8080/TCP]}")
    assert peers(result, "shop/web", "ingress") == [{"fromEndpoints": [{}]}]
    assert peers(result, "shop/api", "egress") == [{"toEndpoints": [WEB]}]
    assert peers(result, "data/db", "egress") == [{}]
    assert result.plan.findings == []


def test_the_same_namespace_at_both_ends_is_each_one() -> None:
    result = run("{from: same-namespace, to: same-namespace}")
    assert peers(result, "data/db", "ingress") == [{"fromEndpoints": [{}]}]
    assert peers(result, "shop/web", "egress") == [{"toEndpoints": [{}]}]


def test_namespaces_limits_an_edge_to_those() -> None:
    result = run("{from: same-namespace, to: same-namespace, namespaces: ['sh*']}")
    assert peers(result, "shop/web", "ingress") == [{"fromEndpoints": [{}]}]
    assert peers(result, "data/db", "ingress") == [{}]


def test_none_explains_a_direction_and_allows_nothing() -> None:
    result = run("{from: {pod: shop/web}, to: none}", "{from: none, to: {pod: shop/web}}")
    assert peers(result, "shop/web", "egress") == peers(result, "shop/web", "ingress") == [{}]
    assert {str(one) for one in result.plan.uncovered if "web" in str(one)} == set()


@pytest.mark.parametrize("missing", ["pod: shop/wep", "service: data/dp", "namespace: nowhere"])
def test_a_peer_that_is_not_there_is_said(missing: str) -> None:
    [said] = run(f"{{from: {{{missing}}}, to: {{pod: shop/web}}}}").plan.findings
    assert missing.split(": ")[1] in said.message
    assert said.path == "spec.allow[0]"
    assert "correct the name" in said.cure


def test_every_uncovered_direction_is_covered_by_the_line_that_it_prints() -> None:
    found = run().plan
    lines = {one.cure for one in [*found.uncovered, *found.guessed]}
    assert len(lines) == 6
    closed = run(*sorted(lines)).plan
    assert (closed.uncovered, closed.guessed) == ([], [])


def test_the_dns_pods_are_known_without_being_shown() -> None:
    result = run("{from: {pod: shop/web}, to: dns, ports: [53/UDP], dns: ['*.example.org']}")
    [first, second] = peers(result, "shop/web", "egress")
    found = [rule["toEndpoints"][0]["matchLabels"]["k8s-app"] for rule in (first, second)]
    assert found == ["coredns", "kube-dns"]
    assert result.plan.findings == []
