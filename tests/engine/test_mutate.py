"""The mutation run: what it changes, and what it lists."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.engine.build import SOURCES
from tests.engine.corpus import Row, rows
from tests.engine.judge import Judge
from tests.engine.mutate import mutations, report, survivors

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
    text = list(report(found))
    assert text[0] == "1 rules that no flow exercises"
    assert text[1].endswith("front ingress[1]")
    assert any("port web/TCP" in line for line in text[2:])
    world.unload()
