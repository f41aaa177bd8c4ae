"""Typed views of parsed mappings."""

from cilium_policies.kube.objects import Object, Where, at, flag, integer, strings, walk_strings


def test_the_kind_decides_on_the_scope() -> None:
    """kustomize stamps metadata.namespace on cluster-scoped objects too."""
    role = Object(
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"namespace": "x"}}
    )
    assert role.namespace == ""
    assert Object({"kind": "Role", "metadata": {"namespace": "x", "name": "r"}}).namespace == "x"


def test_an_unread_body_is_read_once_and_only_when_asked_for() -> None:
    reads = []

    def read(_: object) -> dict[str, object]:
        reads.append(1)
        return {"metadata": {"labels": {"a": "b"}}}

    one = Object.unread("v1", "Service", "shop", "cart", Where("f", 3, 9), read)
    assert (one.kind, one.namespace, one.name, str(one)) == ("Service", "shop", "cart", "Service shop/cart")
    assert not reads
    assert one.labels == {"a": "b"}
    assert one.spec == {}
    assert len(reads) == 1


def test_numbers_and_flags_are_yaml_1_2() -> None:
    assert [integer(text) for text in ("80", "http", "", None, "٣", "1" * 12, "-1")] == [80] + [None] * 6
    assert [flag(text) for text in ("true", "True", "yes", "on", "1", None)] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert flag("off", True) is True


def test_wrong_shapes_are_empty_not_errors() -> None:
    assert at({"a": []}, "a", "b") is None
    assert strings({"a": "1", "b": None, "c": ["x"]}) == {"a": "1", "b": ""}
    one = Object({"kind": ["x"], "metadata": "y", "spec": []})
    assert (one.kind, one.labels, one.spec) == ("", {}, {})


def test_walk_strings_says_where_each_text_stands() -> None:
    assert list(walk_strings({"a": {"b": ["x", {"c": "y"}]}, "d": None})) == [
        ("a.b[0]", "x"),
        ("a.b[1].c", "y"),
    ]
