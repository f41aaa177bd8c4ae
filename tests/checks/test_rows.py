"""A run's warnings are checks: what `lint` finds of the same policies, and nothing else."""

from __future__ import annotations

from typing import Any

import yaml
from cilium_policies.checks.every import CHEAP
from cilium_policies.cli.options import run_on
from cilium_policies.function import Options
from cilium_policies.questions.lint import lint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.questions.small import SHOP

LABELS = st.dictionaries(
    st.sampled_from(["app", "k8s:app", "tier"]), st.sampled_from(["db", "web", "x"]), max_size=2
)
EXPRESSIONS = st.lists(
    st.builds(
        lambda key, operator: (
            {"key": key, "operator": operator, "values": ["db"]}
            if operator.endswith("In")
            else {"key": key, "operator": operator}
        ),
        st.sampled_from(["app", "tier"]),
        st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Near"]),
    ),
    max_size=2,
)
SELECTORS = st.builds(
    lambda labels, expressions: {
        "matchLabels": labels,
        **({"matchExpressions": expressions} if expressions else {}),
    },
    LABELS,
    EXPRESSIONS,
)
PORTS = st.lists(st.sampled_from(["5432", "http", 80, "99999"]), max_size=2)


def _cilium_rule(side: str) -> st.SearchStrategy[dict[str, Any]]:
    peers = st.one_of(
        st.builds(lambda chosen: {f"{side}Endpoints": chosen}, st.lists(SELECTORS, max_size=2)),
        st.builds(
            lambda names: {f"{side}Entities": names},
            st.lists(st.sampled_from(["world", "cluster", "all", "host", "moon"]), max_size=2, unique=True),
        ),
        st.just({}),
    )
    ports = st.one_of(
        st.just({}),
        st.builds(
            lambda found: {"toPorts": [{"ports": [{"port": one, "protocol": "TCP"} for one in found]}]}, PORTS
        ),
    )
    return st.builds(lambda who, where: {**who, **where}, peers, ports)


def _kubernetes_rule(side: str) -> st.SearchStrategy[dict[str, Any]]:
    peers = st.one_of(
        st.just({}),
        st.builds(
            lambda chosen: {side: [{"podSelector": one} for one in chosen]}, st.lists(SELECTORS, max_size=2)
        ),
    )
    return st.builds(lambda who, found: {**who, "ports": [{"port": one} for one in found]}, peers, PORTS)


def _body(kind: str, subject: dict[str, Any], ingress: list[Any], egress: list[Any]) -> dict[str, Any]:
    cilium = kind != "NetworkPolicy"
    return {
        "apiVersion": "cilium.io/v2" if cilium else "networking.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "mine"} if "Clusterwide" in kind else {"name": "mine", "namespace": "shop"},
        "spec": {
            "endpointSelector" if cilium else "podSelector": subject,
            "ingress": ingress,
            "egress": egress,
        },
    }


CILIUM = st.builds(
    _body,
    st.sampled_from(["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"]),
    SELECTORS,
    st.lists(_cilium_rule("from"), max_size=2),
    st.lists(_cilium_rule("to"), max_size=2),
)
KUBERNETES = st.builds(
    _body,
    st.just("NetworkPolicy"),
    SELECTORS,
    st.lists(_kubernetes_rule("from"), max_size=2),
    st.lists(_kubernetes_rule("to"), max_size=2),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(CILIUM, KUBERNETES))
def test_the_function_warns_of_what_lint_finds(body: dict[str, Any]) -> None:
    text = SHOP + "---\n" + yaml.safe_dump(body)
    run = run_on([("shop.yaml", text.encode())], Options())
    found = [row.finding() for row in lint(run.sources, run.made.plan) if row.check in CHEAP]
    warned = [one for one in run.made.plan.findings if one.kind == body["kind"] and one.path]
    assert warned == found
