"""The text of a policy means, to every reader, exactly what the policy object says."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest
import yaml
from cilium_policies.cilium.model import (
    Cidr,
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
from cilium_policies.cilium.objects import policy_object
from cilium_policies.cilium.scalar import scalar
from cilium_policies.cilium.write import comment_lines, policy_text
from ruamel.yaml import YAML

WEB = Selector((Requirement("app.kubernetes.io/name", "In", ("web",)),))
NAMESPACE = "k8s:io.kubernetes.pod.namespace"


def policy(*specs: Spec, **fields: Any) -> Policy:
    return Policy("CiliumNetworkPolicy", fields.pop("namespace", "media"), "web", specs, **fields)


def readers(text: str) -> list[Any]:
    """What YAML 1.1 (two ways) and YAML 1.2 readers make of a text."""
    return [
        yaml.safe_load(text),
        yaml.load(text, yaml.CSafeLoader),
        YAML(typ="safe", pure=True).load(io.StringIO(text)),
    ]


LAYOUT = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: web
  namespace: media
  labels:
    a: x
    b: "1"
  annotations:
    cilium-policies.fn/component: web
spec:
  description: probes; names
  endpointSelector:
    matchLabels:
      app.kubernetes.io/name: web
  enableDefaultDeny:
    ingress: false
    egress: true
  ingress:
  # probes
  - fromEntities:
    - host
    toPorts:
    - ports:
      - port: "8000"
        endPort: 8010
        protocol: TCP
  egress:
  # names
  - toEndpoints:
    - matchLabels:
        k8s-app: kube-dns
        k8s:io.kubernetes.pod.namespace: kube-system
    toPorts:
    - ports:
      - port: "53"
        protocol: UDP
      - port: "53"
        protocol: TCP
      rules:
        dns:
        - matchPattern: '*'
  - icmps:
    - fields:
      - family: IPv4
        type: 8
"""


def test_layout() -> None:
    dns = ToPorts((PortRange("53", "UDP"), PortRange("53", "TCP")), "dns", {"dns": [{"matchPattern": "*"}]})
    probes = PortRange("8000", "TCP", 8010)
    kube_dns = Selector(
        (Requirement(NAMESPACE, "In", ("kube-system",)), Requirement("k8s-app", "In", ("kube-dns",)))
    )
    spec = Spec(
        WEB,
        ingress=(Rule(entities=("host",), ports=(ToPorts((probes,)),), why="probes"),),
        egress=(Rule(endpoints=(kube_dns,), ports=(dns,), why="names"), Rule(icmps=(("IPv4", "8"),))),
        deny_ingress_default=False,
        deny_egress_default=True,
        description="probes; names",
    )
    given = policy(spec, labels={"b": "1", "a": "x"}, annotations={"cilium-policies.fn/component": "web"})
    assert policy_text(given).decode() == LAYOUT
    without = policy_text(given, comments=False).decode()
    assert without == "".join(
        line for line in policy_text(given).decode().splitlines(True) if not line.lstrip().startswith("#")
    )


def test_default_deny_is_an_empty_rule_in_both_directions() -> None:
    text = policy_text(policy(Spec(Selector(), ingress=(Rule(),), egress=(Rule(),)))).decode()
    assert text.endswith("spec:\n  endpointSelector: {}\n  ingress:\n  - {}\n  egress:\n  - {}\n")


def test_several_specs_and_cluster_wide() -> None:
    two = policy(Spec(WEB, egress=(Rule(why="one"),)), Spec(Selector(), egress=(Rule(),)), namespace="")
    text = policy_text(two._replace(kind="CiliumClusterwideNetworkPolicy")).decode()
    assert "namespace" not in text
    assert "specs:\n- endpointSelector:\n    matchLabels:\n" in text
    assert "  egress:\n  # one\n  - {}\n- endpointSelector: {}\n  egress:\n  - {}\n" in text


def test_every_field_reads_back_as_the_object() -> None:
    rules = (
        Rule(endpoints=()),
        Rule(endpoints=(Selector((Requirement("a", "NotIn", ("x", "y")), Requirement("b", "Exists"))),)),
        Rule(cidrs=(Cidr("10.0.0.0/8"),)),
        Rule(cidrs=(Cidr("0.0.0.0/0", ("10.0.0.0/8",)), Cidr("::/0"), Cidr("", (), "group"))),
        Rule(
            fqdns=(Fqdn("example.org"), Fqdn(pattern="*.example.org")), ports=(ToPorts((PortRange("443"),)),)
        ),
        Rule(services=(ServiceRef("ns", "db"), ServiceRef("", "", Selector()))),
        Rule(nodes=(WEB,)),
        Rule(
            entities=("world",), ports=(ToPorts((PortRange("443", "TCP"),), "tls", None, ("example.org",)),)
        ),
        Rule(icmps=(("IPv6", "EchoRequest"), ("IPv4", "8"))),
        Rule(ports=(ToPorts((PortRange("http", "TCP"), PortRange("${PORT}", "TCP"))),)),
    )
    spec = Spec(WEB, None, (Rule(),), rules, (), (Rule(entities=("world",)),), True, None, "why: not")
    given = policy(spec, Spec(None, WEB, ingress=()))
    for read in readers(policy_text(given).decode()):
        assert read == policy_object(given)
    assert json.loads(json.dumps(policy_object(given))) == policy_object(given)
    body = policy_object(given)["specs"][0]["egress"]
    assert body[2] == {"toCIDR": ["10.0.0.0/8"]}
    assert body[3]["toCIDRSet"] == [
        {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]},
        {"cidr": "::/0"},
        {"cidrGroupRef": "group"},
    ]
    assert b'port: "${PORT}"' in policy_text(given)


ODD = [
    "123",
    "0",
    "-1",
    "+1",
    "1_000",
    "0o14",
    "014",
    "0x1F",
    "0b101",
    "1e3",
    "1.5",
    ".5",
    "5.",
    "-.inf",
    ".NaN",
    "12:30",
    "12:30:45",
    "2001-12-14",
    "2001-1-1",
    "true",
    "True",
    "TRUE",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "N",
    "null",
    "Null",
    "~",
    "=",
    "<<",
    "-",
    "?",
    ":",
    "-a",
    "?a",
    ":a",
    "a:",
    "a:b",
    "a#b",
    "#a",
    "&a",
    "*a",
    "!a",
    "|a",
    ">a",
    "'a",
    '"a',
    "%a",
    "@a",
    "`a",
    "[a]",
    "{a}",
    "a,b",
    "---",
    "...",
    "---a",
    "10.0.0.0",
    "10.0.0.0/8",
    "fe80::/10",
    "::/0",
    "1.2.3",
    "v1",
    "1a",
    "0x",
    "0xg",
    "1e",
    "1__0",
    "_1",
    "0o8",
    "08",
    "09",
    "1:99",
    "${VAR}",
    '${VAR:="x"}',
    "${VAR:=a\\b}",
    "a${VAR}b",
    "$VAR",
    "$",
    "1e400",
    "inf",
    "nan",
    "00:1b:63:84:45:e6",
    "é",
    "日本",
    "😀",
    "\ufeff",
    "\x07",
    "2001-12-14T21:59:43Z",
    "0777",
    "1E5",
    "+.inf",
    ".Inf",
    "1.e5",
    "1.5e+3",
    "0.0",
    "-0",
    "1,000",
    "12e03",
    "685_230.15",
    "190:20:30.15",
]
ODD += [
    "",
    " ",
    "a ",
    " a",
    "a: b",
    "a #b",
    "a\nb",
    "a\tb",
    "\t",
    "2001-12-14 21:59:43",
    "- a",
    "? a",
    "\n",
    '"\\',
]


@pytest.mark.parametrize("value", ODD)
def test_a_scalar_stays_the_string_it_is(value: str) -> None:
    for place in ("a: {}\n", "- {}\n", "- - a:\n    - {}\n"):
        text = place.format(scalar(value))
        expected: Any = (
            {"a": value} if place[0] == "a" else [value] if "- -" not in place else [[{"a": [value]}]]
        )
        for read in readers(text):
            assert read == expected
    for read in readers(f"{scalar(value)}: x\n"):
        assert read == {value: "x"}


@pytest.mark.parametrize(
    "value",
    [
        "web",
        "a-b",
        "10.0.0.0/8",
        "::/0",
        "a:b",
        "v1",
        "1.2.3",
        "/metrics",
        "a#b",
        "-a",
        "$",
        "é",
        "1a",
        "0x",
        "a,b",
    ],
)
def test_quotes_only_where_needed(value: str) -> None:
    assert scalar(value) == value


@pytest.mark.parametrize("value", ["${VAR}", "${A:=b}-x"])
def test_variables_keep_their_text(value: str) -> None:
    assert scalar(value) == f'"{value}"'


def test_random_strings() -> None:
    draw = random.Random(7)
    alphabet = "a1 :#-'\"\\{}[]$.,_0xeE+~=<>|&*!%@`?\t\n\r\u00e9\u2028\U0001f600\x00\x7f\u0085\ufeff"
    for _ in range(3000):
        value = "".join(draw.choice(alphabet) for _ in range(draw.randint(0, 9)))
        for read in readers(f"a: {scalar(value)}\n"):
            assert read == {"a": value}


def test_no_line_is_too_long() -> None:
    description = "a reason with spaces; " * 9000 + "x" * 70000 + " é\u2028" * 9000
    why = "w" * 200_000 + " more words" * 9000
    given = policy(Spec(WEB, ingress=(Rule(why=why),), description=description))
    text = policy_text(given)
    assert max(map(len, text.split(b"\n"))) < 64 * 1024
    for read in readers(text.decode()):
        assert read == policy_object(given)


def test_a_comment_cannot_leave_its_line() -> None:
    assert comment_lines("one\ntwo\r\n- three", "  ") == ["  # one two - three"]
    assert comment_lines("", "  ") == []
    lines = comment_lines("word " * 60, "")
    assert len(lines) > 1
    assert all(line.startswith("# word") and len(line) < 120 for line in lines)
