"""Which rules of the input's roles reach a service account."""

from __future__ import annotations

import pytest
from cilium_policies.kube.access_rules import Bindings
from cilium_policies.kube.inventory import Inventory

from tests.workloads.inputs import objects

ROLES = """
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: b}, roleRef: {kind: ClusterRole,
  name: top}, subjects: [{kind: ServiceAccount, name: a, namespace: n}]}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: top}, aggregationRule:
  {clusterRoleSelectors: [{matchLabels: {of: top}}]}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: middle, labels: {of: top}},
  aggregationRule: {clusterRoleSelectors: [{matchLabels: {of: middle}}]}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: leaf, labels: {of: middle}},
  rules: [{apiGroups: [""], resources: [pods], verbs: [list]}], aggregationRule:
  {clusterRoleSelectors: [{matchLabels: {of: top}}]}}
"""


def test_a_role_gathers_what_those_that_it_gathers_do() -> None:
    """The API server writes the gathered rules into a role, and gathers them on from there; in a circle, too."""
    bindings = Bindings(Inventory(objects(ROLES)))
    assert [rule["resources"] for rule in bindings.rules("n", "a")] == [["pods"]]
    assert bindings.reach("n", "a", "", "pods") == {"*"}


def test_roles_that_gather_each_other_are_gathered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many accounts have one, and questions are asked of it: each gathering looks at every role there is."""
    bindings = Bindings(Inventory(objects(ROLES)))
    asked: list[str] = []
    gathered = Bindings._gathered
    monkeypatch.setattr(
        Bindings, "_gathered", lambda self, one: asked.append(one.name) or gathered(self, one)
    )
    for resource in ("pods", "nodes", "secrets"):
        bindings.reach("n", "a", "", resource)
    assert sorted(asked) == ["leaf", "middle", "top"]
