"""The policies of a large plan, made by two processes: the same ones, of the same edges, with the same to be said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cilium_policies.cilium.model import Policy
from cilium_policies.cli.aside import aside
from cilium_policies.config.model import Config
from cilium_policies.generate import shared_policies
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.policies import Policies

from tests.support import deployment, made, namespace, service

pytestmark = pytest.mark.usefixtures("two_cores")

_SPACES = ("a", "b", "c", "d")
_OWN = """apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: web, namespace: {0}}}
spec: {{endpointSelector: {{}}, ingress: [{{}}]}}
"""


def _plan() -> Plan:
    spaces = [
        part for one in _SPACES for part in (namespace(one), deployment(f"{one}/web"), _OWN.format(one))
    ]
    services = [service(f"{one}/web") for one in _SPACES]
    caller = deployment("d/caller", extra="""
        env:
        - {name: U, value: 'http://web.a'}
        - {name: V, value: 'https://e.com'}
    """)  # fmt: skip
    return made(*spaces, *services, caller, config=Config(mode="enforce")).plan


def _shared(plan: Plan, begin: Callable[[Callable[[], bytes]], Callable[[], bytes]]) -> Policies:
    def share(policies: Policies) -> list[Policy]:
        here, there = shared_policies.halves(plan)
        assert here
        assert there
        answer = begin(lambda: shared_policies.carried(shared_policies.made(policies, there), plan))
        return [*policies.of(here), *shared_policies.taken(answer(), policies, plan, there)]

    return Policies(plan, share)


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_policies, "MANY", 2)


def test_two_processes_make_what_one_makes() -> None:
    plan = _plan()
    alone, together = Policies(plan), _shared(plan, aside)

    assert len(alone.policies) > 2 * len(_SPACES)
    assert len(alone.findings) == len(_SPACES)  # the user's name, in each half
    assert together.policies == alone.policies
    assert together.findings == alone.findings
    ours = set(map(id, plan.edges))
    edges = [
        edge
        for policy in together.policies
        for spec in policy.specs
        for rules in spec.lists.values()
        for rule in rules or ()
        for edge in rule.edges
    ]
    assert edges
    assert all(id(edge) in ours for edge in edges)


def test_what_cannot_be_handed_over_is_made_here() -> None:
    plan = _plan()
    assert _shared(plan, lambda _: lambda: b"").policies == Policies(plan).policies


def test_a_small_plan_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_policies, "MANY", 300)
    assert shared_policies.halves(_plan()) == (sorted(_SPACES), [])
