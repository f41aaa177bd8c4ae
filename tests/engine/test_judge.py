"""The judge itself: cases, verdicts, substitution, and that it can say no."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.engine.build import SOURCES, build, environment, go_command
from tests.engine.fixtures import engine_cases_directory
from tests.engine.judge import Judge, JudgeError
from tests.engine.policies import policy
from tests.tools import absent

pytestmark = pytest.mark.judge

CASES = SOURCES / "cases"
SHOP = (CASES / "shop.cluster.yml").read_text(encoding="utf-8")
PROBE = {"from": {"pod": "tools/scraper"}, "to": {"pod": "shop/front"}, "port": 9464}


CLOSED = policy("default-deny", "{endpointSelector: {}, ingress: [{}], egress: [{}]}")
SCRAPED = policy(
    "front",
    """
  endpointSelector: {matchLabels: {app.kubernetes.io/name: front}}
  ingress:
    - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": tools}}]
      toPorts: [{ports: [{port: stats, protocol: TCP}]}]
""",
)


def test_own_cases_pass(judge: Judge) -> None:
    done = subprocess.run([str(build()), "test", str(CASES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 failed" in done.stdout


def test_shared_cases_pass(judge: Judge) -> None:
    shared = engine_cases_directory()
    if not shared.is_dir():
        absent("no shared cases: set CILIUM_POLICIES_ENGINE_CASES to their folder")
    done = subprocess.run([str(build()), "test", str(shared)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_expectation_fails(judge: Judge, tmp_path: Path) -> None:
    case = yaml.safe_load((CASES / "closed-namespace.yaml").read_text(encoding="utf-8"))
    case["queries"][0]["expect"] = "allow"
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(case), encoding="utf-8")
    (tmp_path / "shop.cluster.yml").write_text(SHOP, encoding="utf-8")
    done = subprocess.run([str(build()), "test", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "expected allow, got deny" in done.stdout


@pytest.mark.slow
def test_go_tests_pass(judge: Judge) -> None:
    for command in (["vet", "."], ["test", "-p", "2", "."]):
        done = subprocess.run(
            [go_command(), *command],
            cwd=SOURCES,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_policies_are_replaced_as_a_whole(judge: Judge) -> None:
    world = judge.world(text=SHOP)
    assert world.verdicts([PROBE]) == ["allow"]
    world.set_policies(CLOSED)
    assert world.verdicts([PROBE]) == ["deny"]
    world.set_policies(CLOSED + SCRAPED)
    assert world.verdicts([PROBE]) == ["allow"]
    world.set_policies("")
    assert world.ask([PROBE])[0].ingress.by == ("(no policy has default deny)",)
    world.unload()


def test_added_policies_leave_those_of_the_cluster(judge: Judge) -> None:
    world = judge.world(text=SHOP + CLOSED)
    world.set_policies(policy("default-deny", "{endpointSelector: {}, egress: [{}]}"))
    assert world.verdicts([PROBE]) == ["allow"], "the added policy stands in place of the one with its name"
    world.set_policies("")
    assert world.verdicts([PROBE]) == ["deny"], "without it the cluster's own is back"
    world.unload()


def test_an_attempt_changes_nothing(judge: Judge) -> None:
    world = judge.world(text=SHOP)
    world.set_policies(CLOSED + SCRAPED)
    assert world.attempt([PROBE], delete=["CiliumNetworkPolicy/shop/front"]) == ["deny"]
    changed = SCRAPED.replace("port: stats", "port: web")
    assert world.attempt([PROBE], policies=changed) == ["deny"]
    added = policy("more", "{endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}")
    other = {"from": {"pod": "tools/scraper"}, "to": {"pod": "shop/store"}, "port": 5432}
    assert world.attempt([other], policies=added) == ["allow"]
    assert world.verdicts([PROBE, other]) == ["allow", "deny"]
    with pytest.raises(JudgeError, match="not all of"):
        world.attempt([PROBE], delete=["CiliumNetworkPolicy/shop/nobody"])
    world.unload()


def test_reason_names_side_and_policy(judge: Judge) -> None:
    world = judge.world(text=SHOP)
    world.set_policies(CLOSED)
    verdict = world.ask([PROBE])[0]
    assert verdict.reason() == "ingress denied by CiliumNetworkPolicy/shop/default-deny"
    assert verdict.egress.managed
    assert not verdict.egress.named
    outside = world.ask([{"from": {"entity": "world"}, "to": {"pod": "shop/front"}, "port": 3000}])[0]
    assert not outside.egress.managed
    world.unload()


def test_a_query_without_an_answer_is_an_error(judge: Judge) -> None:
    world = judge.world(text=SHOP)
    nobody = world.ask([{"from": {"pod": "shop/nobody"}, "to": {"entity": "world"}, "port": 443}])[0]
    assert nobody.verdict == ""
    assert "no such Pod or workload" in nobody.error
    with pytest.raises(JudgeError, match="nobody"):
        assert nobody.allowed
    unnamed = world.ask([{**PROBE, "port": "nothing"}])[0]
    assert 'port "nothing"' in unnamed.error
    world.unload()


def test_check_tells_schema_from_parse(judge: Judge) -> None:
    text = CLOSED + policy("empty", "{endpointSelector: {}, ingress: []}")
    text += policy("odd", "{endpointSelector: {}, surprise: 1, ingress: [{}]}")
    refused = judge.check(text)
    assert [one.policy.rsplit("/", 1)[1] for one in refused] == ["empty", "odd"]
    assert refused[0].parse
    assert not refused[0].schema
    assert refused[1].schema == ("spec.surprise: unknown field",)
    with pytest.raises(JudgeError, match="empty"):
        judge.flows([CASES / "shop.cluster.yml"], text, [PROBE])


def test_check_reads_lists_and_resource_lists(judge: Judge) -> None:
    bad = yaml.safe_load(policy("bad", "{endpointSelector: {}, ingress: []}"))
    for kind, version in (("List", "v1"), ("ResourceList", "config.kubernetes.io/v1")):
        text = yaml.safe_dump({"apiVersion": version, "kind": kind, "items": [bad, bad]})
        assert [one.policy for one in judge.check(text)] == ["CiliumNetworkPolicy/shop/bad"] * 2


def test_older_versions_have_their_own_schema(judge: Judge, crds: dict[str, Path]) -> None:
    assert list(crds) == ["1.16.19", "1.17.16", "1.18.11", "1.19.6", "1.20.2"]
    assert judge.check(CLOSED, crds) == []
    logged = policy("logged", "{endpointSelector: {}, log: {value: x}, ingress: [{}]}")
    (finding,) = judge.check(logged, crds)
    unknown_before_118 = ("1.16.19: spec.log: unknown field", "1.17.16: spec.log: unknown field")
    assert tuple(sorted(finding.schema)) == unknown_before_118
    assert judge.check(logged) == []


def test_once_is_a_world_of_its_own(judge: Judge) -> None:
    assert judge.once(SHOP, CLOSED, [PROBE, {**PROBE, "to": {"pod": "x/y"}}])[0] == "deny"
    assert judge.once(SHOP, CLOSED, [PROBE, {**PROBE, "to": {"pod": "x/y"}}])[1].startswith("error: ")
    assert judge.once(SHOP, "", [PROBE], enablePolicy="always") == ["deny"]
    assert judge.once(SHOP, "", [PROBE]) == ["allow"], "settings of one request do not stay for the next"


def test_variables_are_filled_the_same_on_both_sides(judge: Judge) -> None:
    cluster = SHOP.replace("app.kubernetes.io/name: front", "app.kubernetes.io/name: ${FRONT_NAME}")
    policies = CLOSED + SCRAPED.replace("name: front}}", "name: ${FRONT_NAME}}}")
    assert judge.once(cluster, policies, [PROBE]) == ["allow"]
    world = judge.world(text=cluster, variables={"FRONT_NAME": "facade"})
    world.set_policies(policies)
    assert "app.kubernetes.io/name=facade" in "".join(world.identities())
    assert world.verdicts([PROBE]) == ["allow"]
    world.unload()


def test_openings_are_what_both_ends_allow(judge: Judge) -> None:
    world = judge.world(text=SHOP)
    world.set_policies(CLOSED + SCRAPED)
    peers = {"outside": {"cidr": "198.51.100.7"}, "host": {"entity": "host"}}
    found, asked = world.openings(peers, ["TCP/9464", "TCP/1"])
    assert asked > 0
    into_front = {one["from"]: one["ports"] for one in found if one["to"] == "shop/Deployment/front"}
    assert into_front == {"tools/Deployment/scraper": ["TCP/9464"]}, "the own node is not listed"
    assert "outside" in {one["to"] for one in found if one["from"] == "tools/Deployment/scraper"}
    selected, fewer = world.openings(peers, ["TCP/9464", "TCP/1"], selected=True)
    assert fewer < asked
    assert {one["from"] for one in selected} == {"tools/Deployment/scraper"}
    assert {one["to"] for one in selected} == {"shop/Deployment/front"}
    assert not [one for one in found if one["from"] == "shop/Deployment/front"]
    world.unload()
