"""What each phase of enforcement holds, what is not covered in it, and which namespaces better come late."""

from __future__ import annotations

from cilium_policies.config.model import ENFORCE, Rollout
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.summary import plural
from cilium_policies.generate.uncovered import directions
from cilium_policies.kube.objects import at, mapping, mappings, text
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.show.table import Cell, Table, columns
from cilium_policies.workloads.model import Workload

_KUBELET = "/var/lib/kubelet"
HANDFUL, WIDER = 5, 3  # namespaces of a phase at most, and of the one after the canary
MANY = 3  # so many namespaces that call one make it worth waiting with


class Late(NamedTuple):
    """Why a namespace better comes late; a greater `weight` comes later."""

    weight: int
    why: str


def phases(plan: Plan) -> Table:
    """One row a namespace, in the order of the phases: its phase and mode, what is uncovered, why late."""
    rows: list[tuple[Cell, ...]] = [
        (
            one["phase"],
            one["namespace"],
            one["mode"],
            one["workloads"],
            len(one["uncovered"]),
            "; ".join(one["late"]),
        )
        for one in values(plan)
    ]
    title = (
        "Phases" if plan.config.rollout else "No spec.rollout in the config: all namespaces go by spec.mode"
    )
    named = columns(
        "phase",
        "namespace",
        "mode",
        "workloads",
        "uncovered=uncovered directions",
        "late=why it should come late",
    )
    return Table(title, named, rows, "no namespace in the input")


def values(plan: Plan) -> list[dict[str, Any]]:
    """The same as objects for programs; a namespace whose mode is off stays in it."""
    return [
        {
            "namespace": name,
            "phase": phase_of(plan, name) if plan.config.rollout else None,
            "mode": plan.modes[name].word,
            "workloads": sum(
                1 for one in plan.cluster.in_namespace(name) if one.own and not one.host_network
            ),
            "uncovered": sorted(
                {
                    f"{one.place} {direction}"
                    for one in plan.uncovered
                    if one.namespace == name
                    for direction in one.directions
                }
            ),
            "late": [reason.why for reason in late(plan, name)],
        }
        for name in sorted(plan.modes, key=lambda one: (phase_of(plan, one), one))
    ]


def phase_of(plan: Plan, namespace: str) -> int:
    """The number of a namespace's phase, from 1; 0 where there is no rollout."""
    return plan.config.rollout.phase_of(namespace) if plan.config.rollout else 0


FLUX, DNS, GATEWAY, STORAGE, BUSY, WEBHOOKS, OPEN = 50, 40, 30, 20, 10, 7, 5


def late(plan: Plan, namespace: str) -> list[Late]:
    """The reasons why a cut in this namespace would hurt others, or the way back."""
    here = [one for one in plan.cluster.in_namespace(namespace) if one.own]
    reasons = []
    if namespace == _FLUX_NAMESPACE or any(_fetches(one) for one in here):
        reasons.append(Late(FLUX, "Flux runs here: a revert comes through it"))
    if namespace == plan.dns.namespace or any(plan.cluster.plays(one, "dns") for one in here):
        reasons.append(Late(DNS, "answers DNS for the whole cluster"))
    if any(plan.cluster.plays(one, "gateway") for one in here):
        reasons.append(Late(GATEWAY, "requests from outside come through it"))
    if any(_is_storage(one) or plan.cluster.plays(one, "storage") for one in here):
        reasons.append(Late(STORAGE, "serves storage: pods hang without it"))
    if _called_by_api(plan, namespace):
        reasons.append(Late(WEBHOOKS, "the API server calls it: what it is to admit waits for it"))
    callers = called_from(plan, namespace)
    if len(callers) >= MANY:
        reasons.append(Late(BUSY + min(len(callers), 9), f"called from {len(callers)} namespaces"))
    return reasons


# By component, label or name: they are also installed by hand, and an operator's object makes them.
_FLUX_NAMESPACE = "flux-system"  # what an installation without a word to the contrary uses, shown or not
_FLUX = ("source-controller", "kustomize-controller", "helm-controller", "flux-operator")


def _fetches(workload: Workload) -> bool:
    if workload.component.removeprefix("flux-") in _FLUX or workload.component == "flux-operator":
        return True
    part = workload.labels.get("app.kubernetes.io/part-of") == "flux"
    return part and workload.name in _FLUX


def _is_storage(workload: Workload) -> bool:
    """A CSI plugin registers with the kubelet through a folder of the node."""
    template = _pod(workload)
    paths = [text(at(volume, "hostPath", "path")) for volume in mappings(template.get("volumes"))]
    return any(path.startswith(_KUBELET) for path in paths)


def _pod(workload: Workload) -> dict[str, object]:
    if workload.source is None:
        return {}
    return mapping(at(workload.source.spec, "template", "spec"))


def _called_by_api(plan: Plan, namespace: str) -> bool:
    return any(
        edge.source.kind == "entity"
        and edge.source.name == "kube-apiserver"
        and edge.server is not None
        and edge.server.namespace == namespace
        for edge in plan.edges
    )


def called_from(plan: Plan, namespace: str) -> set[str]:
    """The other namespaces with a workload that calls one of this namespace."""
    found = set()
    for edge in plan.edges:
        one, other = edge.client, edge.server
        if one is not None and other is not None and edge.explains and other.namespace == namespace:
            found.add(one.namespace)
    return found - {namespace}


def proposed(plan: Plan) -> Rollout:
    """Phases for a config that has none: one small namespace that nobody depends on as the canary, then ever more at a
    time, and what others depend on last, each sort of it in phases of its own."""
    weights = {name: _weight(plan, name) for name in plan.namespaces}
    order = sorted(plan.namespaces, key=lambda name: (weights[name], _size(plan, name), name))
    early = [name for name in order if weights[name] < BUSY]
    phases = [early[:1]] if early else []
    phases += _widening(early[1:])
    for low in (BUSY, STORAGE, GATEWAY, DNS, FLUX):
        phases += _chunks([name for name in order if low <= weights[name] < low + 10], HANDFUL)
    return Rollout(tuple(tuple(sorted(phase)) for phase in phases), 0)


def _weight(plan: Plan, name: str) -> int:
    weight = max((reason.weight for reason in late(plan, name)), default=0)
    open_ends = any(one.namespace == name for one in plan.uncovered)
    return max(weight, OPEN) if open_ends else weight


def _size(plan: Plan, name: str) -> tuple[bool, int, int]:
    """A canary holds something, is called by few, and is small."""
    here = [one for one in plan.cluster.in_namespace(name) if one.own]
    return (not here, len(called_from(plan, name)), len(here))


def _widening(names: list[str]) -> list[list[str]]:
    return [*([names[:WIDER]] if names else []), *_chunks(names[WIDER:], HANDFUL)]


def _chunks(names: list[str], size: int) -> list[list[str]]:
    return [names[at : at + size] for at in range(0, len(names), size)]


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
        rest = [f"{name} ({mode.word})" for name, mode in sorted(plan.modes.items()) if mode.word != ENFORCE]
        but = f" but {', '.join(rest)}" if rest else ""
        return f"phase {rollout.phase}: every namespace is enforced{but}"
    coming = sorted(name for name in plan.namespaces if rollout.phase_of(name) == rollout.phase + 1)
    open_ends = directions(one for one in plan.uncovered if one.namespace in coming)
    left = f", {plural(open_ends, 'uncovered direction')} in them" if open_ends else ""
    names = ", ".join(coming) or "no namespace of this input"
    return f"phase {rollout.phase} of {last}; the next one (--advance) enforces {names}{left}"
