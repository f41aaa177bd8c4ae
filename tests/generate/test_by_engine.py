"""Small clusters, judged by Cilium's engine: what the config and the plan promise about flows."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.function import Options, run

from tests.support import deployment, namespace, service, stream

DNS = deployment("kube-system/coredns", labels="k8s-app: kube-dns", port=53)
SHOP = (
    namespace("shop"),
    namespace("kube-system"),
    DNS,
    deployment("shop/web", extra="env:\n- {name: API_URL, value: 'http://api.shop.svc:80/v1'}\n"),
    deployment("shop/api"),
    service("shop/api"),
    deployment("shop/stranger"),
)


def pod(name: str) -> dict[str, str]:
    return {"pod": name}


def ask(source: dict[str, str], target: dict[str, str], port: int, protocol: str = "TCP") -> dict[str, Any]:
    return {"from": source, "to": target, "port": port, "protocol": protocol}


class Judged:
    """Verdicts over a stream of documents and what the function makes of it."""

    def __init__(self, judge: Any) -> None:
        self._judge = judge

    def __call__(self, documents: tuple[str, ...], queries: list[dict[str, Any]], **config: str) -> list[str]:
        data = stream(*documents)
        overrides = tuple(config.items()) or (("mode", "enforce"),)
        outcome = run([("stdin", data)], Options(overrides=overrides, only_policies=True))
        assert outcome.code == 0, outcome.stderr
        assert self._judge.check(outcome.stdout.decode()) == []
        return list(self._judge.once(data.decode(), outcome.stdout.decode(), queries))


@pytest.fixture
def verdicts(judge: Any) -> Judged:
    return Judged(judge)


FLOWS = [
    ask(pod("shop/web"), pod("shop/api"), 8080),
    ask(pod("shop/web"), pod("kube-system/coredns"), 53, "UDP"),
    ask(pod("shop/web"), pod("kube-system/coredns"), 53, "TCP"),
    ask(pod("shop/stranger"), pod("shop/api"), 8080),
    ask(pod("shop/web"), pod("shop/api"), 9999),
    ask(pod("shop/web"), {"entity": "world"}, 443),
    ask({"entity": "world"}, pod("shop/web"), 8080),
    ask(pod("shop/web"), {"entity": "kube-apiserver"}, 6443),
]


def test_what_an_address_names_passes_and_nothing_else(verdicts: Judged) -> None:
    assert verdicts(SHOP, FLOWS) == ["allow"] * 3 + ["deny"] * 5


def test_audit_cuts_nothing(verdicts: Judged) -> None:
    assert set(verdicts(SHOP, FLOWS, mode="audit")) == {"allow"}


def test_off_beats_enforce_and_only_there(verdicts: Judged) -> None:
    found = verdicts(SHOP, FLOWS, mode="enforce", **{"namespaces.overrides.shop.mode": "off"})
    assert set(found) == {"allow"}


def test_the_cluster_wide_form_lets_dns_pass(verdicts: Judged) -> None:
    assert verdicts(SHOP, FLOWS, mode="enforce", clusterWide="true")[:4] == [
        "allow",
        "allow",
        "allow",
        "deny",
    ]


def test_an_excluded_namespace_stays_open_and_a_peer(verdicts: Judged) -> None:
    found = verdicts(SHOP, FLOWS, **{"mode": "enforce", "namespaces.exclude": "kube-system"})
    assert found == ["allow"] * 3 + ["deny"] * 5
    free = ask(pod("kube-system/coredns"), {"entity": "world"}, 4444)
    assert verdicts(SHOP, [free], **{"mode": "enforce", "namespaces.exclude": "kube-system"}) == ["allow"]


def test_a_name_outside_opens_its_own_addresses_only(verdicts: Judged) -> None:
    login = deployment(
        "shop/web", extra="env:\n- {name: OIDC_ISSUER, value: 'https://login.acme-corp.com/x'}\n"
    )
    named = {"fqdn": "login.acme-corp.com", "cidr": "140.82.112.3/32"}
    queries = [
        ask(pod("shop/web"), named, 443),
        ask(pod("shop/web"), {"cidr": "140.82.112.3/32"}, 443),
        ask(pod("shop/web"), pod("kube-system/coredns"), 53, "UDP"),
    ]
    documents = (namespace("shop"), namespace("kube-system"), DNS, login)
    by_name = {"mode": "enforce", "cluster.fqdn": "true"}
    assert verdicts(documents, queries, **by_name) == ["allow", "deny", "allow"]
    assert verdicts(documents, queries) == ["allow", "allow", "allow"]
