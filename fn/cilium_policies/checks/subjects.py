"""Faults in whom a policy selects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cilium_policies.checks.violation import Linted, Violation
from cilium_policies.cilium.model import Selector
from cilium_policies.cilium.read import CNP, NETWORK_POLICY
from cilium_policies.document.finding import INFO
from cilium_policies.evaluate.endpoint import Endpoint
from cilium_policies.evaluate.entries import subject_of
from cilium_policies.evaluate.labels import POD_NAMESPACE, LabelFilter
from cilium_policies.evaluate.selectors import Need, Needs, holds, needs_of
from cilium_policies.workloads.model import Workload

_OF_CONTROLLERS = ("batch.kubernetes.io/", "job-name")


def no_pod(one: Linted) -> Iterator[Violation]:
    """The policy selects no pod that the input shows."""
    for path, needs, subject in _subjects(one):
        field = f"{path}.{'podSelector' if one.policy.kind == NETWORK_POLICY else 'endpointSelector'}"
        pods = one.shown(one.policy.namespace)
        if not pods or any(holds(needs, end) for end in _ends(one, needs)) or foreign(subject, one):
            continue
        unknown = [pod for pod in pods if may_fit(needs, pod)]
        if not told_by_manifests(needs) or not is_told(one, needs, unknown):
            continue
        message, cure = why_nothing(needs, pods, one.snapshot.options.labels)
        yield weighed(Violation(field, f"selects no pod that the input shows{message}", cure), unknown)


def foreign_namespace(one: Linted) -> Iterator[Violation]:
    """A namespaced policy names another namespace for its own pods."""
    for path, _, subject in _subjects(one):
        other = foreign(subject, one)
        if other:
            message = f"names namespace {other}, but selects in its own, {one.policy.namespace}"
            yield Violation(
                f"{path}.endpointSelector", message, f"move the policy to {other}, or leave the label out"
            )


def foreign(subject: Selector, one: Linted) -> str:
    """The other namespace that a namespaced policy's subject names; "" where it does not."""
    if one.policy.kind != CNP:
        return ""
    for need in needs_of(subject):
        wrong = [value for value in need.values if value != one.policy.namespace]
        if need.key == POD_NAMESPACE and need.operator == "In" and wrong == list(need.values):
            return wrong[0]
    return ""


def node_health(one: Linted) -> Iterator[Violation]:
    """A cluster-wide default deny that reaches Cilium's own health and ingress endpoints."""
    if one.policy.namespace:
        return
    for path, needs, _ in _subjects(one):
        if any(need.source == "reserved" for need in needs):
            continue
        closing = [entry for entry in one.entries if entry.closes and entry.subject == needs]
        hit = [name for name in ("health", "ingress") if holds(needs, one.named(name))]
        if closing and hit:
            own = " and ".join(hit)
            message = (
                f"this is a default deny for Cilium's own {own}, too: node checks and Gateways will be denied"
            )
            cure = "add to matchExpressions {key: k8s:io.kubernetes.pod.namespace, operator: Exists}"
            yield Violation(f"{path}.endpointSelector", message, cure)


def _subjects(one: Linted) -> Iterator[tuple[str, Needs, Selector]]:
    if one.known.refusals:
        return
    for path, spec in one.specs():
        if spec.subject is not None:
            yield path, subject_of(one.policy, spec.subject), spec.subject


def _ends(one: Linted, needs: Needs) -> list[Endpoint]:
    return [*one.snapshot.fitting(needs), one.named("ingress"), one.named("health")]


def why_nothing(needs: Needs, pods: list[Workload], patterns: tuple[str, ...]) -> tuple[str, str]:
    """Why these needs match none of the pods (": …" or ""), and what to do about it."""
    keep = LabelFilter(patterns)
    wanted = [need for need in needs if need.key != POD_NAMESPACE and need.source in ("k8s", "any")]
    for need in wanted:
        if not keep.keeps(need.key):
            return f": {need.key} is not a label of Cilium's identities", "select by another label"
    on_nodes = [pod for pod in pods if pod.host_network and _fits(needs, pod)]
    if on_nodes:
        return (
            f": {on_nodes[0]} runs on the host network",
            "such pods are the entities host and remote-node",
        )
    return "", f"select by labels that its pods carry{_example(wanted, pods)}"


def told_by_manifests(needs: Needs) -> bool:
    """Whether manifests can tell who has these labels: a Job's controller sets its own at run time, and Flux fills
    variables in later."""
    return not any(
        need.key.startswith(_OF_CONTROLLERS) or any("${" in text for text in (need.key, *need.values))
        for need in needs
    )


def may_fit(needs: Needs, pod: Workload) -> bool:
    """Whether a pod that an operator or a chart makes may carry these labels: not all of its labels are known."""
    if pod.rendered or pod.host_network:
        return False
    return all(
        need.operator != "In" or pod.labels.get(need.key, need.values[0]) in need.values
        for need in needs
        if need.key != POD_NAMESPACE and need.source in ("k8s", "any") and need.values
    )


_NAMES = (
    "app",
    "name",
    "k8s-app",
    "release",
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/part-of",
)


def is_told(one: Linted, needs: Needs, unknown: list[Workload]) -> bool:
    """Whether a selector that matches nothing is worth a word although these pods, not all of whose labels are known,
    might carry what it asks for: a selector of the user's, where nothing that they are called by resembles it."""
    return not unknown or not (one.known.own or any(_resembles(needs, pod) for pod in unknown))


def _resembles(needs: Needs, pod: Workload) -> bool:
    """Whether a pod is called like what a selector names; true where it names nothing."""
    wanted = {
        value for need in needs if need.key in _NAMES and need.operator == "In" for value in need.values
    }
    called = {pod.name, pod.release, pod.chart, pod.instance, pod.component} - {""}
    return not wanted or any(one in other or other in one for one in wanted for other in called)


def weighed(violation: Violation, unknown: list[Workload]) -> Violation:
    """The fault, weaker where pods are there whose labels are not all known."""
    if not unknown:
        return violation
    return violation._replace(
        severity=INFO,
        message=f"{violation.message} (not all labels of {unknown[0].namespace}/{unknown[0].name} are known)",
    )


def _fits(needs: Needs, pod: Workload) -> bool:
    return any(
        need.operator == "In" and pod.labels.get(need.key) in need.values
        for need in needs
        if need.key != POD_NAMESPACE
    )


def _example(needs: Sequence[Need], pods: list[Workload]) -> str:
    """`: media/radarr has app.kubernetes.io/name=radarr`, the first pod that a wanted value may mean."""
    values = {value for need in needs for value in need.values}
    for pod in pods:
        for key, value in pod.labels.items():
            if value in values:
                return f": {pod.namespace}/{pod.name} has {key}={value}"
        if pod.name in values and pod.selector:
            key, value = next(iter(pod.selector.items()))
            return f": {pod.namespace}/{pod.name} has {key}={value}"
    return ""
