"""What is denied although nobody knows that it should be, grouped by reason, with one block of config to paste."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.config.model import Mode
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.summary import plural
from cilium_policies.generate.uncovered import Uncovered, directions
from cilium_policies.show.table import Cell, Table, columns

_HEADS = {
    "unknown": "nothing is known about what they need",
    "guessed": "only part of what they need is known",
}


def table(plan: Plan, *, unknown_only: bool = False) -> Table:
    """One row a direction; what makes unseen pods has one for both."""
    rows: list[tuple[Cell, ...]] = [
        (
            one.degree,
            one.namespace,
            one.name,
            one.direction,
            mode(plan, one),
            one.sentence,
            one.for_all or one.cure,
        )
        for one in listed(plan, unknown_only=unknown_only)
    ]
    named = columns("degree", "namespace", "workload", "direction", "mode", "why", "cure=config line")
    title = "What the policies deny without knowing"
    return Table(title, named, list(dict.fromkeys(rows)), "every workload is covered")


def values(plan: Plan, *, unknown_only: bool = False) -> list[dict[str, object]]:
    """The same for programs."""
    return [
        {
            "degree": one.degree,
            "kind": one.workload.kind if one.workload else one.source.kind if one.source else "",
            "namespace": one.namespace,
            "name": one.name,
            "workload": one.name if one.workload else "",
            "component": one.workload.component if one.workload else "",
            "direction": one.direction,
            "mode": mode(plan, one),
            "reason": one.why,
            "why": one.sentence,
            "cure": one.cure,
            "forAll": one.for_all,
            "standsFor": list(one.stands_for),
        }
        for one in listed(plan, unknown_only=unknown_only)
    ]


def listed(plan: Plan, *, unknown_only: bool = False) -> list[Uncovered]:
    """Unknown ones first, then by namespace and name."""

    def order(one: Uncovered) -> tuple[bool, str, str, str]:
        return one.degree != "unknown", one.namespace, one.name, one.direction

    return sorted([*plan.uncovered, *([] if unknown_only else plan.guessed)], key=order)


def mode(plan: Plan, one: Uncovered) -> str:
    """The mode of its direction now; "" where its namespace gets no policies."""
    found = plan.modes.get(one.namespace, Mode("", ""))
    if one.workload is not None and one.namespace in plan.modes:
        found = plan.held.mode(one.namespace, [one.workload])
    return "/".join(dict.fromkeys(getattr(found, way) for way in one.directions))


def lines(plan: Plan, *, unknown_only: bool = False) -> list[str]:
    """Two blocks, each grouped by reason, and the config lines for all of them together."""
    found = listed(plan, unknown_only=unknown_only)
    if not found:
        return ["no direction is unknown" if unknown_only else "every workload is covered"]
    said: list[str] = []
    for degree, head in _HEADS.items():
        part = [one for one in found if one.degree == degree]
        if part:
            count = plural(directions(part), "direction")
            said += [
                f"{degree}: {count}: {head}, and the rest is denied in enforce",
                *_grouped(plan, part),
                "",
            ]
    return [*said, *_block(found)]


def block(plan: Plan, *, unknown_only: bool = False) -> list[str]:
    """The config lines alone, to paste below `spec:`."""
    return _block(listed(plan, unknown_only=unknown_only)) or ["allow: []"]


def _grouped(plan: Plan, found: Iterable[Uncovered]) -> list[str]:
    groups: dict[str, dict[tuple[str, str], list[str]]] = {}
    for one in found:
        head = f"{one.sentence}; one line allows it for all: {one.for_all}" if one.for_all else one.sentence
        groups.setdefault(head, {}).setdefault((one.place, mode(plan, one)), []).extend(one.directions)
    said: list[str] = []
    for why, members in groups.items():
        said.append(f"  {why}")
        for (place, now), ways in members.items():  # both directions of a pod are one line
            said.append(f"    {place} {' and '.join(sorted(set(ways), reverse=True))} ({now})")
    return said


def _block(found: list[Uncovered]) -> list[str]:
    """Lines below `spec:`. Each says what is likely; whoever pastes it says that it is so."""
    groups: dict[str, list[str]] = {}
    whole: dict[str, list[Uncovered]] = {}
    for one in found:
        if one.for_all:
            whole.setdefault(one.for_all, []).append(one)
        elif one.workload is not None:
            groups.setdefault(f"  # {one.degree}: {one.sentence}", []).append(f"  - {one.cure}")
    said = []
    for line, members in whole.items():
        first = members[0]
        said += [
            f"# {first.degree}: {first.sentence} ({plural(directions(members), 'direction')});",
            f"# for one pod alone, below allow: {first.cure}",
            line,
        ]
    if groups:
        said += ["allow:", *(line for why, rows in groups.items() for line in (why, *dict.fromkeys(rows)))]
    if said:
        what = "# below spec: of the config; each line is a guess, so correct it before you keep it"
        said = [what, *said]
    others = [f"#   {one.place}: {one.cure}" for one in found if one.workload is None]
    return [*said, *(["# pods that no manifest shows:", *dict.fromkeys(others)] if others else [])]
