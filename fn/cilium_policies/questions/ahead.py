"""What a phase of the rollout would enforce without anybody knowing that it should be denied."""

from __future__ import annotations

from cilium_policies.config.model import AUDIT, AUDIT_GUESSED, ENFORCE
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.uncovered import Uncovered
from cilium_policies.lean import NamedTuple


class Ahead(NamedTuple):
    """Directions that a phase newly enforces; `accepted` says that a person has accepted the unknown ones before."""

    unknown: list[str]
    guessed: list[str]
    accepted: bool


def directions(plan: Plan, phase: int) -> Ahead:
    """Those of the phases up to `phase` that the plan's own phase does not enforce. What `namespaces.uncovered` holds
    back is not denied."""
    rollout = plan.config.rollout
    accepted = rollout is not None and phase <= rollout.accepted
    held = plan.config.uncovered
    unknown = [] if held in (AUDIT, AUDIT_GUESSED) else _coming(plan, plan.uncovered, phase)
    guessed = [] if held == AUDIT_GUESSED else _coming(plan, plan.guessed, phase)
    return Ahead(unknown, guessed, accepted)


def _coming(plan: Plan, left: list[Uncovered], phase: int) -> list[str]:
    rollout = plan.config.rollout
    if rollout is None:
        return []
    then = plan.config._replace(rollout=rollout._replace(phase=phase))
    return [
        f"{one.place} {direction}: {one.sentence}"
        for one in left
        for direction in one.directions
        if getattr(then.mode_of(one.namespace), direction) == ENFORCE
        and getattr(plan.config.mode_of(one.namespace), direction) != ENFORCE
    ]
