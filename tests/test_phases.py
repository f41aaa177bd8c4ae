"""A rollout by phases on a real cluster, judged by Cilium's own engine."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest
from cilium_policies import function

from tests.engine.corpus import Case, cases, cluster_text
from tests.engine.judge import Judge, Verdict

# The seed's own order of its namespaces.
PHASES = (
    ("kube-system", "flux-system"),
    ("cert-manager", "external-secrets"),
    ("monitoring",),
    ("network",),
    ("csi-proxmox", "system-upgrade", "default"),
)
LAST = len(PHASES) + 1


def phase_of(namespace: str) -> int:
    return next((number for number, names in enumerate(PHASES, 1) if namespace in names), LAST)


@pytest.fixture(scope="module")
def case(corpus: Path) -> Case:
    return next(one for one in cases(corpus) if one.name == "seed-cluster")


def policies(case: Case, phase: int | None, *overrides: tuple[str, str]) -> str:
    """The policies in a phase; None: no rollout at all."""
    names = "".join(f"    - [{', '.join(one)}]\n" for one in PHASES)
    rollout = (
        f"  rollout:\n    phase: {phase}\n    phases:\n{names}" if phase is not None else "  mode: audit\n"
    )
    config = f"apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec:\n{rollout}"
    options = function.Options(("c.yaml", config.encode()), overrides, only_policies=True)
    outcome = function.run([(path.name, path.read_bytes()) for path in case.builds], options)
    assert outcome.code == 0, outcome.stderr
    return outcome.stdout.decode()


def test_phase_0_is_audit_and_the_last_phase_is_enforce(case: Case) -> None:
    assert policies(case, 0) == policies(case, None)
    assert policies(case, LAST) == policies(case, None, ("mode", "enforce"))
    assert policies(case, 2, ("mode", "enforce")) == policies(case, 2)


@pytest.mark.parametrize("phase", range(LAST))
def test_a_phase_change_is_the_smallest_possible_diff(case: Case, phase: int) -> None:
    before, after = policies(case, phase).splitlines(), policies(case, phase + 1).splitlines()
    changed = [line[2:].strip() for line in difflib.ndiff(before, after) if line[:2] in ("+ ", "- ")]
    assert set(changed) <= {"enableDefaultDeny:", "ingress: false", "egress: false", "- enableDefaultDeny:"}
    documents = zip("\n".join(before).split("\n---\n"), "\n".join(after).split("\n---\n"), strict=True)
    touched = {_namespace(old) for old, new in documents if old != new}
    assert touched == {name for name in _namespaces(before) if phase_of(name) == phase + 1}


def _namespace(document: str) -> str:
    return next(line.split()[1] for line in document.splitlines() if line.startswith("  namespace: "))


def _namespaces(lines: list[str]) -> set[str]:
    return {line.split()[1] for line in lines if line.startswith("  namespace: ")}


def _ends(query: dict[str, Any]) -> tuple[str, str]:
    """The namespaces of both ends; "" for an end that is no pod."""
    return tuple(str(query[side].get("pod", "")).partition("/")[0] for side in ("from", "to"))  # type: ignore[return-value]


def _sides(verdict: Verdict) -> tuple[str, str]:
    return (verdict.egress.verdict, verdict.ingress.verdict)


@pytest.mark.judge
def test_later_phases_cut_nothing_and_earlier_ones_decide_as_enforce_does(case: Case, judge: Judge) -> None:
    world = judge.world(text=cluster_text(case))
    queries = [row.query for row in case.rows]
    untouched = world.ask(queries)
    world.set_policies(policies(case, LAST))
    enforced = world.ask(queries)
    world.set_policies(policies(case, 0))
    audited = world.ask(queries)
    # what audit cuts, the manifests' own NetworkPolicies had cut before
    assert all(
        one.error or one.allowed or not was.allowed for one, was in zip(audited, untouched, strict=True)
    )
    for phase in range(1, LAST):
        world.set_policies(policies(case, phase))
        for query, soft, hard, now in zip(queries, audited, enforced, world.ask(queries), strict=True):
            for number, namespace in enumerate(_ends(query)):
                final = hard if namespace and phase_of(namespace) <= phase else soft
                assert _sides(now)[number] == _sides(final)[number], f"phase {phase}: {query}"
    world.unload()


@pytest.mark.judge
def test_the_emergency_switch_opens_one_namespace_and_no_other(case: Case, judge: Judge) -> None:
    world = judge.world(text=cluster_text(case))
    queries = [row.query for row in case.rows]
    world.set_policies(policies(case, LAST))
    enforced = world.ask(queries)
    switched = policies(case, LAST, ("namespaces.overrides.monitoring.mode", "off"))
    assert "monitoring" not in _namespaces(switched.splitlines())
    world.set_policies(switched)
    opened = 0
    for query, then, now in zip(queries, enforced, world.ask(queries), strict=True):
        for namespace, side, before in zip(
            _ends(query), (now.egress, now.ingress), (then.egress, then.ingress), strict=True
        ):
            if namespace == "monitoring":
                opened += side.verdict != before.verdict
                assert side.verdict in ("allow", "")
            else:
                assert side.verdict == before.verdict
    assert opened
    world.unload()
