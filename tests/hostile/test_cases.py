"""Inputs that once broke something, each with what must hold for it."""

from __future__ import annotations

import json

import pytest
from cilium_policies.function import Options, run

from tests.hostile import seeds
from tests.hostile.inputs import Case
from tests.hostile.oracle import check
from tests.hostile.planted import deployment, thing
from tests.support import deployment as workload
from tests.support import namespace, service, stream

OWN_POLICY_IN_A_LIST = (
    "apiVersion: v1\nkind: List\nitems:\n- " + seeds.POLICY.rstrip("\n").replace("\n", "\n  ") + "\n"
)
CASES = {
    "a list that holds a policy of an earlier run": OWN_POLICY_IN_A_LIST,
    "lone carriage returns": seeds.resource_list([seeds.POLICY]).replace("\n", "\r"),
    "a list inside a list": "kind: List\nitems: [{kind: List, items: [{kind: List, items: null}]}]\n",
    "a line separator in a block": 'kind: ConfigMap\ndata: {a: "x"}\n---\nkind: A\nb: |\n  x\u2028kind: B\n',
}
for name in ("_", "../x", "{{ .Values.x }}", "A\nb", "a..b", "x" * 300):
    CASES[f"an operator's object that is called {name!r}"] = json.dumps(
        thing("infra.contrib.fluxcd.io/v1", "Terraform", name)
    )
CASES["a Gateway whose name and namespace are none"] = "\n---\n".join(
    json.dumps(one)
    for one in (
        thing("v1", "Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]}),
        deployment("web", space="shop"),
        thing("gateway.networking.k8s.io/v1", "HTTPRoute", "r", spec={
            "parentRefs": [{"name": "a b", "namespace": "."}],
            "rules": [{"backendRefs": [{"name": "web", "port": 80}]}],
        }),
    )
)  # fmt: skip
CASES["ranges of a load balancer that are none"] = "\n---\n".join(
    json.dumps(one)
    for one in (
        thing("v1", "Service", "web", spec={
            "type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}],
            "loadBalancerSourceRanges": [1e308, "10.0.0.0/99", "", "x", " 10.1.0.0/16 "],
        }),
        deployment("web", space="shop"),
    )
)  # fmt: skip
CASES["a role's API groups of which one is nothing"] = "\n---\n".join(
    json.dumps(one)
    for one in (
        thing("v1", "Namespace", "shop", space=None),
        deployment("web", space="shop"),  # runs as `default`
        {
            **thing("rbac.authorization.k8s.io/v1", "Role", "web"),
            "rules": [{"apiGroups": [None], "resources": ["pods"], "verbs": ["create"]}],
        },
        {
            **thing("rbac.authorization.k8s.io/v1", "RoleBinding", "web"),
            "roleRef": {"kind": "Role", "name": "web"},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}],
        },
    )
)
_OWN = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: own, namespace: shop}
spec:
  endpointSelector: &a {matchLabels: {app: web}}
"""
_SEEN = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
CASES["a policy that sets an anchor again"] = (
    f"{_SEEN}---\n{_OWN}  egress: &a [{{toEndpoints: []}}]\n  ingress: *a\n"
)
CASES["a policy that merges"] = f"{_SEEN}---\n{_OWN}  ingress: [{{fromEndpoints: [{{<<: *a}}]}}]\n"
CASES["a policy in JSON, with an emoji in ASCII"] = f"{_SEEN}---\n" + json.dumps(
    thing("cilium.io/v2", "CiliumNetworkPolicy", "own", spec={
        "description": "\U0001f600", "endpointSelector": {}, "ingress": [{}],
    })
)  # fmt: skip
CASES["a policy with an anchor of another item of the list"] = seeds.resource_list(
    [
        _SEEN.replace("name: shop", "name: shop, labels: &l {app: web}"),
        _OWN.replace("&a {matchLabels: {app: web}}", "*l"),
    ]
)
CASES["an object of pods whose kind is in small letters"] = "\n---\n".join(
    json.dumps(one)
    for one in (
        thing("v1", "Namespace", "shop", space=None),
        thing("example.com/v1", "worker", "w", spec={
            "connectionRef": {"name": "main"},
            "template": {"metadata": {"labels": {"app": "w"}}, "spec": {"containers": [{"name": "c"}]}},
        }),
    )
)  # fmt: skip


BROKEN = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: web\nsecrets: ]\n"


@pytest.mark.parametrize("name", CASES)
def test_what_once_broke(name: str) -> None:
    check(Case(CASES[name].encode()))


def test_a_merge_key_is_no_unknown_field() -> None:
    outcome = run([("stdin", CASES["a policy that merges"].encode())], Options(verbose=True))
    assert "in force: own" in " ".join(outcome.stderr)
    assert "<<" not in " ".join(outcome.stderr)


def test_an_item_that_is_not_yaml_passes_unread_but_not_where_the_input_may_be_cut_off() -> None:
    text = seeds.resource_list([BROKEN, seeds.POLICY]).encode()
    check(Case(text))
    outcome = run([("stdin", text)], Options())
    assert outcome.code == 0
    assert BROKEN.encode().replace(b"\n", b"\n  ").rstrip(b" ") in outcome.stdout
    again = run([("stdin", seeds.resource_list([BROKEN]).encode())], Options())
    assert again.code == 1
    assert "not YAML" in again.stderr[0]


def test_a_list_goes_back_whole_whatever_is_in_it() -> None:
    text = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop}}\n---\n{OWN_POLICY_IN_A_LIST}".encode()
    assert run([("stdin", text)], Options()).stdout.startswith(text)


def test_a_selector_that_no_pod_can_meet_gets_no_peer() -> None:
    caller = workload("shop/web", extra='env: [{name: DB_URL, value: "postgres://db:5432/x"}]')
    text = stream(namespace("shop"), caller, service("shop/db", selector="app: ../x", port=5432))
    policies = run([("stdin", text)], Options(only_policies=True)).stdout
    assert b"name: web" in policies
    assert b"../x" not in policies


def test_a_target_port_that_no_container_can_have_gets_no_rule() -> None:
    caller = workload("shop/web", extra='env: [{name: DB_URL, value: "postgres://db:5432/x"}]')
    text = stream(
        namespace("shop"), caller, service("shop/db", selector="app: db", port=5432, target='"::/0"')
    )
    policies = run([("stdin", text)], Options(only_policies=True)).stdout
    assert b"name: web" in policies
    assert b"::/0" not in policies
