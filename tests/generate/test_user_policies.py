"""The user's own policies: what they select and name that is not there, and that audit does not soften them."""

from __future__ import annotations

import pytest
from cilium_policies.config.model import Config
from cilium_policies.document.finding import INFO, WARNING, Finding

from tests.support import deployment, made, namespace

SHOP = (namespace("shop"), deployment("shop/web"), deployment("shop/api"))
CILIUM = """apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: mine, namespace: shop}
spec:
  endpointSelector: {matchLabels: {SUBJECT}}
  ingress:
  - fromEndpoints: [{matchLabels: {PEER}}]
"""
KUBERNETES = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: mine, namespace: shop}
spec:
  podSelector: {matchLabels: {SUBJECT}}
  policyTypes: [Ingress]
  ingress:
  - from: [{podSelector: {matchLabels: {PEER}}}]
"""


def said(
    policy: str, subject: str, peer: str, mode: str = "enforce", severity: str = WARNING
) -> list[Finding]:
    text = policy.replace("SUBJECT", subject).replace("PEER", peer)
    findings = made(*SHOP, text, config=Config(mode=mode)).plan.findings
    return [one for one in findings if one.severity == severity and one.name == "mine"]


@pytest.mark.parametrize("policy", [CILIUM, KUBERNETES], ids=["cilium", "kubernetes"])
def test_a_selector_without_pods_is_told_with_its_place(policy: str) -> None:
    [found] = said(policy, "app: wep", "app: api")
    assert "selects no pod that the input shows" in found.message
    assert (found.index, found.cure != "") == (3, True)
    assert found.path.endswith(("spec.endpointSelector", "spec.podSelector"))
    assert "has app=web" in said(policy, "tier: web", "app: api")[0].cure


@pytest.mark.parametrize("policy", [CILIUM, KUBERNETES], ids=["cilium", "kubernetes"])
def test_a_peer_without_pods_is_told(policy: str) -> None:
    [found] = said(policy, "app: web", "app: apo")
    assert "matches no pod that the input shows" in found.message


@pytest.mark.parametrize("policy", [CILIUM, KUBERNETES], ids=["cilium", "kubernetes"])
def test_what_fits_or_cannot_be_judged_is_not(policy: str) -> None:
    assert said(policy, "app: web", "app: api") == []
    assert said(policy, "app: web", "app: '${CLIENT}'") == []
    assert said(policy, "batch.kubernetes.io/job-name: x", "app: api") == []


def test_a_peer_in_another_namespace_is_not_judged() -> None:
    assert said(CILIUM, "k8s:app: web", "app: x, io.kubernetes.pod.namespace: y") == []


def test_their_policies_stay_in_force_in_audit_and_that_is_said() -> None:
    [found] = said(CILIUM, "app: web", "app: api", mode="audit", severity=INFO)
    assert "in force: mine" in found.message
    assert said(CILIUM, "app: web", "app: api", mode="enforce", severity=INFO) == []
    soft = CILIUM.replace("  ingress:\n", "  enableDefaultDeny: {ingress: false}\n  ingress:\n")
    assert said(soft, "app: web", "app: api", mode="audit", severity=INFO) == []
