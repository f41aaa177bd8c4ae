"""Faults in the form of a policy: what is refused, and what is taken and does nothing of what it seems to do."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.checks.violation import Linted, Part, Violation
from cilium_policies.cilium.model import Rule, ToPorts
from cilium_policies.cilium.read import NETWORK_POLICY
from cilium_policies.cilium.size import too_large as too_large_policy
from cilium_policies.document.finding import ERROR
from cilium_policies.kube.reading import BREAK_GLASS

_WHO = {
    "schema": "the API server refuses it",
    "agent": "the agent refuses it and enforces nothing of the whole policy",
}


def refused(one: Linted) -> Iterator[Violation]:
    """The API server or the agent refuses the policy."""
    for refusal in one.known.refusals:
        yield Violation(refusal.path, f"{refusal.message}: {_WHO[refusal.by]}", refusal.cure, ERROR)


def break_glass(one: Linted) -> Iterator[Violation]:
    """A policy that opens its namespace in an emergency, and that nothing removes by itself."""
    until = one.policy.annotations.get(BREAK_GLASS)
    if until is not None:
        name, space = one.policy.name, one.policy.namespace
        yield Violation(
            "metadata.annotations",
            f"everything is open in namespace {space} (meant until {until}): nothing removes this policy automatically",
            f"kubectl -n {space} delete {one.policy.kind.lower()} {name}",
        )


def unread(one: Linted) -> Iterator[Violation]:
    """A field has the wrong shape."""
    if not one.known.refusals:
        for problem in one.known.problems:
            yield Violation(problem.path, f"{problem.message}: it has no effect", "correct it", ERROR)


def empty_direction(one: Linted) -> Iterator[Violation]:
    """An empty list of rules, which closes nothing."""
    if one.policy.kind == NETWORK_POLICY or one.known.refusals:
        return
    for path, spec in one.specs():
        for name, rules in spec.lists.items():
            if rules == ():
                cure = f"`{name}: [{{}}]` closes the direction" if not name.endswith("Deny") else "remove it"
                yield Violation(f"{path}.{name}", "an empty list neither denies nor allows anything", cure)


def empty_list(one: Linted) -> Iterator[Violation]:
    """An empty list of peers or ports in a rule."""
    if one.policy.kind == NETWORK_POLICY:
        return
    for part in one.parts():
        for field, message in _empty(part.rule, part):
            yield Violation(f"{part.path}.{field}", message, "give it members, or remove the field")


def _empty(rule: Rule, part: Part) -> Iterator[tuple[str, str]]:
    nobody = "an empty list of peers: the rule matches nothing"
    peers = (
        (rule.endpoints, "Endpoints"),
        (rule.entities, "Entities"),
        (rule.cidrs, "CIDR"),
        (rule.nodes, "Nodes"),
    )
    for value, kind in peers:
        if value == ():
            yield f"{part.side}{kind}", nobody
    if rule.fqdns == ():
        yield "toFQDNs", "an empty list of names: the rule matches every peer on its ports"
    if rule.services == ():
        yield "toServices", "an empty list of Services: the rule matches every peer on its ports"
    if rule.ports == ():
        yield "toPorts", "an empty list of ports: the rule applies to every port"
    elif rule.ports and all(entry == ToPorts() for entry in rule.ports):
        yield "toPorts", "an entry without ports: the rule applies to no port at all"
    if rule.icmps is not None and not any(family for family, _ in rule.icmps):
        yield "icmps", "a list without ICMP types: the rule does not do what it seems to"


def idle_flag(one: Linted) -> Iterator[Violation]:
    """enableDefaultDeny asks for a direction that has no rule: it stays open."""
    for path, spec in one.specs():
        for direction, wanted, rules in (
            ("ingress", spec.deny_ingress_default, (spec.ingress, spec.ingress_deny)),
            ("egress", spec.deny_egress_default, (spec.egress, spec.egress_deny)),
        ):
            if wanted and not any(rules) and not one.known.refusals and one.policy.kind != NETWORK_POLICY:
                place = f"{path}.enableDefaultDeny.{direction}"
                yield Violation(
                    place, f"no {direction} rule, so the direction stays open", f"add `{direction}: [{{}}]`"
                )


def too_large(one: Linted) -> Iterator[Violation]:
    """A policy that the API server takes no request for, or whose addresses no policy map has room for."""
    for message, cure in too_large_policy(one.policy):
        yield Violation("spec", message, cure)


def deny_only(one: Linted) -> Iterator[Violation]:
    """A policy of deny rules alone, which closes everything else as well."""
    for path, spec in one.specs():
        for direction, allow, deny, flag in (
            ("ingress", spec.ingress, spec.ingress_deny, spec.deny_ingress_default),
            ("egress", spec.egress, spec.egress_deny, spec.deny_egress_default),
        ):
            if deny and not allow and flag is None and _alone(one, direction):
                message = f"deny rules alone: default deny closes every other {direction} too"
                cure = f"set enableDefaultDeny: {{{direction}: false}}"
                yield Violation(f"{path}.{direction}Deny", message, cure)


def _alone(one: Linted, direction: str) -> bool:
    """Whether some pod's direction is closed by deny rules alone: elsewhere somebody meant to close it."""
    denies = [entry for entry in one.entries if entry.deny and entry.ingress == (direction == "ingress")]
    repository = one.snapshot.repository
    for entry in denies:
        for end in one.selected(entry):
            side = repository.sides(end)[1 if entry.ingress else 0]
            if not side.allow and all(ref.list_name.endswith("Deny") for ref in side.closers):
                return True
    return bool(denies) and not any(one.selected(entry) for entry in denies)


def audit_annotation(one: Linted) -> Iterator[Violation]:
    """An annotation that is said to audit a policy: Cilium knows none."""
    for key in one.policy.annotations:
        if "cilium" in key and "audit" in key and not key.startswith("cilium-policies."):
            message = "Cilium has no such annotation: the policy enforces"
            cure = "audit a policy with enableDefaultDeny: {ingress: false, egress: false}"
            yield Violation(f"metadata.annotations.{key}", message, cure)
