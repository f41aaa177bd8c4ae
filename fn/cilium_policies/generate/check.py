"""The answer that there should be, held against the input: what `spec.action: check` and `check` find."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.cilium.model import Policy
from cilium_policies.cilium.objects import policy_object
from cilium_policies.document.finding import ERROR, Finding
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.policies import CLUSTER_WIDE, Policies
from cilium_policies.kube.inventory import rule_sets
from cilium_policies.kube.not_built import not_built, reason
from cilium_policies.kube.objects import Object, at, mapping, sequence, text
from cilium_policies.kube.reading import COMPONENT, Own
from cilium_policies.kube.selectors import selects_pods
from cilium_policies.lean import Any
from cilium_policies.workloads.model import Workload

_AGAIN = "run the function again and commit what it writes"
_FIRST = "run the function on it (kustomize skips an exec function without --enable-exec)"
_UNLISTED = (
    "write the policies and list each ks.yaml where Flux reads: write says where, and the rest is in no build"
)
_FLUX = "kustomize.toolkit.fluxcd.io"
_WIDE = ("default-deny", "allow-dns", "allow-dns-server")


def check(plan: Plan, policies: Policies, own: list[Own]) -> list[Finding]:
    """Everything that the input lacks or has otherwise than generated; empty where it is as it should be.

    A config that says nothing asks for presence only: it cannot know how the policies were made.
    """
    found = [*_unbuilt(plan), *_moved(plan, own), *_present(plan, own)]
    if not plan.config.bare:
        found += _compared(policies.policies, own)
    unique = {(one.message, one.namespace, one.name): one for one in found}
    return list(unique.values())


def _unbuilt(plan: Plan) -> Iterator[Finding]:
    """What `build --partial` left out: a check of the rest says nothing of it."""
    for one in not_built(plan.cluster.inventory):
        yield one.finding(ERROR, reason(one), "fix what it reports and build again")


def stale(own: Own) -> Finding:
    """A policy of the program's that nothing would generate any more."""
    return own.policy.finding(ERROR, f"{own.policy} is stale: nothing would generate it any more", _AGAIN)


def _finding(
    message: str, cure: str, policy: Object | None = None, namespace: str = "", name: str = ""
) -> Finding:
    if policy is None:
        return Finding(ERROR, message, cure, namespace=namespace, name=name)
    return policy.finding(ERROR, message, cure)


def _present(plan: Plan, own: list[Own]) -> Iterator[Finding]:
    """Each namespace has a default-deny of the program's, each workload is selected by one of its policies."""
    by_namespace: dict[str, list[Object]] = {}
    for one in own:
        by_namespace.setdefault(one.policy.namespace, []).append(one.policy)
    subjects: dict[str, list[Workload]] = {}
    for workload in plan.subjects:
        subjects.setdefault(workload.namespace, []).append(workload)
    flux = any(one.group == _FLUX for one in plan.cluster.inventory.of("Kustomization"))
    cure = _UNLISTED if flux else _AGAIN if own else _FIRST
    for name, namespace in sorted(plan.namespaces.items()):
        here = by_namespace.get(name, [])
        denials = [one for one in here if one.annotations.get(COMPONENT) == "default-deny"]
        for denial in denials:
            if not _denies(denial):
                message = f"{denial} is called default-deny but lets something through, so it denies nothing"
                yield _finding(message, _AGAIN, denial, name, denial.name)
        if namespace.wide and not denials:
            yield _finding(
                f"namespace {name} has no default-deny: it is open", cure, None, name, "default-deny"
            )
        single = [one for one in here if one.annotations.get(COMPONENT) not in _WIDE]
        for workload in subjects.get(name, ()):
            if not any(_selects(one, workload) for one in single):
                message = f"{workload} is selected by no policy of this program"
                yield _finding(message, cure, None, name, workload.name)


def _denies(policy: Object) -> bool:
    """Whether a default-deny closes a direction and allows nothing: it has rules, and each is empty."""
    specs = rule_sets(policy)
    rules = [rule for spec in specs for side in ("ingress", "egress") for rule in sequence(spec.get(side))]
    return bool(rules) and not any(rules)


def _selects(policy: Object, workload: Workload) -> bool:
    labels = {**workload.labels, **workload.selector}
    return any(
        selects_pods(mapping(spec.get("endpointSelector")), labels, workload.namespace)
        for spec in rule_sets(policy)
    )


def _moved(plan: Plan, own: list[Own]) -> Iterator[Finding]:
    """What an outer layer did to policies: it gave a cluster-wide one a namespace, or moved one from its pods."""
    for one in own:
        policy = one.policy
        stamped = text(at(policy.body, "metadata", "namespace"))
        if policy.kind == CLUSTER_WIDE and stamped:
            yield _finding(
                f"{policy.kind} {policy.name} has the namespace {stamped}: an outer layer's `namespace:` did this",
                "run the function at the root, after that layer",
                policy,
            )
        elif policy.kind != CLUSTER_WIDE and policy.annotations.get(COMPONENT) not in _WIDE:
            here = plan.cluster.in_namespace(policy.namespace)
            if not any(_selects(policy, workload) for workload in here):
                yield _finding(
                    f"{policy} selects no pod of its namespace: it moved, or its workload is gone",
                    _AGAIN,
                    policy,
                )


def _compared(policies: list[Policy], own: list[Own]) -> Iterator[Finding]:
    """Each generated policy stands in the input with the same rules, and no other of the program's does."""
    found = {(one.policy.kind, one.policy.namespace, one.policy.name): one for one in own}
    for policy in policies:
        name = (
            f"{policy.kind} {policy.namespace}/{policy.name}"
            if policy.namespace
            else f"{policy.kind} {policy.name}"
        )
        held = found.pop((policy.kind, policy.namespace, policy.name), None)
        if held is None:
            yield _finding(f"{name} is missing", _AGAIN, None, policy.namespace, policy.name)
        elif _rules(held.policy.body) != _rules(policy_object(policy)):
            yield _finding(
                f"{name} is not what would be generated: changed by hand, or stale", _AGAIN, held.policy
            )
    for held in found.values():
        yield stale(held)


def _rules(body: dict[str, Any]) -> Any:
    """What a policy does, without what outer layers may add (labels, annotations): scalars as text."""
    return _plain({"spec": body.get("spec"), "specs": body.get("specs")})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items() if member is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
