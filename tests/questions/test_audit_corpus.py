"""`audit` on the flows of real clusters, in the form in which Hubble records them: it reports exactly the attacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cilium_policies.checks.snapshot import with_generated
from cilium_policies.cli.options import run_on
from cilium_policies.function import Options
from cilium_policies.generate.reconcile import documents
from cilium_policies.questions.audit import CUT, DROPPED, Audit

from tests.engine.corpus import Row, cases, cluster_text
from tests.engine.judge import Judge, Side, Verdict
from tests.questions import hubble

pytestmark = pytest.mark.judge

CLUSTERS = ("seed-cluster", "argo-cd", "kube-prometheus-stack", "online-boutique")
POD = re.compile(r"(?P<kind>\w+) (?P<namespace>[^/ ]+)/(?P<name>[^: ]+): \[(?P<labels>.*)\]")
Ends = dict[str, dict[str, Any]]
Told = tuple[str, str, str]  # source and target in the audit's words, port


def pods(lines: list[str]) -> Ends:
    """Namespace/workload to Hubble's end, with the identity labels that Cilium gives its pods."""
    found = {}
    for match in filter(None, map(POD.match, lines)):
        labels = match["labels"].split()
        name = f"{match['namespace']}/{match['name']}"
        found[name] = hubble.pod(match["namespace"], match["name"], labels, match["kind"])
    return found


def end(query: dict[str, str], known: Ends) -> tuple[dict[str, Any], str, list[str]]:
    """Hubble's end, its address and the names that the agent has seen for it."""
    ((kind, name),) = query.items()
    if kind == "pod":
        return (
            known.get(name, hubble.reserved("remote-node")),
            "10.0.0.7",
            [],
        )  # no pod of its own: the node's network
    if kind == "entity" and name != "world":
        return hubble.reserved(name), "10.0.0.8", []
    if kind == "cidr":
        return hubble.address(), name.partition("/")[0], []
    return hubble.address(), "9.9.9.9", [name] if kind == "fqdn" else []


def recorded(row: Row, known: Ends, verdict: Verdict | None) -> Iterator[bytes]:
    """What Hubble writes for one flow: a line for each end that is a pod. `verdict`: in audit, by the engine."""
    (source, source_ip, _), (target, target_ip, names) = (
        end(row.query[side], known) for side in ("from", "to")
    )
    for direction, own in (("EGRESS", source), ("INGRESS", target)):
        if "pod_name" not in own:
            continue
        side = None if verdict is None else verdict.egress if direction == "EGRESS" else verdict.ingress
        yield hubble.line(
            source,
            target,
            row.query["port"],
            direction=direction,
            protocol=row.query.get("protocol", "TCP"),
            ips=(source_ip, target_ip),
            names=names,
            **_verdict(side),
        )
        if side is not None and side.verdict == "deny":
            return  # what does not leave does not arrive


def _verdict(side: Side | None) -> dict[str, Any]:
    """The fields that say what an agent decided: nothing of policies, a drop, or the policy objects that allow it."""
    if side is None:
        return {}  # where Hubble's correlation is off
    if side.verdict == "deny":
        return {"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENIED"}
    return {
        "by": [name for name in side.by if not name.startswith("(")]
    }  # Cilium's own rules stand in brackets


def told(audit: Audit) -> dict[Told, set[str]]:
    """What becomes of each connection, over both of its directions."""
    found: dict[Told, set[str]] = {}
    for (_, source, target, port, protocol), answer in audit.answers().items():
        found.setdefault((source.words, target.words, f"{port}/{protocol}"), set()).add(answer.result)
    return found


@pytest.mark.parametrize("attributed", [False, True], ids=["by the plan", "by attribution"])
@pytest.mark.parametrize("name", CLUSTERS)
def test_exactly_the_attacks_are_reported(judge: Judge, corpus: Path, name: str, attributed: bool) -> None:
    case = next(one for one in cases(corpus) if one.name == name)
    made = run_on([(str(build), build.read_bytes()) for build in case.builds], Options()).made
    plan, policies = made.plan, made.policies.policies
    world = judge.world(text=cluster_text(case))
    known = pods(world.identities())
    world.set_policies(documents(policies).decode())
    verdicts = world.ask([row.query for row in case.rows])
    world.unload()

    snapshot = with_generated(plan.cluster, policies, enforced=True)
    names = {one.name: one.named_ports for one, pod in snapshot.workloads.items() if pod.rendered}
    whole = Audit(snapshot.repository, port_names=names)
    expected: dict[str, set[Told]] = {"allow": set(), "deny": set()}
    for row, verdict in zip(case.rows, verdicts, strict=True):
        lines = list(recorded(row, known, verdict if attributed else None))
        whole.read(lines)
        single = Audit(snapshot.repository, port_names=names)
        single.read(lines)
        expected[row.expect] |= set(told(single))

    found = told(whole)
    assert whole.odd == 0
    assert {one for one, results in found.items() if results & {CUT, DROPPED}} == expected["deny"]
    assert {one for one, results in found.items() if results == {""}} >= expected["allow"] - expected["deny"]
    assert len(expected["deny"]) > 15
