"""Verdicts and who gave them, on small worlds."""

from __future__ import annotations

from typing import Any

import yaml
from cilium_policies.evaluate.options import Options
from cilium_policies.evaluate.verdict import (
    ALLOW_RULE,
    DEFAULT_DENY,
    DENY_RULE,
    LOCALHOST,
    OPEN,
    UNKNOWN_CLOUD,
    UNKNOWN_CONFLICT,
    UNKNOWN_NAME,
    UNKNOWN_SERVICE,
    UNMANAGED,
    Verdict,
)

from tests.evaluate.manifests import Cluster, documents

PODS = """
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, spec: {}}
---
{apiVersion: v1, kind: Pod, metadata: {name: node, namespace: ops, labels: {app: web}}, spec: {hostNetwork: true}}
"""
DNS = "{toPorts: [{ports: [{port: '53'}], rules: {dns: [{matchPattern: '*'}]}}]}"


def cluster(*specs: str, options: Options | None = None) -> Cluster:
    policies = "".join(
        f"---\n{{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {{name: p{number}, namespace: shop}}, "
        f"spec: {spec}}}\n"
        for number, spec in enumerate(specs)
    )
    return Cluster(documents(PODS + policies), options)


def ask(found: Cluster, source: str, target: str, port: int = 5432) -> Verdict:
    return found.ask({"from": yaml.safe_load(source), "to": yaml.safe_load(target), "port": port})


WEB, DB = "{pod: shop/web}", "{pod: shop/db}"
CLOSED = "{endpointSelector: {}, ingress: [{}], egress: [{}]}"
FROM_WEB = (
    "{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]}"
)
TO_DB = (
    "{endpointSelector: {matchLabels: {app: web}}, egress: "
    "[{toEndpoints: [{matchLabels: {app: db}}], toPorts: [{ports: [{port: '5432', protocol: TCP}]}]}]}"
)
SOFT = "enableDefaultDeny: {ingress: false, egress: false}"


def refs(verdict: Verdict) -> list[list[str]]:
    return [[str(ref) for ref in end.rules] for end in (verdict.egress, verdict.ingress)]


def test_no_policy() -> None:
    verdict = ask(cluster(), WEB, DB)
    assert verdict.allowed
    assert (verdict.egress.reason, verdict.ingress.reason) == (OPEN, OPEN)
    assert not verdict.egress.covered


def test_rules_on_both_sides() -> None:
    verdict = ask(cluster(CLOSED, FROM_WEB, TO_DB), WEB, DB)
    assert verdict.allowed
    assert (verdict.egress.reason, verdict.ingress.reason) == (ALLOW_RULE, ALLOW_RULE)
    assert refs(verdict) == [
        ["CiliumNetworkPolicy/shop/p2 spec.egress[0]"],
        ["CiliumNetworkPolicy/shop/p1 spec.ingress[0]"],
    ]
    other = ask(cluster(CLOSED, FROM_WEB, TO_DB), WEB, DB, 80)
    assert other.allowed is False
    assert other.egress.reason == DEFAULT_DENY
    assert refs(other)[0] == [
        "CiliumNetworkPolicy/shop/p0 spec.egress[0]",
        "CiliumNetworkPolicy/shop/p2 spec.egress[0]",
    ]
    assert other.ingress.allowed


def test_the_narrowest_rule_is_named_first() -> None:
    wide = "{endpointSelector: {matchLabels: {app: web}}, egress: [{toEntities: [all]}]}"
    verdict = ask(cluster(wide, TO_DB), WEB, DB)
    assert refs(verdict)[0] == [
        "CiliumNetworkPolicy/shop/p1 spec.egress[0]",
        "CiliumNetworkPolicy/shop/p0 spec.egress[0]",
    ]


def test_deny_wins() -> None:
    deny = f"{{endpointSelector: {{}}, ingressDeny: [{{fromEndpoints: [{{}}]}}], {SOFT}}}"
    verdict = ask(cluster(FROM_WEB, deny), WEB, DB)
    assert verdict.ingress.reason == DENY_RULE
    assert refs(verdict)[1] == ["CiliumNetworkPolicy/shop/p1 spec.ingressDeny[0]"]


def test_audit_attribution() -> None:
    soft = [
        one.replace("{endpointSelector", f"{{{SOFT}, endpointSelector", 1)
        for one in (CLOSED, FROM_WEB, TO_DB)
    ]
    covered = ask(cluster(*soft), WEB, DB)
    assert covered.egress.covered
    assert covered.ingress.covered
    other = ask(cluster(*soft), WEB, DB, 80)
    assert other.allowed
    assert not other.egress.covered
    assert other.ingress.covered


def test_nodes() -> None:
    found = cluster(CLOSED)
    assert ask(found, "{entity: host}", DB).ingress.reason == LOCALHOST
    assert ask(found, "{entity: remote-node}", DB).ingress.reason == DEFAULT_DENY
    assert ask(found, "{pod: ops/node}", DB).egress.reason == UNMANAGED
    assert ask(cluster(CLOSED, options=Options(allow_localhost=False)), "{entity: host}", DB).allowed is False


def test_the_proxy_is_noted() -> None:
    http = FROM_WEB.replace(
        "}]}]}", "}], toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{}]}}]}]}"
    )
    assert ask(cluster(http), WEB, DB, 80).ingress.l7 == "http"
    assert ask(cluster(http, FROM_WEB), WEB, DB, 80).ingress.l7 == "http"
    assert ask(cluster(FROM_WEB), WEB, DB, 80).ingress.l7 == ""


def egress(*rules: str) -> str:
    return f"{{endpointSelector: {{}}, egress: [{', '.join(rules)}]}}"


NAMED = "{toFQDNs: [{matchName: api.example.org}]}"


def test_names_need_a_dns_rule() -> None:
    without = ask(cluster(egress(NAMED)), WEB, "{fqdn: api.example.org}", 443)
    assert without.allowed is False
    assert "no DNS rule of this pod" in without.egress.note
    assert ask(cluster(egress(NAMED, DNS)), WEB, "{fqdn: api.example.org}", 443).allowed
    assert ask(cluster(egress(NAMED, DNS)), WEB, "{fqdn: other.example.org}", 443).allowed is False
    narrow = DNS.replace("matchPattern: '*'", "matchName: other.org")
    assert ask(cluster(egress(NAMED, narrow)), WEB, "{fqdn: api.example.org}", 443).allowed is False


def test_what_is_not_known_says_why() -> None:
    by_address = ask(cluster(egress(NAMED, DNS)), WEB, "{cidr: 8.8.8.8}", 443)
    assert (by_address.allowed, by_address.egress.note) == (None, UNKNOWN_NAME)
    assert ask(cluster(egress(NAMED)), WEB, "{cidr: 8.8.8.8}", 443).allowed is False
    cloud = ask(cluster(egress("{toGroups: [{aws: {region: x}}]}")), WEB, "{cidr: 8.8.8.8}", 443)
    assert (cloud.allowed, cloud.egress.note) == (None, UNKNOWN_CLOUD)
    service = egress("{toServices: [{k8sService: {serviceName: db, namespace: shop}}]}")
    assert ask(cluster(service), WEB, DB).allowed is False
    unseen = ask(cluster(service, options=Options(all_services=False)), WEB, DB)
    assert (unseen.allowed, unseen.egress.note) == (None, UNKNOWN_SERVICE)


def test_conflicts() -> None:
    port = "{ports: [{port: '443', protocol: TCP}], "
    both = egress(
        f"{{toEntities: [world], toPorts: [{port}serverNames: [a.io]}}]}}",
        f"{{toEntities: [world], toPorts: [{port}rules: {{http: [{{}}]}}}}]}}",
    )
    verdict = ask(cluster(both), WEB, DB)
    assert (verdict.allowed, verdict.egress.note) == (None, UNKNOWN_CONFLICT)


def test_one_refusal_is_enough() -> None:
    closed_db = "{endpointSelector: {matchLabels: {app: db}}, ingress: [{}]}"
    cloud = egress("{toGroups: [{aws: {region: x}}]}", "{toEndpoints: [{}]}")
    assert ask(cluster(closed_db, cloud), WEB, DB).allowed is False


def test_enforcement_switches() -> None:
    assert ask(cluster(options=Options(enable_policy="always")), WEB, DB).allowed is False
    assert ask(cluster(CLOSED, options=Options(enable_policy="never")), WEB, DB).allowed
    soft = CLOSED.replace("{endpointSelector", f"{{{SOFT}, endpointSelector", 1)
    assert ask(cluster(soft, options=Options(default_deny_optional=False)), WEB, DB).allowed is False


def test_answers_are_kept_and_bounded() -> None:
    found: Any = cluster(CLOSED)
    first = ask(found, WEB, DB)
    assert ask(found, WEB, DB) == first
    assert len(found.repository._answers) == 2
