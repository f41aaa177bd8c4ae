"""Flows that a policy of the user's keeps closed today, and that a rule of a generated one opens.

Allow rules add up, whoever wrote them. So a soft rule beside a policy that already denies by default opens something,
in audit too, although audit cuts nothing.
"""

from __future__ import annotations

from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.evidence.edge import written_out
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.policies import Policies
from cilium_policies.kube.inventory import policy_objects
from cilium_policies.lean import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cilium_policies.checks.snapshot import Known
    from cilium_policies.checks.violation import Flow
    from cilium_policies.evaluate.endpoint import Endpoint
    from cilium_policies.evaluate.repository import PolicyRepository

_SHOWN = 4  # further flows that a line names


class Opened(NamedTuple):
    """An end of a flow that a policy of the user's, `known`, closes now and that will be open."""

    flow: Flow
    known: Known


def opened(plan: Plan, policies: Policies) -> list[Opened]:
    """The ends of flows that are closed now and will not be. Nothing is imported where the input has no policy."""
    if not policy_objects(plan.cluster.inventory):
        return []
    from cilium_policies.checks.needs import cuts
    from cilium_policies.checks.snapshot import as_written
    from cilium_policies.evaluate.repository import PolicyRepository
    from cilium_policies.evaluate.verdict import DEFAULT_DENY

    today = as_written(plan.cluster)
    needed = written_out(plan.edges)  # a policy closes single pairs
    closed = [one for one in cuts(today, needed, plan.dns.workloads) if one.decision.reason == DEFAULT_DENY]
    spaces = {_subject(one).namespace for one in closed}
    made = [one for one in policies.policies if one.namespace in spaces]
    soon = PolicyRepository(made, today.repository.services, today.repository.groups, today.options)
    return [Opened(one, today.known_of(one.decision.rules[0].policy)) for one in closed if _opens(soon, one)]


def by_policy(found: Iterable[Opened]) -> list[Finding]:
    """One finding for all that one policy closes for the pods of a namespace: a policy over a whole cluster may close
    hundreds of flows."""
    groups: dict[tuple[int, str, str], list[Opened]] = {}
    for one in found:
        key = (id(one.known), one.flow.direction, _subject(one.flow).namespace)
        groups.setdefault(key, []).append(one)
    return list(map(_finding, groups.values()))


def _subject(one: Flow) -> Endpoint:
    return one.source if one.direction == "egress" else one.target


def _opens(soon: PolicyRepository, one: Flow) -> bool:
    """Whether a generated rule lets it pass, and not only that no generated policy closes it."""
    from cilium_policies.evaluate.verdict import ALLOW_RULE

    ingress = one.direction == "ingress"
    subject, peer = (one.target, one.source) if ingress else (one.source, one.target)
    number, protocol = one.port.split("/")
    return soon.decide(subject, peer, int(number), protocol, ingress=ingress).reason == ALLOW_RULE


def _finding(group: list[Opened]) -> Finding:
    (one, known), policy = group[0], group[0].known.policy
    first, *more = dict.fromkeys(str(flow) for flow, _ in group)
    message = (
        f"{first}: {policy} denies this {one.direction} today, and the rule that is written for it allows it, even in "
        f"audit; it {one.why}"
    )
    if more:
        rest = f" and {len(more) - _SHOWN} more" if len(more) > _SHOWN else ""
        message += f"; and so for {', '.join(more[:_SHOWN])}{rest}"
    off = f"spec.namespaces.overrides.{_subject(one).namespace}.mode.{one.direction}: off"
    cure = f"to keep it denied, add an {one.direction}Deny rule, or leave the direction to your policy with {off}"
    finding = Finding(WARNING, message, cure, *known.where)
    return finding._replace(kind=policy.kind, namespace=policy.namespace, name=policy.name)
