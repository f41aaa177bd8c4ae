"""Policies that an operator writes while it runs, and that let in whom the generated ones keep out."""

from __future__ import annotations

import pytest
import yaml
from cilium_policies.function import Options, run

from tests.short import manifests

KAFKA = """
- {ns: a}
- apiVersion: kafka.strimzi.io/v1beta2
  kind: Kafka
  metadata: {name: events, namespace: a}
  spec: {kafka: {replicas: 3, listeners: [LISTENERS]}}
"""
OPERATOR = {
    "dep": "ops/strimzi",
    "labels": {"name": "strimzi-cluster-operator", "strimzi.io/kind": "cluster-operator"},
    "image": "quay.io/strimzi/operator:0.48.0",
}
OPEN = "{name: plain, port: 9092, type: internal, tls: false}"
CLOSED = "{name: tls, port: 9093, type: internal, tls: true, networkPolicyPeers: [{podSelector: {}}]}"


def said(text: str) -> list[str]:
    options = Options(overrides=(("mode", "enforce"),), only_policies=True, verbose=True)
    outcome = run([("stdin", manifests(text))], options)
    assert outcome.code == 0, outcome.stderr
    return [line for line in outcome.stderr if "writes a NetworkPolicy" in line]


@pytest.mark.parametrize(("listeners", "many"), [(OPEN, 1), (f"{CLOSED}, {OPEN}", 1), (CLOSED, 0)])
def test_a_listener_without_peers_is_open_to_everybody(listeners: str, many: int) -> None:
    found = said(KAFKA.replace("LISTENERS", listeners))
    assert len(found) == many
    assert all("Kafka a/events" in line and "generateNetworkPolicy: false" in line for line in found)


@pytest.mark.parametrize(("value", "many"), [("false", 0), ("true", 1)])
def test_the_operators_own_switch(value: str, many: int) -> None:
    operator = {**OPERATOR, "env": {"STRIMZI_NETWORK_POLICY_GENERATION": value}}
    assert len(said(KAFKA.replace("LISTENERS", OPEN) + yaml.safe_dump([{"ns": "ops"}, operator]))) == many


@pytest.mark.parametrize(
    ("policy", "many"),
    [("{}", 1), ("{enabled: false}", 0), ("{http: [{podSelector: {}}]}", 0), ("{enabled: true}", 1)],
)
def test_keycloaks_operator(policy: str, many: int) -> None:
    text = f"""
- {{ns: a}}
- apiVersion: k8s.keycloak.org/v2alpha1
  kind: Keycloak
  metadata: {{name: sso, namespace: a}}
  spec: {{instances: 1, networkPolicy: {policy}}}
"""
    assert len(said(text)) == many


def test_a_pod_that_is_shown_is_nobodys_object() -> None:
    assert (
        said(
            "[{ns: a}, {dep: a/k, labels: {app.kubernetes.io/name: keycloak}, image: 'keycloak/keycloak:26'}]"
        )
        == []
    )
