"""Whether a recording is reason enough to enforce more: long enough, complete, heard of everybody, nothing cut."""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from cilium_policies.config.model import Config, Mode
from cilium_policies.evaluate.repository import PolicyRepository
from cilium_policies.generate.plan import Plan
from cilium_policies.questions.audit import CUT, UNKNOWN, Audit
from cilium_policies.questions.metrics import QUERY, Metrics, judged, says_all, stamp

HOUR = 3600.0
_WINDOW = re.compile(r"([0-9]+)([mhdw])\Z")
_SECONDS = {"m": 60.0, "h": HOUR, "d": 24 * HOUR, "w": 168 * HOUR}
Direction = tuple[str, str]  # a namespace, and ingress or egress


class Cut(NamedTuple):
    """What enforcement would cut, or nobody knows: where, and in words."""

    where: Direction
    words: str


class Heard(NamedTuple):
    """What a recording tells. Times in seconds; `doubts` are reasons to believe it less."""

    times: list[float]  # at which something was told, in order
    verdicts: frozenset[Direction]
    cuts: list[Cut]
    doubts: list[str]


def window_of(text: str) -> float:
    """Seconds of 90m, 24h, 7d or 2w. Raises ValueError."""
    found = _WINDOW.match(text.strip())
    if not found:
        raise ValueError(f"{text} is not a time: write it like 90m, 24h or 7d")
    return int(found[1]) * _SECONDS[found[2]]


def coming(plan: Plan, config: Config) -> list[Direction]:
    """The directions with workloads that this config would enforce and the plan's does not, in order."""
    spaces = {one.namespace for one in plan.subjects}
    found = []
    for name in sorted(spaces & set(plan.namespaces)):
        uncovered = frozenset(
            way for one in plan.uncovered if one.namespace == name for way in one.directions
        )
        then, now = config.mode_of(name, uncovered), plan.modes.get(name, Mode())
        found += [
            (name, direction)
            for direction in ("ingress", "egress")
            if getattr(then, direction) == "enforce" != getattr(now, direction)
        ]
    return found


def unheard(plan: Plan, verdicts: frozenset[Direction]) -> list[Direction]:
    """The directions with workloads of which a recording has no policy verdict: it knows nothing of them."""
    spaces = sorted({one.namespace for one in plan.subjects} & set(plan.namespaces))
    wanted = ((name, direction) for name in spaces for direction in ("ingress", "egress"))
    return [
        (name, direction)
        for name, direction in wanted
        if getattr(plan.modes[name], direction) != "off" and (name, direction) not in verdicts
    ]


def of_flows(audit: Audit) -> Heard:
    """What flows tell."""
    doubts = []
    if audit.lost:
        doubts.append(f"Hubble lost {audit.lost:,} events")
    if audit.odd:
        doubts.append(f"{audit.odd:,} lines are not flows, the first is line {audit.first_odd}")
    if audit.beyond:
        doubts.append(f"{audit.beyond:,} connections are of more kinds than are kept apart")
    cuts, verdicts = [], set()
    for (ingress, source, target, port, protocol), answer in audit.answers().items():
        subject, direction = (target, "ingress") if ingress else (source, "egress")
        where = (subject.endpoint.namespace, direction)
        verdicts.add(where)
        if answer.result in (CUT, UNKNOWN):
            words = f"{direction} {source.words} => {target.words} : {port}/{protocol} {answer.result}"
            cuts.append(Cut(where, words))
    first = [group.first for group in audit.groups.values()]
    times = sorted(filter(None, map(_seconds, {*first, *audit.moments.values()})))
    return Heard(times, frozenset(verdicts), cuts, doubts)


def of_metrics(metrics: Metrics, repository: PolicyRepository) -> Heard:
    """What counters of a range query tell."""
    doubts = []
    if not metrics.timed:
        doubts.append("a text exposition and an instant query have no times: ask for a range")
    if not metrics.namespaced:
        doubts.append(
            "the counters do not say the namespace: cilium-policies audit --rules has the metric's options"
        )
    if metrics.lost is None:
        doubts.append(f"it does not say whether events were lost: query {QUERY}")
    elif metrics.lost:
        doubts.append(f"Hubble lost {metrics.lost:,} events")
    wide = says_all(repository)
    cuts = []
    for row in metrics.rows:
        result, why = judged(row, wide)
        if result in (CUT, UNKNOWN):
            words = f"{row.direction} {row.source} => {row.target} {result}: {why}"
            cuts.append(Cut((row.namespace, row.direction), words))
    verdicts = frozenset((row.namespace, row.direction) for row in metrics.rows)
    return Heard(metrics.times if metrics.timed else [], verdicts, cuts, doubts)


def reasons(heard: Heard, wanted: Iterable[Direction], window: float) -> Iterator[str]:
    """Why it is too early to enforce these directions; nothing where it is not."""
    directions = list(wanted)
    yield from heard.doubts
    yield from _too_short(heard.times, window)
    for name, direction in directions:
        if (name, direction) not in heard.verdicts:
            yield f"no policy verdict of the {direction} of {name}: nothing is known about it"
    cuts = [one for one in heard.cuts if one.where in directions]
    yield from (one.words for one in cuts[:20])
    if len(cuts) > 20:
        yield f"and {len(cuts) - 20:,} more: cilium-policies audit lists them"


def _too_short(times: list[float], window: float) -> Iterator[str]:
    span = times[-1] - times[0] if times else 0.0
    if span < window:
        yield f"it spans {_words(span)}, not {_words(window)}"
    # Somebody always asks a DNS server. Where nobody did for so long, the recording stood still.
    for before, after in pairwise(times):
        if after - before > max(HOUR, window / 24):
            yield f"it has nothing between {stamp(before)} and {stamp(after)}"


def _words(seconds: float) -> str:
    for unit in ("d", "h", "m"):
        if seconds >= _SECONDS[unit] * (2 if unit == "d" else 1):
            return f"{seconds / _SECONDS[unit]:.3g}{unit}"
    return f"{seconds:.0f}s"


def _seconds(text: str) -> float:
    """A time of a flow, to the second. 0 for what is none."""
    try:
        return float(calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")))
    except ValueError:
        return 0.0


def span_in_words(heard: Heard) -> str:
    """From when to when."""
    return f"{stamp(heard.times[0])} to {stamp(heard.times[-1])}" if heard.times else "no time"
