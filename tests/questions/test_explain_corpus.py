"""`explain` on the seed's cluster: each side that a rule of the program lets through names the evidence of these two
ends on this port, and of no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from cilium_policies.checks.snapshot import with_generated
from cilium_policies.cli.options import run_on
from cilium_policies.document.finding import RefusedError
from cilium_policies.evidence.edge import Edge, workload_of
from cilium_policies.function import Options
from cilium_policies.questions import explain as question
from cilium_policies.questions.because import told
from cilium_policies.questions.ends import End, ends
from cilium_policies.questions.explain import explain

from tests.engine.corpus import cases
from tests.questions import small
from tests.questions.test_cures import flows


def foreign(edge: Edge, pair: tuple[End, End], number: int) -> bool:
    """Whether an edge is of another workload than these ends, or of ports that leave this one out."""
    shown = zip((edge.source, edge.target), pair, strict=True)
    others = any(workload_of(peer) not in (None, end.workload) for peer, end in shown)
    ports = [(one.number, one.end or one.number) for one in edge.ports if not one.icmp and one.number]
    return others or bool(ports and not any(first <= number <= last for first, last in ports))


def test_both_ends_and_the_port_are_those_of_the_evidence(corpus: Path) -> None:
    case = next(one for one in cases(corpus) if one.name == "seed-cluster")
    run = run_on([(str(build), build.read_bytes()) for build in case.builds], Options())
    plan, policies = run.made.plan, run.made.policies.policies
    snapshot = with_generated(plan.cluster, policies, enforced=True)
    rules = {
        str(policy): [rule for spec in policy.specs for rule in (*(spec.ingress or ()), *(spec.egress or ()))]
        for policy in policies
    }
    asked, wrong, denied = 0, [], []
    for source, target, port in flows([row for row in case.rows if row.expect == "allow"], 1):
        try:
            answers = explain(snapshot, snapshot, source, target, port, needs=plan.edges)
            pair = (ends(snapshot, source, "")[0], ends(snapshot, target, "")[0])
        except RefusedError:
            continue  # an end that only the pods of run time show
        # Of a named port of pods that no manifest shows nobody knows the number here: that is "not known".
        denied += [
            (source, target, port) for one in answers if len(answers) == 1 and one.enforced == "denied"
        ]
        known = len(answers) == 1 and answers[0].enforced == "allowed"
        for side in answers[0].sides if known else ():
            for policy, why in zip(side.policies, side.whys, strict=True):
                kept = [edge for rule in rules.get(policy.split(" ")[0], ()) for edge in rule.edges]
                if not kept:
                    continue  # the cluster's own policy, or one of the whole namespace
                asked += 1
                number = int(answers[0].port.split("/")[0])
                own = {told(edge) for edge in kept if not foreign(edge, pair, number)}
                others = {told(edge) for edge in kept if foreign(edge, pair, number)} - own
                if not any(one in why for one in own) or any(f"({one}" in why for one in others):
                    wrong.append((source, target, port, side.direction, policy, why))
    assert wrong == []
    assert denied == []
    assert asked > 200


@pytest.mark.parametrize("silenced", [False, True])
def test_a_port_s_name_leaves_open_what_no_deny_rule_forbids(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, *, silenced: bool
) -> None:
    """Whatever the words are in which the reasons are told."""
    if silenced:
        monkeypatch.setattr(question, "_REASONS", dict.fromkeys(question._REASONS, "words"))
    case = next(one for one in cases(corpus) if one.name == "seed-cluster")
    builds = [(str(build), build.read_bytes()) for build in case.builds]
    ports = "toPorts: [{ports: [{port: odd, protocol: TCP}]}]"
    by_name = [
        small.policy(
            f"{{endpointSelector: {{}}, egress: [{{toEntities: [cluster], {ports}}}]}}",
            namespace="monitoring",
        ),
        small.policy(
            f"{{endpointSelector: {{}}, ingress: [{{fromEntities: [cluster], {ports}}}]}}",
            namespace="network",
        ),
    ]
    builds += [(f"{number}.yaml", one.encode()) for number, one in enumerate(by_name)]
    deny = small.policy("{endpointSelector: {}, ingressDeny: [{fromEntities: [cluster]}]}", "deny", "network")
    for named, word in ((builds, "not known"), ([*builds, ("deny.yaml", deny.encode())], "denied")):
        made = run_on(named, Options()).made
        plan, policies = made.plan, made.policies.policies
        snapshot = with_generated(plan.cluster, policies, enforced=True)
        (answer,) = explain(snapshot, snapshot, "monitoring/vmagent-vm", "network/envoy-internal", "19999")
        assert (answer.now, answer.enforced) == (word, word)
        assert "rules allow the port named odd" in answer.note
