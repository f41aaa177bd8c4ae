"""ICMP in `spec.allow` and `define`: rules of their own, as Cilium takes no rule with ports and types."""

from __future__ import annotations

import pytest
from cilium_policies.catalogue.check import problems
from cilium_policies.checks.snapshot import with_generated
from cilium_policies.cilium.objects import policy_object
from cilium_policies.cilium.write import policy_text
from cilium_policies.cli.options import run_on
from cilium_policies.config import read as config
from cilium_policies.config.model import Config
from cilium_policies.document.finding import RefusedError, line_of
from cilium_policies.evaluate.endpoint import address
from cilium_policies.function import Options
from cilium_policies.questions.decided import decided

from ..engine.judge import Judge
from ..support import deployment, namespace, policies, stream


def said(ports: str, target: str = "{cidr: 192.168.1.0/24}") -> Config:
    import yaml

    entry = f"{{from: {{pod: a/w}}, to: {target}, ports: {ports}, why: pings}}"
    spec = yaml.safe_load(f"{{mode: enforce, allow: [{entry}]}}")
    return config.read({"apiVersion": config.API_VERSION, "kind": config.KIND, "spec": spec})


def egress(ports: str, target: str = "{cidr: 192.168.1.0/24}") -> list[dict[str, object]]:
    made = policies(namespace("a"), deployment("a/w"), config=said(ports, target))["a/w"]
    rules = policy_object(made)["spec"]["egress"]
    assert isinstance(rules, list)
    return rules


def test_types_stand_in_a_rule_of_their_own() -> None:
    lan = {"toCIDR": ["192.168.1.0/24"]}
    assert egress("[8/ICMP, 443/TCP]") == [
        {**lan, "icmps": [{"fields": [{"family": "IPv4", "type": 8}]}]},
        {**lan, "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}]},
    ]
    both = egress("[8/ICMP, 128/ICMPv6]")
    fields = [{"family": "IPv4", "type": 8}, {"family": "IPv6", "type": 128}]
    assert both == [{**lan, "icmps": [{"fields": fields}]}]


def test_the_ping_passes_and_nothing_else_does() -> None:
    text = stream(namespace("a"), deployment("a/w")).decode()
    allow = "- {from: {pod: a/w}, to: {cidr: 192.168.1.0/24}, ports: [8/ICMP], why: pings}"
    file = f"apiVersion: {config.API_VERSION}\nkind: {config.KIND}\nspec:\n  mode: enforce\n  allow:\n  {allow}\n"
    run = run_on([("in.yaml", text.encode())], Options(config=("c.yaml", file.encode())))
    snapshot = with_generated(run.made.plan.cluster, run.made.policies.policies)
    pod, lan = next(iter(snapshot.ends.values())), address("192.168.1.7", snapshot.options)
    assert snapshot.repository.verdict(pod, lan, 8, "ICMP").allowed
    assert not snapshot.repository.verdict(pod, lan, 13, "ICMP").allowed
    assert not snapshot.repository.verdict(pod, lan, 8, "TCP").allowed
    row = next(
        one for one in decided(run.made.plan, snapshot) if str(one.connection.target) == "192.168.1.0/24"
    )
    assert (row.connection.ports, row.kind) == ("8/ICMP", "config")


@pytest.mark.parametrize(
    ("port", "message"),
    [("0/ICMP", "would allow every type"), ("256/ICMP", "not a message type"), ("8-10/ICMP", "8-10/ICMP")],
)
def test_what_is_no_type(port: str, message: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        said(f"[{port}]")
    assert message in line_of(refusal.value.finding)


def test_a_component_of_the_users_may_ping() -> None:
    entry = {"component": "x", "what": "y", "match": [{"app": "w"}]}
    edge = {"to": "world", "ports": ["8/ICMP"], "why": "pings"}
    assert problems({**entry, "edges": [edge]}) == []
    assert problems({**entry, "edges": [{**edge, "ports": ["300/ICMP"]}]})


@pytest.mark.judge
def test_ciliums_engine_says_the_same(judge: Judge) -> None:
    made = policies(namespace("a"), deployment("a/w"), config=said("[8/ICMP, 128/ICMPv6, 443/TCP]"))
    text = "---\n".join(policy_text(one).decode() for one in made.values())
    lan = {"cidr": "192.168.1.7/32"}
    asked = [
        {"from": {"pod": "a/w"}, "to": lan, "port": port, "protocol": protocol}
        for port, protocol in ((8, "ICMP"), (13, "ICMP"), (443, "TCP"), (8, "TCP"))
    ]
    answers = judge.once(stream(namespace("a"), deployment("a/w")).decode(), text, asked)
    assert answers == ["allow", "deny", "allow", "deny"]
