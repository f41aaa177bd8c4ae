"""Which of the user's own policies are in force where this program only audits. What is wrong with them the checks
say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cilium_policies.config.model import AUDIT, EGRESS, INGRESS, Mode
from cilium_policies.document.finding import INFO, Finding
from cilium_policies.kube.inventory import rule_sets
from cilium_policies.kube.objects import Object, at, flag
from cilium_policies.lean import Any
from cilium_policies.workloads.cluster import Cluster

_KUBERNETES = "NetworkPolicy"
_CILIUM = "CiliumNetworkPolicy"


def user_policies(cluster: Cluster, modes: Mapping[str, Mode]) -> Iterator[Finding]:
    """Findings about the user's namespaced policies in the namespaces of `modes`."""
    theirs: dict[str, list[Object]] = {}
    for one in (
        *cluster.inventory.of(_KUBERNETES, group="networking.k8s.io"),
        *cluster.inventory.of(_CILIUM),
    ):
        if one.namespace in modes and not one.where.elsewhere:
            theirs.setdefault(one.namespace, []).append(one)
    for name, policies in sorted(theirs.items()):
        yield from _in_force(policies, modes[name])


def _in_force(policies: list[Object], mode: Mode) -> Iterator[Finding]:
    """Audit shows nothing of a direction that a policy of somebody else closes already."""
    audited = [direction for direction in (INGRESS, EGRESS) if getattr(mode, direction) == AUDIT]
    closing = [
        one
        for one in policies
        if any(_closes(one, spec, direction) for spec in rule_sets(one) for direction in audited)
    ]
    if closing:
        names = ", ".join(one.name for one in closing[:3])
        more = f" and {len(closing) - 3} more" if len(closing) > 3 else ""
        message = (
            f"namespace {closing[0].namespace} is in audit, but its own policies are in force: {names}{more}; what they"
            " cut of their pods is cut now and not shown as such"
        )
        yield closing[0].finding(INFO, message, "read their drops: hubble observe --verdict DROPPED")


def _closes(one: Object, spec: dict[str, Any], direction: str) -> bool:
    if one.kind == _KUBERNETES:
        types = spec.get("policyTypes")
        named = isinstance(types, list) and direction.capitalize() in types
        return named or (not types and (direction == INGRESS or direction in spec))
    if not (spec.get(direction) or spec.get(f"{direction}Deny")):
        return False
    return flag(at(spec, "enableDefaultDeny", direction), True)
