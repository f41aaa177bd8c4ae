"""What each phase of enforcement holds, what is not covered in it, and which namespaces better come late."""

from __future__ import annotations

from typing import Any, NamedTuple

from cilium_policies.config.model import Rollout
from cilium_policies.generate.plan import Plan
from cilium_policies.kube.objects import at, mapping, mappings, text
from cilium_policies.show.table import Cell, Table, columns
from cilium_policies.workloads.model import Workload

_SOURCES = "source.toolkit.fluxcd.io"
_KUBELET = "/var/lib/kubelet"
MANY = 3  # so many namespaces that call one make it worth waiting with


class Late(NamedTuple):
    """Why a namespace better comes late; a greater `weight` comes later."""

    weight: int
    why: str


def phases(plan: Plan) -> Table:
    """One row a namespace, in the order of the phases: its phase and mode, what is uncovered, why late."""
    rollout = plan.config.rollout
    reasons = {name: late(plan, name) for name in plan.namespaces}
    rows: list[tuple[Cell, ...]] = []
    for name in sorted(plan.namespaces, key=lambda one: (phase_of(plan, one), one)):
        open_ends = sorted({str(one) for one in plan.uncovered if one.workload.namespace == name})
        rows.append((
            phase_of(plan, name) if rollout else None,
            name,
            plan.modes[name].word,
            sum(1 for one in plan.subjects if one.namespace == name),
            ", ".join(end.partition("/")[2] for end in open_ends),
            "; ".join(reason.why for reason in reasons[name]),
        ))  # fmt: skip
    title = "Phases" if rollout else "No spec.rollout in the config: all namespaces go by spec.mode"
    named = columns("phase", "namespace", "mode", "workloads", "uncovered", "late=better late because")
    return Table(title, named, rows, "no namespace in the input")


def values(plan: Plan) -> list[dict[str, Any]]:
    """The same as objects for programs."""
    return [
        {
            "namespace": name,
            "phase": phase_of(plan, name) if plan.config.rollout else None,
            "mode": plan.modes[name].word,
            "workloads": sum(1 for one in plan.subjects if one.namespace == name),
            "uncovered": sorted({str(one) for one in plan.uncovered if one.workload.namespace == name}),
            "late": [reason.why for reason in late(plan, name)],
        }
        for name in sorted(plan.namespaces, key=lambda one: (phase_of(plan, one), one))
    ]


def phase_of(plan: Plan, namespace: str) -> int:
    """The number of a namespace's phase, from 1; 0 where there is no rollout."""
    return plan.config.rollout.phase_of(namespace) if plan.config.rollout else 0


def late(plan: Plan, namespace: str) -> list[Late]:
    """The reasons why a cut in this namespace would hurt others, or the way back."""
    here = [one for one in plan.cluster.in_namespace(namespace) if one.own]
    reasons = []
    if namespace == plan.dns.namespace:
        reasons.append(Late(40, "answers DNS for the whole cluster"))
    if _holds_sources(plan, namespace) and here:
        reasons.append(Late(30, "Flux pulls a revert through it: its way to its sources must stay open"))
    if any(_is_storage(one) for one in here) or any(plan.cluster.plays(one, "storage") for one in here):
        reasons.append(Late(20, "serves storage: pods hang without it"))
    callers = called_from(plan, namespace)
    if len(callers) >= MANY:
        reasons.append(Late(10 + min(len(callers), 9), f"called from {len(callers)} namespaces"))
    return reasons


def _holds_sources(plan: Plan, namespace: str) -> bool:
    return any(one.group == _SOURCES and one.namespace == namespace for one in plan.cluster.inventory.objects)


def _is_storage(workload: Workload) -> bool:
    """A CSI plugin registers with the kubelet through a folder of the node."""
    template = _pod(workload)
    paths = [text(at(volume, "hostPath", "path")) for volume in mappings(template.get("volumes"))]
    return any(path.startswith(_KUBELET) for path in paths)


def _pod(workload: Workload) -> dict[str, object]:
    if workload.source is None:
        return {}
    return mapping(at(workload.source.spec, "template", "spec"))


def called_from(plan: Plan, namespace: str) -> set[str]:
    """The other namespaces with a workload that calls one of this namespace."""
    found = set()
    for edge in plan.edges:
        one, other = edge.source.workload, edge.target.workload
        if one is not None and other is not None and edge.explains and other.namespace == namespace:
            found.add(one.namespace)
    return found - {namespace}


def proposed(plan: Plan) -> Rollout:
    """Phases for a config that has none: what hurts nobody first, what all depend on last."""
    groups: dict[int, list[str]] = {}
    uncovered = {one.workload.namespace for one in plan.uncovered}
    for name in sorted(plan.namespaces):
        weight = max((reason.weight for reason in late(plan, name)), default=0)
        groups.setdefault(weight // 10 * 10 + (5 if name in uncovered and weight < 20 else 0), []).append(
            name
        )
    return Rollout(tuple(tuple(groups[weight]) for weight in sorted(groups)), 0)


def as_yaml(rollout: Rollout) -> str:
    """The phases as lines of a config, to paste below `spec:`."""
    lines = [f"    - [{', '.join(phase)}]\n" for phase in rollout.phases]
    return f"  rollout:\n    phases:\n{''.join('  ' + line for line in lines)}    phase: {rollout.phase}\n"


def next_step(plan: Plan) -> str:
    """One sentence: where the rollout stands, and what the next phase would enforce."""
    rollout = plan.config.rollout
    if rollout is None:
        return "propose phases with --propose, paste them into the config, and go on with --advance"
    last = len(rollout.phases) + 1
    if rollout.phase >= last:
        return f"phase {rollout.phase}: every namespace is enforced"
    coming = sorted(name for name in plan.namespaces if rollout.phase_of(name) == rollout.phase + 1)
    open_ends = [one for one in plan.uncovered if one.workload.namespace in coming]
    left = f", {len(open_ends)} uncovered directions in them" if open_ends else ""
    names = ", ".join(coming) or "no namespace of this input"
    return f"phase {rollout.phase} of {last}; the next one (--advance) enforces {names}{left}"
