"""Which namespaces get policies, and what is said of those that get none or may be shared."""

from __future__ import annotations

import pytest
from cilium_policies.config.model import Config
from cilium_policies.document.finding import Finding
from cilium_policies.generate.namespaces import namespaces

from tests.support import cluster, deployment, namespace, service

STAMPED = "apiVersion: v1\nkind: Namespace\nmetadata: {name: real, namespace: stamped}\n"
ISSUER = "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {name: le, namespace: stamped}\n"


def chosen(*documents: str, **fields: object) -> tuple[dict[str, bool], list[Finding]]:
    """Names with whether they get the namespace-wide policies, and the findings."""
    found, findings = namespaces(cluster(*documents), Config(**fields))  # type: ignore[arg-type]
    return {name: one.wide for name, one in found.items()}, findings


def test_declared_peopled_and_named_in_full() -> None:
    found, _ = chosen(namespace("a"), deployment("b/web"), include=("*", "c"))
    assert found == {"a": True, "b": True, "c": True}


def test_patterns_include_and_exclude() -> None:
    found, _ = chosen(namespace("kube-system"), namespace("shop"), namespace("shop-two"), include=("shop*",))
    assert set(found) == {"shop", "shop-two"}
    found, _ = chosen(namespace("kube-system"), namespace("shop"), exclude=("kube-*",))
    assert set(found) == {"shop"}


def test_the_kind_decides_not_a_stamped_namespace() -> None:
    found, findings = chosen(STAMPED, ISSUER)
    assert (set(found), findings) == ({"real"}, [])


def test_what_only_other_items_name_gets_none_and_a_line() -> None:
    found, [said] = chosen(namespace("shop"), service("kube-system/web"))
    assert set(found) == {"shop"}
    assert "no policies in namespace kube-system" in said.message
    assert "namespaces.include" in said.cure
    assert (said.index, said.line) == (1, 6)


def test_a_default_deny_without_its_namespace_object_is_a_warning() -> None:
    for documents, fields in (((deployment("b/web"),), {}), ((), {"include": ("b",)})):
        found, [said] = chosen(*documents, **fields)
        assert found == {"b": True}
        assert (said.severity, said.namespace) == ("warning", "b")
        assert said.line == (1 if documents else 0)
        assert "declaredOnly" in said.cure


@pytest.mark.parametrize(
    ("names", "whose"),
    [
        ("ab", "namespaces a and b, whose"),
        ("abcdef", "namespaces a, b, c, d, e and f, whose"),
        ("abcdefg", "namespaces a, b, c, d, e and 2 more, whose"),
    ],
)
def test_all_default_denies_without_their_namespace_objects_are_one_line(names: str, whose: str) -> None:
    """Argo CD makes namespaces by an option, and so does Helm: a build of theirs lacks dozens."""
    _, [said] = chosen(*(deployment(f"{name}/web") for name in names))
    assert said.message.startswith(f"default-deny in {whose} Namespaces are not in the input")


def test_declared_only_leaves_what_is_namespace_wide_to_the_owner() -> None:
    found, findings = chosen(namespace("a"), deployment("b/web"), declared_only=True)
    assert found == {"a": True, "b": False}
    assert findings == []


def test_a_name_that_no_namespace_can_have_is_left_out() -> None:
    found, [said] = chosen(namespace("Foo_Bar"))
    assert found == {}
    assert "Foo_Bar" in said.message


def test_an_override_of_no_namespace_is_told() -> None:
    _, [said] = chosen(namespace("shop"), overrides={"shpo": ("off", "off"), "shop": ("off", "off")})
    assert said.path == "spec.namespaces.overrides.shpo"
