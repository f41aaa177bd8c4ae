"""What becomes of the policies of an earlier run: replaced where they stand, dropped, appended."""

from __future__ import annotations

from cilium_policies.cilium.model import Policy, Selector, Spec
from cilium_policies.generate.base_policies import NOBODY
from cilium_policies.generate.reconcile import Changes, changes, documents
from cilium_policies.kube.objects import Object
from cilium_policies.kube.reading import Own

KIND = "CiliumNetworkPolicy"


def policy(name: str, namespace: str = "shop") -> Policy:
    return Policy(KIND, namespace, name, (Spec(Selector(), ingress=NOBODY, egress=NOBODY),))


def old(item: int, name: str, namespace: str = "shop") -> Own:
    metadata = {"name": name, "namespace": namespace}
    return Own(Object({"apiVersion": "cilium.io/v2", "kind": KIND, "metadata": metadata}), 0, item)


def names(found: Changes) -> tuple[set[int], dict[int, str], list[str]]:
    replaced = {item: one.policy.name for item, one in found.replace.items()}
    return found.drop, replaced, [one.policy.name for one in found.append]


def test_each_stands_where_it_stood_and_new_ones_come_last() -> None:
    found = changes([old(3, "web"), old(1, "gone")], [policy("api"), policy("web")], comments=False)
    assert names(found) == ({1}, {3: "web"}, ["api"])


def test_of_one_that_stands_twice_the_first_stays() -> None:
    found = changes([old(1, "web"), old(2, "web")], [policy("web")], comments=False)
    assert names(found) == ({2}, {1: "web"}, [])


def test_the_same_name_in_another_namespace_is_another() -> None:
    found = changes([old(1, "web", "data")], [policy("web")], comments=False)
    assert names(found) == ({1}, {}, ["web"])


def test_alone_each_document_begins_with_its_marker() -> None:
    assert documents([policy("a"), policy("b")]).count(b"---\napiVersion: cilium.io/v2\n") == 2
