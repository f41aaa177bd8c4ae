"""What the program knows of an edge are values: with one constant text for all sentences, it decides the same. No two
rules are joined, kept apart or ordered by words: neither by those made here nor by a file's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from cilium_policies.checks.snapshot import Known, Snapshot
from cilium_policies.cilium.model import Rule
from cilium_policies.cli.options import Run, run_on
from cilium_policies.evidence.edge import Edge, Peer
from cilium_policies.evidence.reasons import stated
from cilium_policies.function import Options
from cilium_policies.questions import because, explain

from tests.engine.corpus import Case, cases

RENDERING = ("reason_words", "evidence_words")
ASKED = ("seed-cluster", "online-boutique", "sock-shop", "argo-cd", "app-buroa-qbittorrent")


def silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every module that has one of the rendering functions gets one that always says the same; and whatever an entry of
    the catalogue or the config says an edge is for, it says the same of every edge."""
    found = set()
    for name, module in list(sys.modules.items()):
        if not name.startswith("cilium_policies."):
            continue
        for function in RENDERING:
            if hasattr(module, function):
                monkeypatch.setattr(module, function, lambda *_: "because")
                found.add(function)
        if hasattr(module, "stated"):
            monkeypatch.setattr(module, "stated", lambda _, by, number=0: stated("because", by, number))
            found.add("stated")
    assert found == {*RENDERING, "stated"}


def run_of(case: Case) -> Run:
    return run_on([(str(build), build.read_bytes()) for build in case.builds], Options())


def decided(run: Run) -> list[Any]:
    """Policies without their words; each rule with the edges that it was made of."""
    return [
        (policy._replace(specs=()), [_spec(spec) for spec in policy.specs])
        for policy in run.made.policies.policies
    ]


def _spec(spec: Any) -> Any:
    rules = {
        name: [_rule(one) for one in given] if given is not None else None
        for name, given in spec.lists.items()
    }
    return spec.subject, spec.deny_ingress_default, spec.deny_egress_default, rules


def _rule(rule: Rule) -> Any:
    return rule._replace(why="", edges=()), [_edge(edge) for edge in rule.edges]


def _edge(edge: Edge) -> Any:
    """An edge as something that two runs can compare: workloads by their key."""
    evidence = edge.evidence
    text = (evidence.text.kind, evidence.text.field) if evidence.text else None
    pointer = (
        evidence.origin,
        str(evidence.subject),
        evidence.field,
        text,
        evidence.component,
        evidence.where,
    )
    reason = edge.reason._replace(words="")
    return _peer(edge.source), _peer(edge.target), edge.ports, reason, pointer, edge.explains


def _peer(peer: Peer) -> Any:
    return peer.workload.key if peer.kind == "workload" else peer


def pointers(run: Run, case: Case) -> list[Any]:
    """For each row of the case: the verdict of both sides, the rules that decide, the edges behind them."""
    alone = [Known(one) for one in run.made.policies.policies]
    snapshot = Snapshot(run.made.plan.cluster, alone, enforced=True)
    found = []
    for row in case.rows:
        names = [next(iter(row.query[end].values())) for end in ("from", "to")]
        try:
            pairs = [
                (a, b) for a in explain.ends(snapshot, names[0]) for b in explain.ends(snapshot, names[1])
            ]
        except Exception:
            continue  # an end that only the pods of run time show
        port = explain.port(f"{row.query['port']}/{row.query.get('protocol', 'TCP')}")
        for source, target in pairs:
            verdict = snapshot.repository.verdict(
                source.endpoint, target.endpoint, port.number, port.protocol
            )
            for side in (verdict.egress, verdict.ingress):
                edges = because.edges(source, target, port, side.rules)
                found.append(
                    (row.number, side.allowed, [str(ref) for ref in side.rules], list(map(_edge, edges)))
                )
    return found


def test_without_words_everything_is_decided_as_before(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = cases(corpus)
    before = {case.name: run_of(case) for case in known}
    silenced(monkeypatch)
    pointed = 0
    for case in known:
        again = run_of(case)
        assert decided(again) == decided(before[case.name]), case.name
        if case.name in ASKED:
            found = pointers(again, case)
            assert found == pointers(before[case.name], case), case.name
            pointed += sum(bool(edges) for *_, edges in found)
    assert pointed > 100
