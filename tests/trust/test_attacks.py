"""What one namespace can write, and what it gets by it: judged by Cilium's engine over the policies of the whole.

`attacks.yaml` holds a base cluster and attacks, `attacks_*.yaml` more of them on the same base. Those marked `pending`
open today what they must not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from cilium_policies.config.model import Config, Trust
from cilium_policies.document.split import split
from cilium_policies.function import Options, make, run
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.uncovered import Uncovered

from tests.engine.judge import Judge
from tests.short import manifests
from tests.trust.flows import query

pytestmark = pytest.mark.judge

TRUST = ("allow", "announce", "deny")

FOLDER = Path(__file__).parent


def suite() -> dict[str, Any]:
    """The base with what it needs, all ends and all attacks."""
    first, *more = (
        yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("attacks*.yaml"))
    )
    for one in more:
        first["ends"] |= one["ends"]
        first["attacks"] += one["attacks"]
    return dict(first)


SUITE = suite()


def written(attack: list[Any]) -> bytes:
    """The base and what is written in evil, an object of the same name in the base's place."""
    documents = {_identity(one): one for one in [*SUITE["base"], *attack]}
    return manifests(yaml.safe_dump(list(documents.values()), sort_keys=False))


def passing(judge: Judge, attack: list[Any], flows: list[str], *config: tuple[str, str]) -> list[str]:
    """Those flows that pass under what the program makes of the base and of what is written in evil."""
    cluster = written(attack)
    outcome = run([("stdin", cluster)], Options(overrides=(("mode", "enforce"), *config), only_policies=True))
    assert outcome.code == 0, outcome.stderr
    policies = outcome.stdout.decode()
    assert judge.check(policies) == []
    verdicts = judge.once(cluster.decode(), policies, [query(flow, SUITE["ends"]) for flow in flows])
    assert not [one for one in verdicts if one not in ("allow", "deny")], verdicts
    return [flow for flow, verdict in zip(flows, verdicts, strict=True) if verdict == "allow"]


def _identity(one: dict[str, Any]) -> tuple[str, ...]:
    if "kind" not in one or "metadata" not in one:
        return (yaml.safe_dump(one),)
    return (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])


def attacks(field: str, wanted: str = "") -> list[Any]:
    """The attacks that have such flows, for pytest; `pending` names the fields that fail today."""
    pending = pytest.mark.xfail(strict=True, reason="opens too much today")
    return [
        pytest.param(
            one, id=one["name"], marks=[pending] if (wanted or field) in one.get("pending", ()) else []
        )
        for one in SUITE["attacks"]
        if one.get(field)
    ]


def test_the_base_itself_has_what_it_needs(judge: Judge) -> None:
    assert passing(judge, [], SUITE["needed"]) == SUITE["needed"]


@pytest.mark.parametrize("trust", TRUST)
@pytest.mark.parametrize("attack", attacks("always"))
def test_what_nothing_opens(judge: Judge, attack: dict[str, Any], trust: str) -> None:
    assert passing(judge, attack["write"], attack["always"], ("trust.foreign", trust)) == []


@pytest.mark.parametrize("trust", TRUST)
@pytest.mark.parametrize("attack", attacks("foreign"))
def test_what_another_namespace_asks_for(judge: Judge, attack: dict[str, Any], trust: str) -> None:
    wanted = [] if trust == "deny" else attack["foreign"]
    assert passing(judge, attack["write"], attack["foreign"], ("trust.foreign", trust)) == wanted


@pytest.mark.parametrize("attack", attacks("foreign"))
def test_what_another_namespace_asks_for_is_said(attack: dict[str, Any]) -> None:
    cluster = written(attack["write"])
    for trust, said in (("announce", "rest"), ("allow", "")):
        options = Options(overrides=(("mode", "enforce"), ("trust.foreign", trust)), only_policies=True)
        told = run([("stdin", cluster)], options).stderr[-1]
        assert ("list --foreign" in told) is bool(said), told


def test_whose_word_is_said_of_a_proxy_by_its_marks() -> None:
    """That of the pod that calls itself one, and not that of the object which it would serve, the victim's own."""
    [attack] = [one for one in SUITE["attacks"] if "behind a name" in one["name"]]
    plan = make([split(written(attack["write"]))], Config(mode="enforce"), Options()).plan
    victims = {
        (one.workload.name, one.direction): one.asks
        for one in plan.foreign
        if one.workload.namespace == "victim"
    }
    assert victims == {("user", "egress"): "evil", ("db", "ingress"): "evil"}


@pytest.mark.parametrize("attack", attacks("foreign"))
def test_what_is_denied_so_is_listed(attack: dict[str, Any]) -> None:
    """Also of pods whose directions the catalogue explains: nobody may read that every workload is covered."""
    config = Config(mode="enforce", trust=Trust(foreign="deny"))
    plan = make([split(written(attack["write"]))], config, Options()).plan
    listed = {(one.workload.key, each) for one in _left(plan) if one.workload for each in one.directions}
    sides = {(one.workload.key, one.direction) for one in plan.foreign if not one.open}
    assert sides
    assert sides - listed == set()


def _left(plan: Plan) -> list[Uncovered]:
    return [*plan.uncovered, *plan.guessed]


@pytest.mark.parametrize("trust", TRUST)
@pytest.mark.parametrize("attack", attacks("write", "needed"))
def test_nobody_else_loses_what_he_needs(judge: Judge, attack: dict[str, Any], trust: str) -> None:
    assert passing(judge, attack["write"], SUITE["needed"], ("trust.foreign", trust)) == SUITE["needed"]


@pytest.mark.parametrize("attack", attacks("kept"))
def test_a_claim_of_another_namespace_takes_nothing_away_where_none_is_believed(
    judge: Judge, attack: dict[str, Any]
) -> None:
    assert passing(judge, attack["write"], attack["kept"], ("trust.foreign", "deny")) == attack["kept"]


@pytest.mark.parametrize("trust", TRUST[:2])
@pytest.mark.parametrize("attack", attacks("stays"))
def test_a_claim_of_another_namespace_takes_nothing_away_where_it_is_believed(
    judge: Judge, attack: dict[str, Any], trust: str
) -> None:
    assert passing(judge, attack["write"], attack["stays"], ("trust.foreign", trust)) == attack["stays"]


UNSEEN = """
- {ns: shop}
- {ns: evil}
- {dep: shop/web, ports: [8080]}
- apiVersion: monitoring.coreos.com/v1
  kind: PodMonitor
  metadata: {name: web, namespace: shop}
  spec: {selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{targetPort: 8080}]}
"""
STRANGER = "- {dep: evil/x, labels: {app.kubernetes.io/name: prometheus}}\n"


@pytest.mark.parametrize(("trust", "grant"), [*((one, False) for one in TRUST), ("deny", True)])
def test_the_labels_of_scrapers_where_the_input_shows_none(judge: Judge, trust: str, *, grant: bool) -> None:
    """The usual ones stand in for those of another build; a pod that the input shows is none by its labels."""
    flow = {"from": {"pod": "evil/x"}, "to": {"pod": "shop/web"}, "port": 8080, "protocol": "TCP"}
    given = f"{{trust: {{foreign: {trust}, grants: [{'{from: evil, to: shop}' if grant else ''}]}}}}"
    config = f"apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec: {given}\n"
    options = Options(("config.yaml", config.encode()), (("mode", "enforce"),), only_policies=True)
    for text, told in ((UNSEEN, False), (UNSEEN + STRANGER, True)):
        outcome = run([("stdin", manifests(text))], options)
        said = "another namespace's word" in outcome.stderr[-1]
        assert said is (told and trust != "allow" and not grant), outcome.stderr
        world = manifests(UNSEEN + STRANGER).decode()  # and its way out, which is its own
        more = "\n---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: o, namespace: evil}\n"
        more += "spec: {endpointSelector: {}, egress: [{toEntities: [all]}]}\n"
        (verdict,) = judge.once(world + more, outcome.stdout.decode(), [flow])
        assert verdict == ("deny" if told and trust == "deny" and not grant else "allow")
