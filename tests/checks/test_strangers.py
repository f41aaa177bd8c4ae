"""Policies of the user's that admit more than anything in the manifests needs are named, and others are not."""

from __future__ import annotations

import pytest
from cilium_policies.cli.options import run_on
from cilium_policies.function import Options
from cilium_policies.questions.lint import lint

from ..short import manifests

SHOP = """
- {ns: a}
- {dep: a/web, env: {API: "http://api:8080"}}
- {dep: a/api, ports: [8080, 9090]}
- {svc: a/api, ports: {8080: 8080}}
- {apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: mine, namespace: a}, spec: RULES}
"""
API = "endpointSelector: {matchLabels: {app: api}}"
WEB = "endpointSelector: {matchLabels: {app: web}}"
ON_9090 = "toPorts: [{ports: [{port: '9090', protocol: TCP}]}]"


def said(rules: str) -> list[str]:
    text = manifests(SHOP.replace("RULES", f"{{{rules}}}"))
    run = run_on([("in.yaml", text)], Options())
    rows = lint(run.sources, run.made.plan, (), run.made.policies.policies)
    return [row.message for row in rows if row.check == "admits-strangers"]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (f"{API}, ingress: [{{fromEndpoints: [{{}}], {ON_9090}}}]", "any pod of its namespace into a/api"),
        (f"{API}, ingress: [{{fromEntities: [cluster], {ON_9090}}}]", "any pod of the cluster into a/api"),
        (f"{API}, ingress: [{{fromEntities: [world]}}]", "an address outside into a/api"),
        (f"{WEB}, egress: [{{toCIDR: [0.0.0.0/0]}}]", "a/web out to an address outside"),
    ],
)
def test_strangers_whom_nothing_needs_are_named(rules: str, words: str) -> None:
    [message] = said(rules)
    assert words in message
    assert message.endswith("no generated policy does: nothing in the manifests needs it")


@pytest.mark.parametrize(
    "rules",
    [
        f"{API}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: web}}}}]}}]",  # whom it names
        f"{API}, ingress: [{{}}]",
        f"{API}, ingressDeny: [{{fromEntities: [world]}}]",
        "endpointSelector: {matchLabels: {app: others}}, ingress: [{fromEntities: [world]}]",  # no pods of ours
    ],
)
def test_peers_that_are_named_and_rules_that_admit_nobody_are_not(rules: str) -> None:
    assert said(rules) == []
