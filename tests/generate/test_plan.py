"""The plan: what is explained, what is not, and the line that would allow it."""

from __future__ import annotations

import yaml
from cilium_policies.config.model import Config
from cilium_policies.config.read import read

from tests.support import deployment, made, namespace, policies, service

CLIENT = deployment("shop/web", extra="env:\n- {name: API_URL, value: 'http://api:80'}\n")
SHOP = (namespace("shop"), CLIENT, deployment("shop/api", port=9000), service("shop/api", target="9000"))


def uncovered(*documents: str, config: Config | None = None) -> set[str]:
    return {str(one) for one in made(*documents, config=config).plan.uncovered}


def test_an_edge_explains_the_direction_that_it_has_at_each_end() -> None:
    assert uncovered(*SHOP) == {"shop/web ingress", "shop/api egress"}


def test_a_component_of_the_catalogue_is_explained() -> None:
    assert (
        uncovered(namespace("ops"), deployment("ops/reloader", labels="app.kubernetes.io/name: reloader"))
        == set()
    )


def test_none_says_that_nothing_is_missing() -> None:
    config = {
        "apiVersion": "cilium-policies.fn/v1alpha1",
        "kind": "CiliumPolicies",
        "metadata": {"name": "x"},
    }
    config["spec"] = {"mode": "enforce", "allow": [{"from": {"pod": "shop/api"}, "to": "none"}]}  # type: ignore[assignment]
    assert uncovered(*SHOP, config=read(config)) == {"shop/web ingress"}


def test_each_cure_allows_what_it_says() -> None:
    """The line is pasted as it stands; `…` is for the reader."""
    for one in made(*SHOP).plan.uncovered:
        entry = yaml.safe_load(one.cure.replace("…", "tried"))
        config = {
            "apiVersion": "cilium-policies.fn/v1alpha1",
            "kind": "CiliumPolicies",
            "metadata": {"name": "x"},
        }
        allow = [{**edge, "ports": [str(port) for port in edge["ports"]]} for edge in entry["spec.allow"]]
        config["spec"] = {"mode": "enforce", "allow": allow}  # type: ignore[assignment]
        assert str(one) not in uncovered(*SHOP, config=read(config))
        rules = getattr(
            policies(*SHOP, config=read(config))[f"shop/{one.workload.name}"].specs[0], one.direction
        )
        assert "tried" in {rule.why for rule in rules}


def test_the_cure_of_a_worker_without_ports_says_that_nobody_calls_it() -> None:
    without_ports = deployment("shop/worker").replace("        ports:\n        - containerPort: 8080\n", "")
    worker = (namespace("shop"), without_ports)
    (ingress,) = [one for one in made(*worker).plan.uncovered if one.direction == "ingress"]
    entry = yaml.safe_load(ingress.cure)
    assert entry["spec.allow"] == [{"from": "none", "to": {"pod": "shop/worker"}}]
    config = {
        "apiVersion": "cilium-policies.fn/v1alpha1",
        "kind": "CiliumPolicies",
        "metadata": {"name": "x"},
        "spec": {"mode": "enforce", "allow": entry["spec.allow"]},
    }
    assert uncovered(*worker, config=read(config)) == {"shop/worker egress"}


def test_uncovered_audit_keeps_that_direction_soft() -> None:
    config = Config(mode="enforce", uncovered="audit")
    plan = made(*SHOP, config=config).plan
    assert plan.modes["shop"] == ("audit", "audit")
    assert any("stays in audit" in one.message for one in plan.findings)
