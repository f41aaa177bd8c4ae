"""The policies of a large plan, made by two processes: each makes those of some namespaces.

Only commands that a person waits for ask for it: a build pays for CPU, not for time. What is handed over keeps its
edges, which are this process's own again, so the policies are those that one process would make.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from cilium_policies.cilium.model import Policy
from cilium_policies.document.finding import Finding
from cilium_policies.evidence.carried import of_cluster, packed, unpacked
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.policies import Policies

MANY = 300  # subjects: of fewer, to hand policies over costs more than it spares
_THERE = 0.47  # the copy's share: it has to pack them as well


def halves(plan: Plan) -> tuple[list[str], list[str]]:
    """The namespaces, in order, whose policies this process makes, and those that are left to another one."""
    names = sorted(plan.namespaces)
    if len(plan.subjects) < MANY:
        return names, []
    counts = Counter(one.namespace for one in plan.subjects)
    left = len(plan.subjects) * (1 - _THERE)
    for place, name in enumerate(names):
        if left <= 0:
            return names[:place], names[place:]
        left -= counts[name]
    return names, []


def made(policies: Policies, names: Sequence[str]) -> tuple[list[Policy], list[Finding]]:
    """The policies of some namespaces, and what is to be said of them: here alone, not among the findings."""
    before = len(policies.findings)
    found = policies.of(names)
    said = policies.findings[before:]
    del policies.findings[before:]
    return found, said


def carried(found: tuple[list[Policy], list[Finding]], plan: Plan) -> bytes:
    """What was made, for the process that has the same plan; nothing where there is nothing, or it cannot be handed
    over."""
    return packed(found, _both(plan)) if any(found) else b""


def taken(answer: bytes, policies: Policies, plan: Plan, names: Sequence[str]) -> list[Policy]:
    """The policies that another process made of these namespaces."""
    if not answer:
        return policies.of(names)
    found: tuple[list[Policy], list[Finding]] = unpacked(answer, _both(plan))
    policies.findings += found[1]
    return found[0]


def _both(plan: Plan) -> Iterator[object]:
    yield from plan.edges
    yield from of_cluster(plan.cluster)  # of edges that a rule has in another form
