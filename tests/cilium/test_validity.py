"""What the API server and the agent refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from cilium_policies.cilium.model import Policy, PortRange, Rule, Selector, Spec, ToPorts
from cilium_policies.cilium.objects import policy_object
from cilium_policies.cilium.re2 import regex_fault
from cilium_policies.cilium.validity import VERSIONS, minor_of, refusals

from tests.cilium.policy_mutants import mutants
from tests.engine.judge import Judge


def body(spec: str, kind: str = "CiliumNetworkPolicy", **metadata: Any) -> dict[str, Any]:
    where = {} if kind == "CiliumClusterwideNetworkPolicy" else {"namespace": "app"}
    head = {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": {"name": "p", **where, **metadata}}
    given: dict[str, Any] = yaml.safe_load(f"{{{spec}}}")
    return {**head, **given}


def rule(text: str, key: str = "egress") -> dict[str, Any]:
    return body(f"spec: {{endpointSelector: {{}}, {key}: [{text}]}}")


def reasons(given: dict[str, Any], version: str = "1.20") -> list[tuple[str, str]]:
    return [(one.path, one.by) for one in refusals(given, version, typed=True)]


SOUND = [
    "{}",
    "{toEndpoints: []}",
    "{toEndpoints: [{}], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}",
    "{toCIDR: [10.0.0.0/8, '::/0']}",
    "{toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]}",
    "{toFQDNs: [{matchName: a.io}], toPorts: [{ports: [{port: '443'}]}]}",
    "{toPorts: [{ports: [{port: '53', protocol: ANY}], rules: {dns: [{matchPattern: '*'}]}}]}",
    "{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{path: '/[^/]+'}]}}]}",
    "{icmps: [{fields: [{type: 8}, {family: IPv6, type: EchoRequest}]}]}",
    "{toPorts: [{ports: [{port: http}, {port: '010'}, {port: '0'}]}]}",
    "{toPorts: [{}]}",
]

REFUSED = [
    ("{toPorts: [{ports: [{port: 80}]}]}", "toPorts[0].ports[0].port", "schema"),
    ("{toPorts: [{ports: [{port: '80', protocol: tcp}]}]}", "toPorts[0].ports[0].protocol", "schema"),
    ("{toPorts: [{ports: [{protocol: TCP}]}]}", "toPorts[0].ports[0]", "agent"),
    ("{toPorts: [{ports: [{port: '65536'}]}]}", "toPorts[0].ports[0]", "agent"),
    ("{toPorts: [{ports: [{port: '08'}]}]}", "toPorts[0].ports[0]", "agent"),
    ("{toEntities: [everybody]}", "toEntities[0]", "schema"),
    ("{toEndpoints: [{matchLabels: {app: 'a b'}}]}", "toEndpoints[0].matchLabels.app", "schema"),
    ("{toEndpoints: [{matchLabels: {'a:b:c': x}}]}", "toEndpoints[0].matchLabels", "agent"),
    ("{toRequires: [a]}", "toRequires", "schema"),
    ("{toFQDNs: [{matchName: 'https://a.io'}]}", "toFQDNs[0].matchName", "schema"),
    ("{toFQDNs: [{matchName: a.io, matchPattern: b.io}]}", "toFQDNs[0]", "schema"),
    ("{toCIDR: [10.0.0.1]}", "toCIDR[0]", "schema"),
    ("{toCIDRSet: [{cidr: 10.0.0.0/8, except: [11.0.0.0/16]}]}", "toCIDRSet[0].except", "agent"),
    ("{toCIDRSet: [{cidr: 10.0.0.0/8, cidrGroupRef: lan}]}", "toCIDRSet[0]", "schema"),
    ("{toEndpoints: [{}], toEntities: [world]}", "", "agent"),
    ("{toCIDR: [10.0.0.0/8], toCIDRSet: [{cidr: 11.0.0.0/8}]}", "", "agent"),
    ("{toNodes: [{}]}", "toNodes", "agent"),
    ("{icmps: [{fields: [{type: 8}]}], toPorts: [{ports: [{port: '80'}]}]}", "", "agent"),
    ("{icmps: [{fields: [{type: 256}]}]}", None, ""),  # the CRD's pattern does not apply to a number
    (
        "{toPorts: [{ports: [{port: '53', endPort: 54}], rules: {dns: [{matchName: a}]}}]}",
        "toPorts[0].ports[0]",
        "agent",
    ),
    ("{toPorts: [{rules: {dns: [{matchName: a}]}}]}", "toPorts[0].rules.dns", "agent"),
    ("{toPorts: [{ports: [{port: '80'}], rules: {http: [{}]}}]}", "toPorts[0]", "agent"),
    ("{toPorts: [{ports: [{port: '0', protocol: TCP}], rules: {http: [{}]}}]}", "toPorts[0].rules", "agent"),
    (
        "{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{path: '(?!a)b'}]}}]}",
        "toPorts[0].rules.http[0].path",
        "agent",
    ),
    (
        "{toEndpoints: [{matchExpressions: [{key: a, operator: In}]}]}",
        "toEndpoints[0].matchExpressions[0]",
        "agent",
    ),
    ("{toEndpoints: null}", "toEndpoints", "schema"),
    ("null", "", "schema"),
    ("{auditMode: true}", "auditMode", "schema"),
]


@pytest.mark.parametrize("text", SOUND)
def test_sound_rules(text: str) -> None:
    for version in VERSIONS:
        assert reasons(rule(text), version) == []
    assert refusals(yaml.load(yaml.safe_dump(rule(text)), yaml.BaseLoader)) == []


@pytest.mark.parametrize(("text", "path", "by"), REFUSED)
def test_refused_rules(text: str, path: str | None, by: str) -> None:
    expected = [] if path is None else [("spec.egress[0]" + (f".{path}" if path else ""), by)]
    assert reasons(rule(text)) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("spec: {endpointSelector: {}, ingress: [], egress: []}", [("spec", "agent")]),
        ("spec: {endpointSelector: {}, enableDefaultDeny: {ingress: true}}", [("spec", "schema")]),
        ("spec: {endpointSelector: {}, ingress: null, egress: [{}]}", [("spec.ingress", "schema")]),
        ("spec: {ingress: [{}]}", [("spec", "schema")]),
        ("spec: {nodeSelector: {}, ingress: [{}]}", [("spec.nodeSelector", "agent")]),
        ("specs: []", []),
        ("", [("spec", "schema")]),
        ("spec: {endpointSelector: {}, ingress: [{}]}, description: x", [("description", "schema")]),
        (
            "spec: {endpointSelector: {}, ingress: [{toPorts: "
            "[{ports: [{port: '53'}], rules: {dns: [{matchName: a}]}}]}]}",
            [("spec.ingress[0].toPorts[0].rules.dns", "agent")],
        ),
    ],
)
def test_whole_objects(spec: str, expected: list[tuple[str, str]]) -> None:
    assert reasons(body(spec)) == expected


def test_metadata() -> None:
    good = "spec: {endpointSelector: {}, ingress: [{}]}"
    assert reasons(body(good, name="A")) == [("metadata.name", "schema")]
    assert reasons(body(good, name="x" * 254)) == [("metadata.name", "schema")]
    assert reasons(body(good, labels={"a": "b c"})) == [("metadata.labels.a", "schema")]
    assert reasons(body(good, annotations={"a": "b c"})) == []
    assert reasons(body(good, "CiliumClusterwideNetworkPolicy", namespace="app")) == []
    assert reasons(body(good, namespace="A")) == [("metadata.namespace", "schema")]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("{toEntities: [cluster-mesh]}", 20),
        ("{toCIDRSet: [{cidrGroupSelector: {}}]}", 17),
        ("{toPorts: [{ports: [{port: '0', protocol: GRE}]}]}", 20),
    ],
)
def test_what_a_version_brought(text: str, first: int) -> None:
    for version in VERSIONS:
        assert (reasons(rule(text), version) == []) == (minor_of(version) >= first)


def test_what_a_version_took_away() -> None:
    kafka = "{toPorts: [{ports: [{port: '9092', protocol: TCP}], rules: {kafka: [{topic: a}]}}]}"
    empty = "spec: {endpointSelector: {}, ingress: []}"
    for version in VERSIONS:
        assert (reasons(rule(kafka), version) == []) == (minor_of(version) < 20)
        assert (reasons(rule("{toRequires: [{}]}"), version) == []) == (minor_of(version) < 19)
        assert (reasons(body(empty), version) == []) == (minor_of(version) < 17)
    soft = "spec: {endpointSelector: {}, ingress: [{}], enableDefaultDeny: {ingress: false}}"
    assert reasons(body(soft), "1.15.19") == [("spec.enableDefaultDeny", "schema")]


def test_versions() -> None:
    assert [minor_of(text) for text in ("", "1.18", "v1.18.3", "1.99", "latest", "1.16.0-rc.1")] == [
        20,
        18,
        18,
        20,
        20,
        16,
    ]


def test_every_refusal_says_what_to_do() -> None:
    for text, _, _ in REFUSED:
        for one in refusals(rule(text), typed=True):
            assert one.message
            assert one.cure


@pytest.mark.parametrize("pattern", ["(?=a)", "(?<!a)b", r"(a)\1", "a++", "a{1001}", "(", "[a", "(?>a)"])
def test_re2_refuses(pattern: str) -> None:
    assert regex_fault(pattern)


@pytest.mark.parametrize(
    "pattern", ["/a.*", r"[[:alpha:]]+", r"\pN", r"\z", "[*+]+", "a+?", r"\++", "(?i)a", r"\\1"]
)
def test_re2_takes(pattern: str) -> None:
    assert regex_fault(pattern) == ""


def test_a_written_policy_is_sound() -> None:
    ports = (ToPorts((PortRange("53", "ANY"),), "dns", {"dns": [{"matchPattern": "*"}]}),)
    rules = (Rule(endpoints=(Selector(),), ports=ports),)
    spec = Spec(Selector(), ingress=(Rule(),), egress=rules, deny_egress_default=False)
    for typed in (True, False):
        assert refusals(policy_object(Policy("CiliumNetworkPolicy", "app", "p", (spec,))), typed=typed) == []


@pytest.mark.judge
def test_the_judge_agrees(judge: Judge) -> None:
    given = list(mutants(11, 1500))
    findings = judge.findings("\n---\n".join(json.dumps(one) for one in given))
    refused = [bool(refusals(one, typed=True)) for one in given]
    assert 200 < sum(refused) < 1300
    for one, finding, mine in zip(given, findings, refused, strict=True):
        assert mine == finding.refused, f"{finding}\n{json.dumps(one)}"


@pytest.mark.judge
def test_every_version_s_schema_agrees(judge: Judge, crds: dict[str, Path]) -> None:
    given = list(mutants(12, 500))
    findings = judge.findings("\n---\n".join(json.dumps(one) for one in given), crds)
    for one, finding in zip(given, findings, strict=True):
        if ("spec" not in one and "specs" not in one) or finding.parse.startswith("json:"):
            continue  # the judge runs no CEL rules, and go-openapi lets a list pass as a CIDR
        for version in crds:
            theirs = [text for text in finding.schema if text.startswith(f"{version}:")]
            mine = [found for found in refusals(one, version, typed=True) if found.by == "schema"]
            assert bool(mine) == bool(theirs), f"{version}: {mine}\n{theirs}\n{json.dumps(one)}"
