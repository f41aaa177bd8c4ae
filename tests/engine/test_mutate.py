"""The mutation run: what it changes, and what it lists."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.engine.build import SOURCES
from tests.engine.corpus import Row, rows
from tests.engine.judge import Judge
from tests.engine.justify import Justifier
from tests.engine.mutate import Unnoticed, proposed_rows, report, survivors
from tests.engine.mutations import mutations

pytestmark = pytest.mark.judge

SHOP = (SOURCES / "cases" / "shop.cluster.yml").read_text(encoding="utf-8")
POLICY = """---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: front, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app.kubernetes.io/name: front}}
  ingress:
    - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": tools, app.kubernetes.io/name: scraper}}]
      toPorts: [{ports: [{port: "9464", protocol: TCP}, {port: web, protocol: TCP}]}]
    - {fromEntities: [kube-apiserver, remote-node]}
  egress: [{}]
"""


@pytest.fixture
def asked(tmp_path: Path) -> tuple[Row, ...]:
    """One flow that needs the first rule's first port, one that nothing allows."""
    path = tmp_path / "flows.yaml"
    path.write_text(
        "- {from: {pod: tools/scraper}, to: {pod: shop/front}, port: 9464, expect: allow, why: x, source: x}\n"
        "- {from: {pod: shop/front}, to: {entity: world}, port: 443, expect: deny, why: x, source: x}\n",
        encoding="utf-8",
    )
    return rows(path)


def test_every_part_of_a_rule_is_changed() -> None:
    policy = yaml.safe_load(POLICY)
    found = list(mutations(policy))
    assert policy == yaml.safe_load(POLICY), "the policy itself is not touched"
    changes = {(one.where.removeprefix("CiliumNetworkPolicy/shop/front "), one.what) for one in found}
    assert changes == {
        ("subject", "label app.kubernetes.io/name=front became front-x"),
        ("ingress[0]", "dropped"),
        ("ingress[0]", "turned round"),
        ("ingress[0]", "port 9464/TCP became 9465"),
        ("ingress[0]", "port web/TCP became web-x"),
        ("ingress[0]", "peer label k8s:io.kubernetes.pod.namespace=tools became tools-x"),
        ("ingress[0]", "peer label app.kubernetes.io/name=scraper became scraper-x"),
        ("ingress[1]", "dropped"),
        ("ingress[1]", "turned round"),
        ("ingress[1]", "peer kube-apiserver dropped"),
        ("ingress[1]", "peer remote-node dropped"),
    }
    assert len(found) == len(changes)


def test_a_dropped_rule_leaves_its_direction_closed() -> None:
    policy = yaml.safe_load(POLICY)
    policy["spec"]["ingress"] = policy["spec"]["ingress"][:1]
    (dropped,) = (one for one in mutations(policy) if one.what == "dropped")
    assert dropped.policy["spec"]["ingress"] == [{}]


def test_each_of_several_specs_is_changed() -> None:
    policy = yaml.safe_load(POLICY)
    policy["specs"] = [policy.pop("spec")]
    found = list(mutations(policy))
    assert {one.where.split("front ")[1] for one in found} == {
        "specs[0] subject",
        "specs[0] ingress[0]",
        "specs[0] ingress[1]",
    }
    assert all("spec" not in one.policy for one in found)


def test_what_no_flow_exercises_is_listed(judge: Judge, asked: tuple[Row, ...]) -> None:
    world = judge.world(text=SHOP)
    found, total = survivors(world, POLICY, asked)
    left = {(one.where.split(" ")[1], one.what) for one in found}
    assert total == 11
    assert ("ingress[1]", "dropped") in left
    assert ("ingress[0]", "port web/TCP became web-x") in left
    assert not left & {("ingress[0]", "dropped"), ("ingress[0]", "port 9464/TCP became 9465")}
    assert ("subject", "label app.kubernetes.io/name=front became front-x") not in left
    world.unload()


def test_unnoticed_rules_are_told_apart(judge: Judge, asked: tuple[Row, ...], tmp_path: Path) -> None:
    """A rule that lets something pass is an opening unless the facts state it; the others are idle."""
    facts = {
        "front": {
            "pods": [{"app.kubernetes.io/name": "front"}],
            "ingress": [{"from": "remote-node", "ports": ["3000/TCP"]}],
            "egress": [],
        }
    }
    world = judge.world(text=SHOP)
    found, _ = survivors(world, POLICY.replace("kube-apiserver", "host"), asked)
    justifier = Justifier(world, facts)
    unnoticed = [Unnoticed(one, justifier.dependants(one)) for one in found]
    by_change = {(one.mutation.where.split(" ")[1], one.mutation.what): one.dependants for one in unnoticed}
    nodes = by_change["ingress[1]", "dropped"]
    assert "front ingress from remote-node" in nodes.known.values()
    assert any(flow.source == "remote-node" and flow.port == "TCP/9464" for flow in nodes.unknown)
    assert by_change["ingress[1]", "peer host dropped"].verdict().startswith("the own node always gets in")
    assert by_change["ingress[0]", "port web/TCP became web-x"].unknown
    text = list(report(unnoticed))
    assert [line for line in text if line[0].isdigit()] == [
        "4 rules or parts that let pass what nobody states",
        "0 rules or parts that let pass what the facts call optional: is the evidence in the input?",
        "0 rules or parts that let pass what the facts state, but no row asks about",
        "1 rules or parts on which nothing depends",
    ]
    (tmp_path / "rows.yaml").write_text(proposed_rows(unnoticed, justifier), encoding="utf-8")
    proposed = rows(tmp_path / "rows.yaml")
    assert {row.query["port"] for row in proposed} == {3000}
    assert world.verdicts([row.query for row in proposed]) == ["allow"] * len(proposed)
    world.unload()
