"""The plan: what is explained, what is not, and the line that would allow it."""

from __future__ import annotations

import yaml
from cilium_policies.config.model import ClusterConfig, Config
from cilium_policies.config.read import read

from tests.support import deployment, made, namespace, service

CLIENT = deployment("shop/web", extra="env:\n- {name: API_URL, value: 'http://api:80'}\n")
API = (deployment("shop/api", port=9000), service("shop/api", target="9000"))
SHOP = (namespace("shop"), CLIENT, *API, service("shop/web"))


def uncovered(*documents: str, config: Config | None = None) -> set[str]:
    return {str(one) for one in made(*documents, config=config).plan.uncovered}


def test_an_edge_explains_the_direction_that_it_has_at_each_end() -> None:
    assert uncovered(*SHOP) == {"shop/web ingress", "shop/api egress"}


def test_what_is_known_in_part_is_guessed() -> None:
    found = {str(one): one.why for one in made(*SHOP).plan.guessed}
    assert found == {"shop/web egress": "own-edges", "shop/api ingress": "own-edges"}


def test_what_the_catalogue_says_is_a_guess_where_it_is_from_memory() -> None:
    reloader = deployment("ops/reloader", labels="app.kubernetes.io/name: reloader")
    mosquitto = deployment("ops/mosquitto", labels="app.kubernetes.io/name: mosquitto")
    plan = made(namespace("ops"), reloader, mosquitto).plan
    assert [str(one) for one in plan.uncovered] == []
    assert {str(one) for one in plan.guessed} >= {"ops/mosquitto egress", "ops/reloader egress"}


def test_who_listens_and_has_no_service_is_called_by_those_alone_who_know_its_pods() -> None:
    plan = made(namespace("shop"), deployment("shop/worker", port=9000)).plan
    assert {str(one): one.why for one in plan.guessed} == {"shop/worker ingress": "no-service"}
    assert {str(one): one.why for one in plan.uncovered} == {"shop/worker egress": "no-callee"}


def test_none_says_that_nothing_is_missing() -> None:
    config = {
        "apiVersion": "cilium-policies.fn/v1alpha1",
        "kind": "CiliumPolicies",
        "metadata": {"name": "x"},
    }
    config["spec"] = {"mode": "enforce", "allow": [{"from": {"pod": "shop/api"}, "to": "none"}]}  # type: ignore[assignment]
    assert uncovered(*SHOP, config=read(config)) == {"shop/web ingress"}


def config_of(*cures: str) -> Config:
    """A config with these lines below spec.allow; `…` is for the reader."""
    allow = [yaml.load(one.replace("…", "tried"), yaml.BaseLoader) for one in cures]
    spec = {"mode": "enforce", "allow": allow}
    return read({"apiVersion": "cilium-policies.fn/v1alpha1", "kind": "CiliumPolicies", "spec": spec})


def test_each_cure_explains_its_direction() -> None:
    plan = made(*SHOP).plan
    for one in (*plan.uncovered, *plan.guessed):
        again = made(*SHOP, config=config_of(one.cure)).plan
        assert str(one) not in {str(each) for each in (*again.uncovered, *again.guessed)}


def test_the_likeliest_caller_of_a_server_is_in_its_namespace_and_nobody_calls_a_worker() -> None:
    plan = made(*SHOP[:-1]).plan
    found = {str(one): one.cure for one in (*plan.uncovered, *plan.guessed)}
    assert found["shop/web ingress"] == "{from: none, to: {pod: shop/web}}"
    assert found["shop/api ingress"].startswith(
        "{from: same-namespace, to: {pod: shop/api}, ports: [9000/TCP]"
    )
    assert found["shop/api egress"] == "{from: {pod: shop/api}, to: none}"


def test_where_nothing_listens_nothing_can_be_missing() -> None:
    without_ports = deployment("shop/worker").replace("        ports:\n        - containerPort: 8080\n", "")
    assert uncovered(namespace("shop"), without_ports) == {"shop/worker egress"}


PROBED = "readinessProbe: {httpGet: {port: 8080, path: /ready}}\n"


def test_a_port_that_only_the_kubelet_asks_for_is_no_door_and_one_behind_a_service_is() -> None:
    worker = (namespace("shop"), deployment("shop/worker", extra=PROBED))
    assert uncovered(*worker) == {"shop/worker egress"}
    assert uncovered(*worker, service("shop/worker")) == {"shop/worker egress", "shop/worker ingress"}


def test_uncovered_audit_keeps_that_direction_soft() -> None:
    config = Config(mode="enforce", uncovered="audit")
    plan = made(*SHOP, config=config).plan
    assert plan.modes["shop"] == ("enforce", "enforce")
    held = {one.name: plan.held.mode("shop", [one]) for one in plan.subjects}
    assert held == {"web": ("audit", "enforce"), "api": ("enforce", "audit")}
    assert any("stays in audit" in one.message for one in plan.findings)


_EBS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: ebs-csi-controller, namespace: kube-system}
spec:
  selector: {matchLabels: {app: ebs-csi-controller}}
  template:
    metadata: {labels: {app: ebs-csi-controller}}
    spec:
      serviceAccountName: ebs
      containers: [{name: plugin, image: "registry.invalid/ebs-csi-driver/aws-ebs-csi-driver:v1"}]
"""
_ROLE = """apiVersion: v1
kind: ServiceAccount
metadata: {name: ebs, namespace: kube-system, annotations: {eks.amazonaws.com/role-arn: x}}
"""


def test_who_may_take_the_role_of_the_node_is_announced() -> None:
    eks = Config(mode="enforce", cluster=ClusterConfig(distribution="eks"))
    plan = made(_EBS, config=eks).plan
    [found] = [one for one in (*plan.uncovered, *plan.guessed) if one.why == "node-role"]
    assert str(found) == "kube-system/ebs-csi-controller egress"
    assert "to: {cidr: 169.254.169.254/32}, ports: [80/TCP]" in found.cure
    for documents, config in (((_EBS, _ROLE), eks), ((_EBS,), Config(mode="enforce"))):
        plan = made(*documents, config=config).plan
        assert not [one for one in (*plan.uncovered, *plan.guessed) if one.why == "node-role"]
