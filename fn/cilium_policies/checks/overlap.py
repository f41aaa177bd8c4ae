"""Faults between rules: one that another makes useless, an open one beside a tight one, rules that conflict."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.checks.violation import Linted, Part, Violation
from cilium_policies.cilium.read import NETWORK_POLICY
from cilium_policies.evaluate.entries import Entry
from cilium_policies.evaluate.peers import EVERYBODY
from cilium_policies.evaluate.portset import NOTHING, PortSet, difference, port_set
from cilium_policies.evaluate.reach import numbers

_NARROW = "narrow it; a chart's own is switched off in its values"


def useless(one: Linted) -> Iterator[Violation]:
    """A rule that another one of the user's makes useless: it allows, or denies, nothing more."""
    if one.known.own:
        return
    for part in one.parts():
        if part.entry is None or part.entry.idle or _looks_inside(part.entry):
            continue
        other = next((entry for entry in _others(one, part.entry) if _covers(entry, part.entry)), None)
        if other is not None:
            verb = "denied" if part.deny else "allowed"
            where = other.ref.path if other.ref.policy is one.policy else str(other.ref)
            yield Violation(part.path, f"all of it is {verb} by {where} already", "remove this rule")


def _others(one: Linted, entry: Entry) -> Iterator[Entry]:
    """Rules of the user's that are in force wherever this one is. Of two alike the later one is useless."""
    earlier = True
    for other in one.snapshot.beside(entry):
        if other is entry:
            earlier = False
            continue
        if not set(other.subject) <= set(entry.subject) or other.idle or _open(other) or _looks_inside(other):
            continue
        if one.snapshot.known_of(other.ref.policy).own or other.closes is not entry.closes:
            continue
        if earlier or not (_covers(entry, other) and set(entry.subject) <= set(other.subject)):
            yield other


def _covers(wide: Entry, narrow: Entry) -> bool:
    """Whether the first rule speaks of everything that the second speaks of."""
    if (
        wide.peers
        and EVERYBODY not in wide.peers
        and not (narrow.peers and set(narrow.peers) <= set(wide.peers))
    ):
        return False
    if wide.spans is None:
        return True
    if narrow.spans is None:
        return False
    names = {(span.protocol, span.name) for span in wide.spans if span.name}
    if any((span.protocol, span.name) not in names for span in narrow.spans if span.name):
        return False
    return difference(_numbers(narrow), _numbers(wide)) == NOTHING


def _numbers(entry: Entry) -> PortSet:
    return numbers(entry.spans or (), {}, ingress=True) if entry.spans else port_set(())


def _looks_inside(entry: Entry) -> bool:
    return any(ports.l7 for ports in (entry.rule.ports if entry.rule else None) or ())


def _open(entry: Entry) -> bool:
    """Whether a rule allows everybody everything."""
    return entry.peers is not None and EVERYBODY in entry.peers and entry.spans is None and not entry.deny


def defeats(one: Linted) -> Iterator[Violation]:
    """A rule that allows everybody everything, for pods that another policy limits."""
    for part in one.parts():
        if part.entry is None or not _open(part.entry):
            continue
        limited = _limited(one, part)
        if limited:
            message = f"allows all traffic: {limited} limits nothing for the same pods"
            yield Violation(part.path, message, "remove this rule, or the other policy")


def opens(one: Linted) -> Iterator[Violation]:
    """A rule lets everybody in, or its pods out to everybody: tighter policies beside it limit nothing."""
    if one.known.own:
        return
    for part in one.parts():
        if part.deny or part.entry is None or not _is_everybody(part):
            continue
        if _open(part.entry) and _limited(one, part):
            continue  # open-beside-tight says so
        pods = one.selected(part.entry)
        if pods:
            place = f"{part.path}.{part.side}" if one.policy.kind == NETWORK_POLICY else part.path
            yield Violation(place, f"{_opened(part, str(pods[0]))}: allows of all policies add up", _NARROW)


def _is_everybody(part: Part) -> bool:
    """Outward only without ports: many a pod may call everybody on one."""
    rule, entities = part.rule, set(part.rule.entities or ())
    if "all" not in entities and not {"world", "cluster"} <= entities:
        return False
    return part.ingress or not rule.ports


def _opened(part: Part, pod: str) -> str:
    if not part.ingress:
        return f"lets {pod} out to everybody on every port"
    return f"lets everybody into {pod} on {'its ports' if part.rule.ports else 'every port'}"


def _limited(one: Linted, part: Part) -> str:
    """Another policy that closes this direction for one of the pods: one that allows something, if there is any."""
    repository = one.snapshot.repository
    closing = [
        ref
        for end in (one.selected(part.entry) if part.entry else ())
        for ref in repository.sides(end)[1 if part.ingress else 0].closers
        if ref.policy is not one.policy
    ]
    closing.sort(key=lambda ref: ref.rule is None or ref.rule.ports is None)
    return str(closing[0].policy) if closing else ""


def conflict(one: Linted) -> Iterator[Violation]:
    """Rules with different L7 protocols or TLS settings at one port of one peer."""
    seen = set()
    for part in one.parts():
        if part.entry is None or not _looks_inside(part.entry) or part.path in seen:
            continue
        for end in one.selected(part.entry):
            place = one.snapshot.repository.sides(end)[1 if part.ingress else 0].conflict
            if place is not None and place.peer in (part.entry.peers or (EVERYBODY,)):
                seen.add(part.path)
                message = f"meets a rule with another L7 protocol at port {place.span.low}: {end} gets no policy at all"
                yield Violation(f"{part.path}.toPorts", message, "keep one of the two")
                break
