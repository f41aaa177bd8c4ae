"""Names instead of the internet, on the corpus: what is named passes, and nothing else does."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from cilium_policies.cilium.write import policy_text

from tests.engine.corpus import Case, cases, cluster_text
from tests.engine.fixtures import corpus_directory
from tests.engine.internet import UNSAID, is_everybody, is_wide, measured, planned, triples, why
from tests.engine.judge import Judge
from tests.engine.measure import measure
from tests.engine.product import Product, Variant

pytestmark = pytest.mark.judge

FOLDER = corpus_directory()
CASES = pytest.mark.parametrize("case", measured(FOLDER) if FOLDER else (), ids=lambda case: case.name)
TABLES = pytest.mark.parametrize(
    "case",
    [*measured(FOLDER), *(one for one in cases(FOLDER) if one.name in ("argo-cd", "kube-prometheus-stack"))]
    if FOLDER
    else (),
    ids=lambda case: case.name,
)
# What keeps addresses under `known`: databases of programs, peers, the node's resolvers … (docs/outside.md).
KEPT = {
    "seed-cluster": 2,
    "apps-root-bjws": 29,
    "apps-root-buroa": 19,  # among them the job pods of two runner sets, which run whatever a workflow says
    "apps-root-onedr0p": 21,
    "apps-root-template": 2,
}
BEFORE = 263  # triples of these cases before any name was derived
# Of pods that nothing let out then: Shelfmark, Renovate's jobs, Agregarr, Dispatcharr, LLMKube's servers, and what
# runners make for the steps of a workflow (three).
SINCE = 10
COMMAND = str(Path(sys.executable).with_name("cilium-policies"))
NAMES = 100  # drawn for each workload


@pytest.mark.parametrize("fqdn", ["known", "all"])
@TABLES
def test_every_flow_passes_by_name(judge: Judge, case: Case, fqdn: str) -> None:
    """Neither cuts a flow of the table: names that are written are the names that are called, and of those that no
    input names what is usual is enough."""
    world = judge.world(text=cluster_text(case))
    world.set_policies(
        Product([COMMAND, "--set", f"cluster.fqdn={fqdn}"]).policies(case, "enforce", Variant(""))
    )
    found = measure(case, world)
    world.unload()
    assert [str(miss) for miss in found.misses] == []


@CASES
def test_what_keeps_addresses_has_a_reason(case: Case) -> None:
    made = planned(case, "known")
    left = triples(made, is_wide)
    kept = triples(planned(case, "false"), is_everybody).keys() & left.keys()
    assert len(kept) <= KEPT[case.name]
    assert [str(one) for one in kept if why(made, left[one], one) == UNSAID] == []


def test_three_in_four_of_what_was_counted_before_are_replaced() -> None:
    """With the test above; docs/outside.md has the reasons of the others."""
    assert sum(KEPT.values()) - SINCE <= BEFORE / 4


@CASES
def test_no_other_name_passes(judge: Judge, case: Case) -> None:
    """A hundred drawn names are denied to each workload whose internet rule became names."""
    known = planned(case, "known")
    replaced = triples(planned(case, "false"), is_everybody)
    for one in triples(known, is_wide):
        replaced.pop(one, None)
    assert replaced
    draw = random.Random(case.name)
    letters = "abcdefghijklmnopqrstuvwxyz"
    queries = []
    for one, workload in replaced.items():
        source = {"labels": {**workload.labels, **workload.selector}, "namespace": workload.namespace}
        for _ in range(NAMES):
            name = f"{''.join(draw.choices(letters, k=9))}.{draw.choice(('com', 'net', 'org', 'io'))}"
            address = f"203.0.113.{draw.randrange(1, 255)}/32"
            port = 443 if one.ports[0] <= 443 <= one.ports[1] else one.ports[0]
            asked = {"from": source, "to": {"fqdn": name, "cidr": address}, "port": port}
            queries.append({**asked, "protocol": one.protocol})
    world = judge.world(text=cluster_text(case))
    world.set_policies(
        "---\n".join(policy_text(one, comments=False).decode() for one in known.policies.policies)
    )
    answers = world.ask(queries)
    world.unload()
    written = {str(one) for one in known.policies.policies}
    # What the tree's own policies open is theirs (one of them opens all egress).
    passed = [
        (query["from"], query["port"])
        for query, answer in zip(queries, answers, strict=True)
        if answer.allowed and written & set(answer.egress.by)
    ]
    assert passed == []
