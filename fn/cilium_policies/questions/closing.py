"""The config lines that close what is unknown, from what was seen: who was called is allowed, and where a direction
was heard and nothing beyond the plan was seen, nobody is."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.config.model import INGRESS
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.uncovered import Uncovered
from cilium_policies.questions.audit import CUT, Audit

_ALLOWED = "seen, and allowed by nothing"


def closing(plan: Plan, audit: Audit) -> list[str]:
    """Lines below `spec:`. Each says how often a flow was seen; whether it should be is for whoever keeps the line."""
    seen = _seen(audit)
    said = ["# below spec: of the config; from what was seen, so correct it before you keep it", "allow:"]
    heard = {_subject(ingress, source.words, target.words) for ingress, source, target, *_ in audit.groups}
    open_ends = {(one.place, way): one for one in plan.uncovered for way in one.directions if one.workload}
    for key, lines in seen.items():
        known = open_ends.get(key)
        why = f"unknown: {known.sentence}" if known is not None else _ALLOWED
        new = [line for line in lines if line not in said]  # both ends of a flow ask for one line
        said += [f"  # {key[0]} {key[1]}; {why}", *new] if new else []
    for key, one in open_ends.items():
        if key in heard and key not in seen:
            said += [
                f"  # {key[0]} {key[1]}; unknown, heard of, and nothing else was seen",
                f"  - {_none(one, key[1])}",
            ]
    left = [key for key in open_ends if key not in heard and key not in seen]
    if len(said) == 2:
        said[1] = "allow: []"
    if left:
        said.append("# unknown, and no verdict tells of them:")
        said += [f"#   {place} {way}: - {_none(open_ends[place, way], way)}" for place, way in left]
    return said


def _seen(audit: Audit) -> dict[tuple[str, str], list[str]]:
    """The flows that would be cut, by the end that would cut them: one line a pair and port."""
    found: dict[tuple[str, str], dict[tuple[str, str, str], int]] = {}
    for (ingress, source, target, port, protocol), answer in audit.answers().items():
        if answer.result == CUT and not protocol.startswith("ICMP"):
            key = _subject(ingress, source.words, target.words)
            pair = (source.peer, target.peer, f"{port}/{protocol}")
            count = audit.groups[ingress, source, target, port, protocol].count
            counts = found.setdefault(key, {})
            counts[pair] = counts.get(pair, 0) + count
    return {key: list(_lines(found[key])) for key in sorted(found)}


def _lines(counts: dict[tuple[str, str, str], int]) -> Iterator[str]:
    for (source, target, port), count in sorted(counts.items()):
        times = "once" if count == 1 else f"{count:,} times"
        yield f'  - {{from: {source}, to: {target}, ports: [{port}], why: "seen {times}"}}'


def _subject(ingress: bool, source: str, target: str) -> tuple[str, str]:
    return (target, INGRESS) if ingress else (source, "egress")


def _none(one: Uncovered, way: str) -> str:
    pod = f"{{pod: {one.place}}}"
    return f"{{from: none, to: {pod}}}" if way == INGRESS else f"{{from: {pod}, to: none}}"
