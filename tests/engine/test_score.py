"""The score on a small corpus made here: what it counts, what it leaves out, and that it can be less than full."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.build import SOURCES
from tests.engine.corpus import Case, cases, cluster_text
from tests.engine.facts import LAN, PUBLIC, FactEdges
from tests.engine.judge import Judge
from tests.engine.measure import Count, audit, measure
from tests.engine.openings import openings
from tests.engine.policies import namespaces, policy, wide_rules
from tests.engine.score import Line, main, strict_denied

pytestmark = pytest.mark.judge

SHOP = (SOURCES / "cases" / "shop.cluster.yml").read_text(encoding="utf-8")
FLOWS = """
- {from: {pod: tools/scraper}, to: {pod: shop/front}, port: 9464, expect: allow, why: scrape, source: x}
- {from: {pod: shop/front}, to: {pod: shop/store}, port: 5432, expect: allow, why: sql, source: x}
- {from: {pod: tools/scraper}, to: {pod: shop/store}, port: 5432, expect: deny, why: none, source: attack}
- {from: {pod: shop/front}, to: {cidr: 192.168.1.1}, port: 80, expect: deny, strict: true, why: x, source: attack}
- {from: {entity: host}, to: {pod: shop/store}, port: 5432, expect: allow, why: probe, source: x}
"""


DENY = policy("default-deny", "{endpointSelector: {}, ingress: [{}], egress: [{}]}")
SCRAPE = policy(
    "front",
    "{endpointSelector: {matchLabels: {app.kubernetes.io/name: front}}, ingress: [{fromEndpoints: [{matchLabels:"
    ' {"k8s:io.kubernetes.pod.namespace": tools}}], toPorts: [{ports: [{port: "9464", protocol: TCP}]}]}]}',
)
SQL_IN = policy(
    "store",
    "{endpointSelector: {matchLabels: {app.kubernetes.io/name: store}}, ingress: [{fromEndpoints: [{matchLabels:"
    ' {app.kubernetes.io/name: front}}], toPorts: [{ports: [{port: "5432", protocol: TCP}]}]}]}',
)
SQL_OUT = policy(
    "front-out",
    "{endpointSelector: {matchLabels: {app.kubernetes.io/name: front}}, egress: [{toEndpoints: [{matchLabels:"
    ' {app.kubernetes.io/name: store}}], toPorts: [{ports: [{port: "5432", protocol: TCP}]}]}]}',
)
ALL = DENY + SCRAPE + SQL_IN + SQL_OUT
SOFT = "enableDefaultDeny: {ingress: false, egress: false}, endpointSelector"


@pytest.fixture
def shop(tmp_path: Path) -> Case:
    """A rendered case: the shop with its flows."""
    folder = tmp_path / "corpus" / "shop"
    folder.mkdir(parents=True)
    (folder / "input.yaml").write_text(SHOP, encoding="utf-8")
    (folder / "flows.yaml").write_text(FLOWS, encoding="utf-8")
    (case,) = cases(tmp_path / "corpus")
    return case


def test_counts_each_kind_of_row(judge: Judge, shop: Case) -> None:
    world = judge.world(text=cluster_text(shop))
    world.set_policies("")
    bare = measure(shop, world)
    assert (bare.legit, bare.attacks, bare.strict) == (Count(3, 3), Count(0, 1), Count(0, 1))
    world.set_policies(DENY)
    closed = measure(shop, world)
    assert (closed.legit, closed.attacks, closed.strict) == (Count(1, 3), Count(1, 1), Count(1, 1))
    assert [miss.row.number for miss in closed.misses] == [1, 2]
    assert "ingress denied by CiliumNetworkPolicy/shop/default-deny" in str(closed.misses[0])
    world.set_policies(ALL)
    assert measure(shop, world).full
    assert not measure(shop, world, frozenset({1})).misses
    assert measure(shop, world, frozenset({1})).legit == Count(2, 2)
    world.unload()


def test_strict_rows_are_asked_again_where_the_outside_is_opened_by_name(judge: Judge, shop: Case) -> None:
    world = judge.world(text=cluster_text(shop))
    assert [strict_denied(shop, world, policies) for policies in ("", DENY)] == [0, 1]
    line = Line("shop", measure=measure(shop, world), by_name=(0, 1))
    assert line.cells()[3] == "1 / 1; known: 0; all: 1"
    world.unload()


def test_a_row_without_an_answer_is_a_miss(judge: Judge, shop: Case) -> None:
    world = judge.world(text=cluster_text(shop).replace("name: scraper", "name: other"))
    world.set_policies(ALL)
    missed = measure(shop, world)
    assert [miss.row.number for miss in missed.misses] == [1, 3]
    assert "no such Pod or workload" in missed.misses[0].reason
    world.unload()


def test_audit_conditions(judge: Judge, shop: Case) -> None:
    world = judge.world(text=cluster_text(shop))
    bare = world.verdicts([row.query for row in shop.rows])

    def soft(text: str) -> str:
        return text.replace("endpointSelector", SOFT)

    def conditions(policies: str) -> list[list[int]]:
        world.set_policies(policies)
        return [[miss.row.number for miss in part] for part in audit(shop, world, bare, namespaces(policies))]

    assert conditions(soft(ALL)) == [[], [], [], []]
    assert conditions(ALL) == [[3, 4], [], [], []], "an enforced policy cuts what passed"
    assert conditions(soft(DENY + SQL_IN + SQL_OUT)) == [[], [], [1], []], (
        "the scrape is not shown as covered"
    )
    assert conditions(soft(DENY + SQL_OUT + SCRAPE)) == [[], [], [2], []], "one end of two is not enough"
    wide = soft(SQL_IN.replace("app.kubernetes.io/name: front", '"k8s:io.kubernetes.pod.namespace": tools'))
    assert conditions(soft(DENY + SCRAPE + SQL_OUT) + wide) == [[], [], [2], [3]], "an attack looks covered"
    world.unload()


def test_openings_are_what_nothing_asks_for(judge: Judge, shop: Case) -> None:
    world = judge.world(text=cluster_text(shop))
    world.set_policies(ALL)
    strangers = {"a stranger in tools", "tools/Deployment/scraper"}
    tight = openings(shop, world, ALL, {})
    assert {(one[0], one[2]) for one in tight.flows} == {("a stranger in tools", "TCP/9464")}, (
        "all of tools may scrape"
    )
    outside = policy(
        "out",
        "{endpointSelector: {matchLabels: {app.kubernetes.io/name: front}}, egress: [{toEntities: [world],"
        ' toPorts: [{ports: [{port: "8443", protocol: TCP}]}]}]}',
    )
    world.set_policies(ALL + outside)
    found = openings(shop, world, ALL + outside, {})
    assert ("shop/Deployment/front", PUBLIC, "TCP/8443") in found.flows, "ports of rules are asked about"
    assert not {one[0] for one in found.flows} - strangers - {"shop/Deployment/front"}
    world.unload()


def test_optional_edges_of_the_facts_are_counted_apart(judge: Judge, shop: Case) -> None:
    world = judge.world(text=cluster_text(shop))
    backup = policy(
        "store-backup",
        "{endpointSelector: {matchLabels: {app.kubernetes.io/name: store}}, ingress: [{fromEndpoints: [{matchLabels:"
        ' {app.kubernetes.io/name: backup}}], toPorts: [{ports: [{port: "5432", protocol: TCP}]}]}]}',
    ) + policy(
        "backup",
        "{endpointSelector: {matchLabels: {app.kubernetes.io/name: backup}}, egress: [{toEndpoints: [{matchLabels:"
        ' {app.kubernetes.io/name: store}}], toPorts: [{ports: [{port: "5432", protocol: TCP}]}]}]}',
    )
    world.set_policies(ALL + backup)
    edge: dict[str, Any] = {"from": "component:backup", "ports": ["5432/TCP"]}
    facts: dict[str, dict[str, Any]] = {
        "backup": {"pods": [{"app.kubernetes.io/name": "backup"}], "ingress": [], "egress": []},
        "store": {"pods": [{"app.kubernetes.io/name": "store"}], "ingress": [edge], "egress": []},
    }
    flow = ("shop/CronJob/backup", "shop/StatefulSet/store", "TCP/5432")
    assert flow in openings(shop, world, ALL + backup, {}).flows
    assert flow not in openings(shop, world, ALL + backup, facts).flows
    edge["optional"] = True
    assert openings(shop, world, ALL + backup, facts).optional == (flow,)
    world.unload()


def test_openings_by_the_cluster_itself_are_apart(judge: Judge, shop: Case) -> None:
    chart = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: chart, namespace: shop}
spec: {podSelector: {matchLabels: {app.kubernetes.io/name: store}}, ingress: [{ports: [{port: 5432}]}]}
"""
    world = judge.world(text=cluster_text(shop) + chart)
    world.set_policies(ALL)
    found = openings(shop, world, ALL, {})
    assert {one[1] for one in found.flows} == {"shop/Deployment/front"}
    assert ("remote-node", "shop/StatefulSet/store", "TCP/5432") in found.given
    stated = {
        "db": {
            "pods": [{"app.kubernetes.io/name": "store"}],
            "ingress": [{"from": "remote-node", "ports": ["5432/TCP"], "optional": True}],
        }
    }
    assert openings(shop, world, ALL, stated).optional == (), (
        "nor do they count as the product's by the facts"
    )
    world.unload()


def test_facts_excuse_a_flow_only_where_they_state_it() -> None:
    def pod(name: str, namespace: str, **labels: str) -> dict[str, object]:
        return {"name": name, "namespace": namespace, "labels": labels}

    facts = {
        "db": {
            "pods": [{"app": "db"}],
            "ingress": [{"from": "component:web", "ports": ["5432/TCP"]}],
            "egress": [],
        },
        "web": {
            "pods": [{"app": "web", "tier": "*"}, {"app": "web"}],
            "ingress": [{"from": "all-pods", "ports": ["80-90/TCP"]}],
            "egress": [
                {"to": "world", "ports": ["443/TCP"]},
                {"to": "world", "ports": ["9/TCP"], "why": "LAN"},
            ],
        },
    }
    pods = [pod("a/D/web", "a", app="web"), pod("a/D/db", "a", app="db"), pod("b/D/x", "b", app="x")]
    edges = FactEdges(facts, pods)
    assert edges.stated_by("a/D/web", "a/D/db", "TCP/5432") == "db ingress from component:web"
    assert not edges.stated_by("a/D/web", "a/D/db", "UDP/5432")
    assert not edges.stated_by("b/D/x", "a/D/db", "TCP/5432")
    assert edges.stated_by("a/D/web", PUBLIC, "TCP/443") == "web egress to world"
    assert not edges.stated_by("a/D/web", LAN, "TCP/443"), "to world reads as the internet"
    assert edges.stated_by("a/D/web", LAN, "TCP/9"), "unless it says LAN"
    assert not edges.stated_by("a/D/web", PUBLIC, "TCP/80")
    assert not edges.stated_by("b/D/x", "a/D/web", "TCP/85"), "a wide word needs the other end's word, too"


def test_wide_rules_need_a_description() -> None:
    wide = policy("wide", "{endpointSelector: {}, egress: [{toEntities: [cluster]}]}")
    assert wide_rules(wide) == ["shop/wide egress: cluster"]
    assert (
        wide_rules(wide.replace("{endpointSelector", "{description: all nodes are scraped, endpointSelector"))
        == []
    )
    assert wide_rules(policy("out", "{endpointSelector: {}, egress: [{toEntities: [world]}]}"))
    assert not wide_rules(
        policy(
            "in",
            '{endpointSelector: {}, ingress: [{fromEntities: [world], toPorts: [{ports: [{port: "1"}]}]}]}',
        )
    )


def test_exit_code_and_page(
    judge: Judge, shop: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "policies.yaml"
    common = ["--corpus", str(shop.folder.parent), "--policies", str(given)]
    given.write_text(ALL, encoding="utf-8")
    assert main(common) == 0
    assert "| shop | 3 / 3" in capsys.readouterr().out
    given.write_text(DENY, encoding="utf-8")
    assert main([*common, "--misses"]) == 1
    assert "legit 1: tools/scraper -> shop/front 9464/TCP" in capsys.readouterr().out
    assert main([*common, "--write", str(tmp_path / "score.md")]) == 1
    page = (tmp_path / "score.md").read_text(encoding="utf-8")
    assert "| shop | 1 / 3" in page
    assert page.count("| case") == 2, "both modes stand on the page"
    given.write_text(policy("bad", "{endpointSelector: {}, ingress: []}"), encoding="utf-8")
    assert main(common) == 1
    assert "CiliumNetworkPolicy/shop/bad" in capsys.readouterr().out
    assert main([*common, "--write", str(tmp_path / "score.md")]) == 1
    assert (tmp_path / "score.md").read_text(encoding="utf-8") == page, "a page with gaps is not written"
    assert (
        main(
            [
                "--corpus",
                str(shop.folder.parent),
                "--command",
                shlex.join([sys.executable, "-c", "raise SystemExit(1)"]),
            ]
        )
        == 1
    )
    assert "exit 1" in capsys.readouterr().out


def test_stand_ins_on_the_main_case(judge: Judge, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With nothing every legitimate flow passes and attacks do, too; with a default deny alone none of them does."""
    for baseline, legit, attacks in (("nothing", True, False), ("default-deny", False, True)):
        assert main(["--corpus", str(corpus), "--case", "seed-cluster", "--baseline", baseline]) == 1
        cells = capsys.readouterr().out.splitlines()[2].split("|")
        (passed, rows), (denied, all_attacks) = (map(int, cell.split("/")) for cell in cells[2:4])
        assert (passed == rows, denied == all_attacks) == (legit, attacks)
        assert rows > 100
        assert all_attacks > 100
