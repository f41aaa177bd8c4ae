"""No question reads what is written for people: with one constant word for every end, port and need, connections,
what decides them, the places of a picture and a comparison are the same values."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.cli.options import run_on
from cilium_policies.cli.snapshots import snapshot
from cilium_policies.evaluate import portset
from cilium_policies.evidence import words as evidence
from cilium_policies.function import Options
from cilium_policies.generate.plan import Plan
from cilium_policies.questions import because, foreign, recorded
from cilium_policies.questions import list as listing
from cilium_policies.questions import words as questions
from cilium_policies.questions.connections import Connections
from cilium_policies.questions.decided import decided
from cilium_policies.questions.diff import FAIL_ON, diff, fails
from cilium_policies.questions.drawn import graph
from cilium_policies.questions.party import Party
from cilium_policies.questions.report import outside
from cilium_policies.questions.values import connections

from tests.engine.corpus import cases

RENDERING = (
    portset.words,
    evidence.reason_words,
    evidence.evidence_words,
    questions.peer_words,
    questions.ports_words,
    because.told,
    because.where_words,
)


def silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Party, "__str__", lambda self: "an end")
    for name, module in list(sys.modules.items()):
        for function in RENDERING if name.startswith("cilium_policies.") else ():
            if getattr(module, function.__name__, None) is function:
                monkeypatch.setattr(module, function.__name__, lambda *_, **__: "words")


def answers(plan: Plan, now: Snapshot, enforced: Snapshot) -> dict[str, Any]:
    """What the questions answer, less everything that is words."""
    rows = decided(plan, enforced)
    focus = plan.namespaces[0] if isinstance(plan.namespaces, list) else sorted(plan.namespaces)[0]
    drawn = graph(plan, rows, "")
    group = {node.key: node.group for node in drawn.nodes}
    found = Connections(enforced)
    compared = diff(now, enforced, foreign.pairs(plan))
    return {
        "list": Counter(map(_ends, listing.connections(enforced))),
        "apart": Counter(map(_ends, listing.connections(enforced, apart=True))),
        "focus": Counter(map(_ends, listing.connections(enforced, focus))),
        "by namespace": Counter(map(_ends, listing.by_namespace(enforced))),
        "decided": Counter((_ends(one.connection), one.kind, one.yours, one.marks) for one in rows),
        "outside": len(outside(rows).rows),
        "drawn": {(group[link.source], group[link.target], link.tone, link.kind) for link in drawn.links},
        "values": Counter(_fields(one) for one in connections(one.connection for one in rows)),
        "diff": Counter((one.change, *_ends(one), one.outside, one.foreign) for one in compared.changes),
        "recorded": Counter(recorded.allowed(found)),
        "recorded callers": Counter(recorded.only(found)),
        "fails": {condition: len(fails(compared, [condition])) for condition in FAIL_ON},
    }


def _ends(one: Any) -> tuple[Any, ...]:
    return one.source, one.target, one.open


def _fields(one: dict[str, Any]) -> str:
    return repr([{key: one[end][key] for key in one[end] if key != "text"} for end in ("from", "to")])


def test_without_words_every_question_answers_the_same(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [case for case in cases(corpus) if case.name in ("seed-cluster", "online-boutique", "argo-cd")]
    runs = [run_on([(str(build), build.read_bytes()) for build in case.builds], Options()) for case in asked]
    given = [
        (run.made.plan, snapshot(run, "written", enforced=False), snapshot(run, "planned", enforced=True))
        for run in runs
    ]
    before = [answers(*one) for one in given]
    crowds = {end.kind for answer in before for row in answer["list"] for end in row[:2]}
    assert {"workload", "pods", "entity", "cidr"} <= crowds  # ends of which the words were read back once
    silenced(monkeypatch)
    for one, known in zip(given, before, strict=True):
        again = answers(*one)
        for question, answer in known.items():
            assert again[question] == answer, question
