"""Which items of an input are objects of the cluster, which are this program's, and which are nothing to it."""

from __future__ import annotations

import json

import pytest
from cilium_policies.document.source import Item
from cilium_policies.document.split import split
from cilium_policies.kube.reading import Objects, objects

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: shop\n"
OWN = """apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: web
  namespace: shop
  annotations:
    cilium-policies.fn/component: web
"""


def read(text: str, namespace: str = "") -> Objects:
    return objects([split(text.encode())], namespace)


def names(text: str, namespace: str = "") -> list[str]:
    return [str(one) for one in read(text, namespace).objects]


def annotated(line: str) -> str:
    return CONFIG_MAP + f"  annotations:\n    {line}\n"


@pytest.mark.parametrize(
    "text",
    [
        annotated('config.kubernetes.io/local-config: "true"'),
        annotated("config.kubernetes.io/function: '{exec: {path: x}}'"),
        "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: x}\n",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: x\n",
        "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nmetadata: {name: x}\n",
    ],
)
def test_what_is_not_applied_counts_for_nothing(text: str) -> None:
    assert names(text) == []


def test_what_is_applied_counts() -> None:
    flux = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x, namespace: y}\n"
    )
    assert names(flux) == ["Kustomization y/x"]
    assert names(annotated('config.kubernetes.io/local-config: "false"')) == ["ConfigMap shop/x"]


def test_lists_are_unwrapped_and_typed_lists_name_their_members_kind() -> None:
    inner = "  kind: NamespaceList\n  items:\n  - metadata: {name: a}\n"
    nested = f"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n{inner}"
    assert names(nested) == ["Namespace a"]


def test_own_policies_stand_apart_with_their_place() -> None:
    found = read(CONFIG_MAP + "---\n" + OWN)
    assert [(one.policy.name, one.source, one.item) for one in found.own] == [("web", 0, 1)]
    assert [one.kind for one in found.objects] == ["ConfigMap"]
    hand_written = read(OWN.replace("cilium-policies.fn/component", "example.org/component"))
    assert (hand_written.own, len(hand_written.objects)) == ([], 1)


def test_own_policies_in_a_list_are_known_and_not_edited() -> None:
    member = "".join(f"  {line}\n" for line in OWN.splitlines()).replace("  ", "- ", 1)
    found = read("apiVersion: v1\nkind: List\nitems:\n" + member)
    assert (found.own, [one.policy.name for one in found.listed]) == ([], ["web"])


@pytest.mark.parametrize("stands", ["", "  namespace: _\n"])
def test_the_default_namespace_is_for_namespaced_objects_without_one(stands: str) -> None:
    text = CONFIG_MAP.replace("  namespace: shop\n", stands)
    assert names(text, "home") == ["ConfigMap home/x"]
    assert names("apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n", "home") == ["Namespace x"]


def test_the_text_of_a_list_is_not_looked_through_for_each_member(monkeypatch: pytest.MonkeyPatch) -> None:
    """`kubectl get -A -o yaml` prints a cluster as one List."""
    members = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": f"a{at}"}} for at in range(9)
    ]
    looked: list[bytes] = []
    mentions = Item.mentions
    monkeypatch.setattr(Item, "mentions", lambda item, text: looked.append(text) or mentions(item, text))

    found = read(json.dumps({"apiVersion": "v1", "kind": "List", "items": members}), "shop")

    assert [one.may_say((b"eks.amazonaws.com/role-arn",)) for one in found.objects] == [True] * len(members)
    assert [one.holds_one((b"authentik_outposts.outpost",)) for one in found.objects] == [True] * len(members)
    assert looked == []
