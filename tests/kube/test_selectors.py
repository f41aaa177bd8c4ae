"""One matcher for all: Kubernetes' selectors and Cilium's."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.cilium.reader import Reader
from cilium_policies.evaluate.endpoint import pod
from cilium_policies.evaluate.selectors import holds, needs_of
from cilium_policies.kube.selectors import fits, keys_of, selects, selects_pods
from hypothesis import given
from hypothesis import strategies as st

KEYS = st.sampled_from(["app", "tier", "example.com/role"])
VALUES = st.sampled_from(["a", "b", ""])
LABELS = st.dictionaries(KEYS, VALUES, max_size=3)
EXPRESSIONS = st.one_of(
    st.builds(
        lambda key, operator, values: {"key": key, "operator": operator, "values": values},
        KEYS,
        st.sampled_from(["In", "NotIn"]),
        st.lists(VALUES, min_size=1, max_size=3),
    ),
    st.builds(
        lambda key, operator: {"key": key, "operator": operator},
        KEYS,
        st.sampled_from(["Exists", "DoesNotExist"]),
    ),
)
SELECTORS = st.builds(
    lambda labels, expressions: {"matchLabels": labels, "matchExpressions": expressions},
    LABELS,
    st.lists(EXPRESSIONS, max_size=3),
)


@pytest.mark.parametrize(
    ("operator", "held"),
    [
        ("In", {"a"}),
        ("NotIn", {"b", None}),
        ("Exists", {"a", "b"}),
        ("DoesNotExist", {None}),
        ("Near", set()),
    ],
)
def test_a_requirement(operator: str, held: set[str | None]) -> None:
    """As the API reference has it: NotIn holds where the key is missing, an operator nobody knows nowhere."""
    assert {one for one in ("a", "b", None) if fits(operator, ["a"], one)} == held


def test_null_selects_nothing_and_empty_everything() -> None:
    assert not selects(None, {"app": "a"})
    assert selects({}, {"app": "a"})
    assert not selects_pods(None, {}, "shop")
    assert selects_pods({}, {}, "shop")


def test_a_pod_has_its_namespace_and_its_account() -> None:
    chosen = {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "shop", "any:app": "a"}}
    assert selects_pods(chosen, {"app": "a"}, "shop")
    assert not selects_pods(chosen, {"app": "a"}, "other")
    account = {
        "matchExpressions": [
            {"key": "io.cilium.k8s.policy.serviceaccount", "operator": "In", "values": ["x"]}
        ]
    }
    assert selects_pods(account, {}, "shop", "x")
    assert not selects_pods(account, {}, "shop", "y")
    assert not selects_pods(
        {"matchExpressions": [{"key": "reserved:host", "operator": "Exists"}]}, {}, "shop"
    )


def test_keys_are_told_as_written() -> None:
    assert keys_of(
        {"matchLabels": {"k8s:app": "a"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}
    ) == [
        "k8s:app",
        "tier",
    ]


@given(SELECTORS, LABELS)
def test_the_engine_agrees(selector: dict[str, Any], labels: dict[str, str]) -> None:
    """What the compiled form in `evaluate/` says of an endpoint, the plain one says of its labels."""
    compiled = needs_of(Reader().selector(selector, "spec"))
    end = pod("shop", "one", labels)
    assert holds(compiled, end) == selects_pods(selector, labels, "shop") == selects(selector, labels)
