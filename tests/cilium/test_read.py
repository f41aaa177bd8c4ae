"""Policies read from parsed mappings, whose scalars are text."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from cilium_policies.cilium.model import (
    Cidr,
    CidrGroup,
    Fqdn,
    Policy,
    PortRange,
    Requirement,
    Rule,
    Selector,
    ServiceRef,
    Spec,
    ToPorts,
)
from cilium_policies.cilium.read import read_cidr_group, read_policy
from cilium_policies.cilium.validity import refusals
from cilium_policies.cilium.write import policy_text

from tests.cilium.policy_mutants import mutants

NAMESPACE = "k8s:io.kubernetes.pod.namespace"


def load(text: str) -> Any:
    """Scalars as text, as the function's own loader gives them."""
    return yaml.load(text, yaml.BaseLoader)


def read(spec: str, kind: str = "CiliumNetworkPolicy") -> Policy:
    given = load(spec if spec.startswith("\n") else f"{{{spec}}}")
    policy, problems = read_policy({"kind": kind, "metadata": {"name": "p", "namespace": "app"}, **given})
    assert not problems
    assert policy is not None
    return policy


def label(key: str, value: str) -> Requirement:
    return Requirement(key, "In", (value,))


def test_every_field() -> None:
    policy = read(
        """
  spec:
    description: why
    endpointSelector: {matchLabels: {b: "1", a: x}, matchExpressions: [{key: c, operator: In, values: [y]}]}
    enableDefaultDeny: {ingress: false}
    ingress:
    - {}
    - fromEndpoints: []
      toPorts: []
    - fromCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}, {cidrGroupRef: lan},
                    {cidrGroupSelector: {matchLabels: {zone: a}}}]
    egress:
    - toFQDNs: [{matchName: a.io}, {matchPattern: "*.a.io"}]
      toPorts: [{ports: [{port: "443", protocol: tcp}, {port: "8000", endPort: 8010}], serverNames: [a.io]}]
    - toServices: [{k8sService: {serviceName: db, namespace: app}}, {k8sServiceSelector: {selector: {}}}]
    - icmps: [{fields: [{type: 8}, {family: IPv6, type: EchoRequest}]}]
    egressDeny:
    - toEntities: [world]
"""
    )
    assert policy.specs == (
        Spec(
            Selector((label("a", "x"), label("b", "1"), Requirement("c", "In", ("y",), True))),
            ingress=(
                Rule(),
                Rule(endpoints=(), ports=()),
                Rule(
                    cidrs=(
                        Cidr("0.0.0.0/0", ("10.0.0.0/8",)),
                        Cidr("", group="lan"),
                        Cidr("", group_selector=Selector((label("zone", "a"),))),
                    )
                ),
            ),
            egress=(
                Rule(
                    fqdns=(Fqdn("a.io"), Fqdn(pattern="*.a.io")),
                    ports=(
                        ToPorts(
                            (PortRange("443", "TCP"), PortRange("8000", "ANY", 8010)), "tls", None, ("a.io",)
                        ),
                    ),
                ),
                Rule(services=(ServiceRef("app", "db"), ServiceRef("", "", Selector()))),
                Rule(icmps=(("IPv4", "8"), ("IPv6", "EchoRequest"))),
            ),
            egress_deny=(Rule(entities=("world",)),),
            deny_ingress_default=False,
            description="why",
        ),
    )


def test_empty_lists_and_null_differ() -> None:
    policy = read(
        "spec: {endpointSelector: {}, ingress: [], egress: [{toEndpoints: [], toCIDR: [], toCIDRSet: [{}]}]}"
    )
    assert policy.specs[0].ingress == ()
    assert policy.specs[0].egress_deny is None
    assert policy.specs[0].egress == (Rule(endpoints=(), cidrs=()),)
    policy, problems = read_policy(
        {
            "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "p"},
            "spec": {"endpointSelector": {}, "ingress": None, "egress": [{"toEndpoints": None}]},
        }
    )
    assert not problems
    assert policy == Policy("CiliumNetworkPolicy", "default", "p", (Spec(Selector(), egress=(Rule(),)),))


@pytest.mark.parametrize(
    ("rules", "kind"),
    [
        ("{dns: [{matchPattern: '*'}]}", "dns"),
        ("{http: [{}]}", "http"),
        ("{kafka: [{topic: a}]}", "other"),
        ("{dns: []}", ""),
        ("{}", ""),
    ],
)
def test_layer_seven(rules: str, kind: str) -> None:
    spec = "spec: {endpointSelector: {}, egress: [{toPorts: [{ports: [{port: '53'}], rules: %s}]}]}"
    egress = read(spec % rules).specs[0].egress
    assert egress is not None
    assert egress[0].ports == (ToPorts((PortRange("53"),), kind, load(rules)),)


def test_an_icmps_entry_without_fields_is_an_entry() -> None:
    egress = read(
        "spec: {endpointSelector: {}, egress: [{icmps: []}, {icmps: [{}]}, {icmps: [{fields: []}]}]}"
    )
    assert [rule.icmps for rule in egress.specs[0].egress or ()] == [(), (("", ""),), (("", ""),)]


def test_spec_and_specs_both_count() -> None:
    policy = read("spec: {endpointSelector: {}}, specs: [{endpointSelector: {}, description: two}]")
    assert [spec.description for spec in policy.specs] == ["", "two"]


def test_clusterwide_has_no_namespace() -> None:
    assert read("spec: {nodeSelector: {}}", "CiliumClusterwideNetworkPolicy").namespace == ""


def test_the_stand_in_namespace() -> None:
    policy, _ = read_policy(load("{kind: CiliumNetworkPolicy, metadata: {name: p}, spec: {}}"), "media")
    assert policy is not None
    assert policy.namespace == "media"


def test_what_cannot_be_read_is_told() -> None:
    body = load(
        """
    kind: CiliumNetworkPolicy
    metadata: {name: p}
    spec:
      endpointSelector: text
      ingress: {fromEntities: [world]}
      egress: [text, {toEntities: world, toPorts: [{ports: 8080}]}]
    specs: none
    """
    )
    policy, problems = read_policy(body)
    assert policy is not None
    assert policy.specs == (Spec(Selector(), egress=(Rule(), Rule(ports=(ToPorts(),)))),)
    assert [str(problem.path) for problem in problems] == [
        "spec.endpointSelector",
        "spec.ingress",
        "spec.egress[0]",
        "spec.egress[1].toEntities",
        "spec.egress[1].toPorts[0].ports",
        "specs",
    ]


def test_another_kind_is_no_policy() -> None:
    policy, problems = read_policy({"kind": "Service"})
    assert policy is None
    assert problems


def test_cidr_group() -> None:
    text = (
        "{kind: CiliumCIDRGroup, metadata: {name: lan, labels: {a: b}}, spec: {externalCIDRs: [10.0.0.0/8]}}"
    )
    assert read_cidr_group(load(text)) == CidrGroup("lan", ("10.0.0.0/8",), {"a": "b"})


def test_network_policy() -> None:
    policy = read(
        """
  spec:
    podSelector: {matchLabels: {app: web}}
    policyTypes: [Ingress, Egress]
    ingress:
    - from:
      - podSelector: {matchLabels: {app: a}}
      - namespaceSelector: {matchLabels: {team: blue}}
        podSelector: {matchLabels: {app: b}}
      - namespaceSelector: {}
      - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}
      ports: [{port: 80}, {port: http, protocol: UDP}, {protocol: SCTP}, {port: 90, endPort: 99}]
    - {}
""",
        "NetworkPolicy",
    )
    own = label(NAMESPACE, "app")
    assert policy.specs == (
        Spec(
            Selector((label("k8s:app", "web"), own)),
            ingress=(
                Rule(
                    endpoints=(
                        Selector((label("k8s:app", "a"), own)),
                        Selector(
                            (label("k8s:io.cilium.k8s.namespace.labels.team", "blue"), label("k8s:app", "b"))
                        ),
                        Selector((Requirement(NAMESPACE, "Exists"),)),
                    ),
                    cidrs=(Cidr("10.0.0.0/8", ("10.1.0.0/16",)),),
                    ports=(
                        ToPorts(
                            (
                                PortRange("80", "TCP"),
                                PortRange("http", "UDP"),
                                PortRange("0", "SCTP"),
                                PortRange("90", "TCP", 99),
                            )
                        ),
                    ),
                ),
                Rule(entities=("all",)),
            ),
            egress=(),
            deny_ingress_default=True,
            deny_egress_default=True,
        ),
    )


@pytest.mark.parametrize(
    ("spec", "ingress", "egress"),
    [
        ("podSelector: {}", True, False),
        ("podSelector: {}, policyTypes: [Egress]", False, True),
        ("podSelector: {}, egress: [{}]", True, True),
        ("podSelector: {}, policyTypes: [Egress], ingress: [{}]", True, True),
    ],
)
def test_which_directions_a_network_policy_governs(spec: str, ingress: bool, egress: bool) -> None:
    found = read(f"spec: {{{spec}}}", "NetworkPolicy").specs[0]
    assert (found.ingress is not None, found.egress is not None) == (ingress, egress)


def test_written_policies_read_back() -> None:
    sound = [body for body in mutants(5, 400) if not refusals(body, typed=True)]
    assert len(sound) > 50
    for body in sound:
        policy, problems = read_policy(body)
        assert policy is not None
        assert not problems
        again, later = read_policy(load(policy_text(policy).decode()))
        assert not later
        assert again is not None
        assert policy_text(again) == policy_text(policy)
