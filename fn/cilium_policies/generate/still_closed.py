"""Directions that `namespaces.uncovered` leaves in audit, and that a policy of the user's or a chart's enforces.

Cilium denies by default as soon as one policy that selects a pod does, and that one is not this program's to soften.
"""

from __future__ import annotations

from cilium_policies.config.model import INGRESS
from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.uncovered import DIRECTIONS
from cilium_policies.kube.inventory import policy_objects
from cilium_policies.lean import TYPE_CHECKING

if TYPE_CHECKING:
    from cilium_policies.checks.snapshot import Known


def still_closed(plan: Plan) -> list[Finding]:
    """One finding for each such policy and direction of a workload. Nothing is imported where there are none."""
    held = [
        (one, direction)
        for one in plan.cluster.workloads
        if one.namespace in plan.modes
        for direction in DIRECTIONS
        if plan.held.keeps(one, direction)
    ]
    if not held or not policy_objects(plan.cluster.inventory):
        return []
    from cilium_policies.checks.snapshot import as_written

    today = as_written(plan.cluster)
    found = []
    for one, direction in held:
        side = today.repository.sides(today.ends[one.key])[1 if direction == INGRESS else 0]
        closing = {id(ref.policy): today.known_of(ref.policy) for ref in side.closers}
        found += [_finding(known, str(one), direction) for known in closing.values() if not known.own]
    return found


def _finding(known: Known, workload: str, direction: str) -> Finding:
    policy = known.policy
    message = f"{direction} of {workload} stays in audit, but {policy} enforces it: what that one does not allow is cut"
    finding = Finding(WARNING, message, "nothing here softens it: add to it what they need", *known.where)
    return finding._replace(kind=policy.kind, namespace=policy.namespace, name=policy.name)
