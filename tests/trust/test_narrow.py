"""Openings that rested on no evidence, and the flows beside them that do: `narrow*.yaml`, by Cilium's engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from cilium_policies.config.model import Config
from cilium_policies.document.split import split
from cilium_policies.function import Options, make, run

from tests.engine.judge import Judge
from tests.short import manifests
from tests.trust.flows import query

pytestmark = pytest.mark.judge

CASES = [
    case
    for file in sorted(Path(__file__).parent.glob("narrow*.yaml"))
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", [pytest.param(one, id=one["name"]) for one in CASES])
def test_only_what_evidence_says(judge: Judge, case: dict[str, Any]) -> None:
    cluster = manifests(yaml.safe_dump(case["cluster"], sort_keys=False))
    config = yaml.safe_dump(
        {"apiVersion": "cilium-policies.fn/v1alpha1", "kind": "CiliumPolicies", "spec": case.get("spec", {})}
    )
    options = Options(
        ("config.yaml", config.encode()), (("mode", "enforce"),), only_policies=True, verbose=True
    )
    outcome = run([("stdin", cluster)], options)
    assert outcome.code == 0, outcome.stderr
    policies = outcome.stdout.decode()
    assert case.get("says", "") in "\n".join(outcome.stderr)
    if "guesses" in case:
        guessed = make([split(cluster)], Config(mode="enforce"), Options()).plan.guessed
        assert case["guesses"] in [one.sentence for one in guessed]
    assert judge.check(policies) == []
    wanted = {flow: word for word in ("passes", "denied") for flow in case.get(word, ())}
    verdicts = judge.once(cluster.decode(), policies, [query(flow, case.get("ends", {})) for flow in wanted])
    said = {"allow": "passes", "deny": "denied"}
    assert {flow: said.get(one, one) for flow, one in zip(wanted, verdicts, strict=True)} == wanted
