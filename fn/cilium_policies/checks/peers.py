"""Faults in whom a rule allows or denies."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.checks.subjects import is_told, may_fit, told_by_manifests, weighed, why_nothing
from cilium_policies.checks.violation import Linted, Part, Violation
from cilium_policies.cilium.model import Selector
from cilium_policies.cilium.read import NETWORK_POLICY
from cilium_policies.evaluate.labels import POD_NAMESPACE
from cilium_policies.evaluate.peers import Labelled, refers
from cilium_policies.evaluate.selectors import Needs


def nobody(one: Linted) -> Iterator[Violation]:
    """A peer selector matches no pod that the input shows."""
    for part in one.parts():
        if part.entry is None or not part.rule.endpoints or part.rule.services:
            continue
        matchers = (part.entry.peers or ())[: len(part.rule.endpoints)]
        for number, matcher in enumerate(matchers):
            violation = _nobody(one, part, matcher) if isinstance(matcher, Labelled) else None
            if violation is not None:
                field = part.side if one.policy.kind == NETWORK_POLICY else f"{part.side}Endpoints[{number}]"
                yield violation._replace(path=f"{part.path}.{field}")


def _nobody(one: Linted, part: Part, matcher: Labelled) -> Violation | None:
    """Judged only where the input shows the pods of every namespace that the selector names: what is meant for
    any namespace may stand in another build."""
    needs = matcher.needs
    if any(need.source == "reserved" or "namespace.labels." in need.key for need in needs):
        return None
    if not told_by_manifests(needs):
        return None
    if one.snapshot.matched(matcher):
        return None
    spaces = [
        value
        for need in needs
        if need.key == POD_NAMESPACE and need.operator == "In"
        for value in need.values
    ]
    if not spaces or not all(one.shown(space) for space in spaces):
        return None
    pods = [pod for space in spaces for pod in one.shown(space)]
    unknown = [pod for pod in pods if may_fit(needs, pod)]
    if not is_told(one, needs, unknown):
        return None
    elsewhere = _elsewhere(one, needs)
    if elsewhere and spaces == [one.policy.namespace]:
        message = f"matches nothing in namespace {spaces[0]}, to which it is limited"
        cure = f"add k8s:{POD_NAMESPACE}: {elsewhere} to it"
        return weighed(Violation(part.path, message, cure), unknown)
    message, cure = why_nothing(needs, pods, one.snapshot.options.labels)
    return weighed(Violation(part.path, f"matches no pod that the input shows{message}", cure), unknown)


def _elsewhere(one: Linted, needs: Needs) -> str:
    """A namespace in which pods have the labels."""
    loose = Labelled(tuple(need for need in needs if need.key != POD_NAMESPACE))
    if all(need.key.startswith("io.cilium.k8s.policy.cluster") for need in loose.needs):
        return ""
    groups = one.snapshot.repository.groups
    for end in one.snapshot.workloads:
        if end.managed and loose.matches(end, groups):
            return end.namespace
    return ""


def negative(one: Linted) -> Iterator[Violation]:
    """A peer selector that says who is not meant."""
    for part in one.parts():
        for number, selector in enumerate(part.rule.endpoints or ()):
            if one.policy.kind != NETWORK_POLICY and _is_negative(selector):
                message = (
                    "says only who is excluded: older agents also match the world, nodes and those excluded"
                )
                cure = "say who is allowed, or deny the others with a deny rule"
                yield Violation(f"{part.path}.{part.side}Endpoints[{number}]", message, cure)


def _is_negative(selector: Selector) -> bool:
    return any(need.operator in ("NotIn", "DoesNotExist") for need in selector.requirements)


def service_ports(one: Linted) -> Iterator[Violation]:
    """toServices beside ports: while the Service is unknown everybody is allowed on them."""
    for part in one.parts():
        if part.rule.services and (part.rule.ports or part.rule.icmps):
            message = "toServices with ports opens them to the whole world while the Service does not exist"
            yield Violation(
                f"{part.path}.toServices", message, "name the pods with toEndpoints, and their ports"
            )


def service_deny(one: Linted) -> Iterator[Violation]:
    """toServices in a deny rule: the agent never resolves it."""
    for part in one.parts():
        if part.rule.services and part.deny:
            effect = "denies every peer on its ports" if part.rule.ports else "denies nobody"
            message = f"the agent resolves no Service in a deny rule: it {effect}"
            yield Violation(f"{part.path}.toServices", message, "name the pods with toEndpoints")


def no_service(one: Linted) -> Iterator[Violation]:
    """toServices names a Service that the input does not show, in a namespace that it shows."""
    services = one.snapshot.repository.services
    for part in one.parts():
        for number, wanted in enumerate(part.rule.services or ()):
            space = wanted.namespace or one.policy.namespace
            if (
                wanted.selector is None
                and one.shown(space)
                and not any(refers(wanted, known) for known in services)
            ):
                message = f"no Service {space}/{wanted.name} in the input"
                yield Violation(
                    f"{part.path}.toServices[{number}]", message, "correct the name or the namespace"
                )


def everybody(one: Linted) -> Iterator[Violation]:
    """An ingress rule with ports and no peer, which lets in the whole world."""
    if one.policy.kind == NETWORK_POLICY:
        return
    for part in one.parts():
        if (
            part.list_name == "ingress"
            and part.entry is not None
            and part.entry.peers == ()
            and part.entry.spans
        ):
            message = "names no peer: anything may connect to these ports, including the world"
            yield Violation(
                part.path, message, "name the peers, or write fromEntities: [all] if that is intended"
            )
