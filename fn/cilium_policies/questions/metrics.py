"""Hubble's counter of policy verdicts, `hubble_policy_verdicts_total`: which connections no rule covers.

Where all policies of a pod are soft, a connection that no rule covers is counted under `match="all"`, as it is let
through by the entry that allows all (v1.20.2:pkg/hubble/metrics/policy/handler.go, bpf/lib/policy.h). The node's own
calls are not counted at all.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterable, Mapping

from cilium_policies.document.finding import refused
from cilium_policies.evaluate.peers import EVERYBODY, Labelled, Matcher, Range
from cilium_policies.evaluate.repository import PolicyRepository
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.show.table import Cell, Table, columns

VERDICTS, LOST = "hubble_policy_verdicts_total", "hubble_lost_events_total"
QUERY = f'{{__name__=~"{VERDICTS}|{LOST}"}}'
DROPPED, CUT, UNKNOWN = "cut now", "would be cut", "not known"
_RING = "hubble_ring_buffer"  # what it loses, observers miss; the counters do not
_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+\S+)?\Z")
_LABEL = re.compile(r'(?<!\w)([a-zA-Z_]\w*)\s*=\s*("(?:[^"\\]|\\.)*")\s*,?')
_OPENS_ALL = frozenset(("world", "world-ipv4", "world-ipv6", "cluster", "remote-node", "all"))


class Series(NamedTuple):
    """One counter: its labels and (time in seconds, value) pairs; one pair without a time where none is known."""

    labels: Mapping[str, str]
    samples: list[tuple[float, float]]


class Row(NamedTuple):
    """Verdicts of one kind. `first` and `last` are seconds, 0 where no time is known."""

    direction: str
    source: str
    target: str
    namespace: str  # of the end whose policies decide
    result: str  # "" for what a rule covers
    verdicts: int
    first: float
    last: float


class Metrics:
    """What the counters say. `timed`: they come from a range query, so that there is a first and a last.

    `lost` is None where the counter of lost events is not among them.
    """

    def __init__(self, series: Iterable[Series], *, timed: bool) -> None:
        """Raises RefusedError where none of them counts policy verdicts."""
        known = list(series)
        self.timed = timed
        self.times = sorted({at for one in known for at, _ in one.samples})
        verdicts = [one for one in known if one.labels.get("__name__") == VERDICTS]
        if not verdicts:
            raise refused(
                f"no {VERDICTS} among the metrics", f"query {QUERY}, aggregated by nothing", file="flows"
            )
        losses = [one for one in known if one.labels.get("__name__") == LOST]
        lost = sum(self._increase(one)[0] for one in losses if one.labels.get("source") != _RING)
        self.lost = lost if losses else None
        self.namespaced = all(_namespace(one.labels) for one in verdicts)
        self.rows = [row for one in verdicts if (row := self._row(one)) is not None]

    def _row(self, one: Series) -> Row | None:
        """None where nothing happened in the time that was asked for."""
        labels = one.labels
        count, first, last = self._increase(one)
        direction, action, match = (labels.get(name, "") for name in ("direction", "action", "match"))
        if not count or match.startswith("l7") or direction not in ("ingress", "egress"):
            return None
        result = ""
        if action == "dropped":
            result = DROPPED
        elif action == "audit" or match == "all":
            result = CUT
        source, target = _end(labels, "source"), _end(labels, "destination")
        return Row(direction, source, target, _namespace(labels), result, count, first, last)

    def _increase(self, one: Series) -> tuple[int, float, float]:
        """By how much a counter grew, and between which times. One that appears later began at 0, and one that falls
        did so too: Prometheus' own increase() would not see what happens once."""
        if not self.timed:
            return round(sum(value for _, value in one.samples)), 0, 0
        begins = one.samples[0][0] == self.times[0]
        before = one.samples[0][1] if begins else 0.0
        grown, moments = 0.0, []
        for at, value in one.samples[1:] if begins else one.samples:
            step = value - before if value >= before else value
            if step > 0:
                grown += step
                moments.append(at)
            before = value
        return (round(grown), moments[0], moments[-1]) if moments else (0, 0, 0)

    def cut(self, repository: PolicyRepository | None) -> Table:
        """What enforcement cuts, as far as counters tell; they have no ports."""
        wide = says_all(repository) if repository else {}
        rows: list[tuple[Cell, ...]] = []
        for one in sorted(self.rows, key=lambda row: (-row.verdicts, row)):
            if one.result:
                result, why = judged(one, wide)
                rows.append((one.direction, one.source, one.target, "", one.verdicts, stamp(one.first), stamp(one.last),
                             result, why, ""))  # fmt: skip
        named = columns("direction", "from", "to", "port", "count", "first", "last", "result", "why",
                        "allow=to allow it")  # fmt: skip
        return Table("What enforcement cuts", named, rows, "no verdict that was counted would be cut")


def judged(row: Row, wide: Mapping[tuple[str, str], str]) -> tuple[str, str]:
    """Result and reason of one row. A rule that allows everything makes match="all" mean nothing."""
    rule = wide.get((row.namespace, row.direction)) or wide.get(("", row.direction))
    if row.result == CUT and rule:
        return UNKNOWN, f"{rule} allows everything there, which is counted the same"
    return row.result, "a policy drops it" if row.result == DROPPED else "no rule covers it"


def says_all(repository: PolicyRepository) -> dict[tuple[str, str], str]:
    """Where a rule without ports allows everybody, or so many that the agent writes it as the entry for all: namespace
    ("" for any) and direction, with the rule's place."""
    found: dict[tuple[str, str], str] = {}
    for entry in repository.entries:
        if (
            entry.spans is None
            and not entry.deny
            and not entry.idle
            and any(map(_is_wide, entry.peers or ()))
        ):
            direction = "ingress" if entry.ingress else "egress"
            found.setdefault((entry.namespace() or "", direction), str(entry.ref))
    return found


def _is_wide(peer: Matcher) -> bool:
    if isinstance(peer, Range):
        return peer.cidr.cidr.endswith("/0") and not peer.cidr.excepts
    if not isinstance(peer, Labelled):
        return False
    return peer == EVERYBODY or any(
        need.source == "reserved" and need.key in _OPENS_ALL for need in peer.needs
    )


def _namespace(labels: Mapping[str, str]) -> str:
    """Of the end whose policies decide; "" where the labels do not say it."""
    end = "destination" if labels.get("direction") == "ingress" else "source"
    name = labels.get(end, "")
    return labels.get(f"{end}_namespace") or (name.partition("/")[0] if "/" in name else "")


def _end(labels: Mapping[str, str], end: str) -> str:
    """The best name of an end that the labels hold."""
    space = labels.get(f"{end}_namespace", "")
    workload = labels.get(f"{end}_workload") or labels.get(f"{end}_app")
    if space and workload:
        return f"{space}/{workload}"
    named = labels.get(end) or labels.get(f"{end}_pod") or space or labels.get(f"{end}_ip") or "not said"
    return named.removeprefix("reserved:")


def stamp(seconds: float) -> str:
    """A time to the second, as flows are told; "" where there is none."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds)) if seconds else ""


def queried(data: Mapping[str, Any]) -> Metrics:
    """The `data` of a query's answer. Raises RefusedError, LookupError, TypeError or ValueError for what is none."""
    if data["resultType"] not in ("matrix", "vector"):
        raise ValueError(f"resultType {data['resultType']}")
    timed = data["resultType"] == "matrix"
    series = []
    for one in data["result"]:
        pairs = one["values"] if timed else [one["value"]]
        samples = [(float(at), _finite(value)) for at, value in pairs]
        if samples:
            series.append(
                Series({str(key): str(value) for key, value in one["metric"].items()}, sorted(samples))
            )
    return Metrics(series, timed=timed)


def exposed(lines: Iterable[bytes]) -> Metrics:
    """The text that an agent serves: counted since it started. Raises RefusedError."""
    series = []
    for number, line in enumerate(lines, 1):
        text = line.decode("utf-8", "replace").strip()
        if not text.startswith((VERDICTS, LOST)):
            continue
        found = _SAMPLE.match(text)
        try:
            value = _finite(found["value"]) if found else 0.0
        except ValueError:
            found = None
        if found is None:
            raise refused("not a line of a text exposition", file="flows", line=number)
        labels = {key: str(json.loads(said)) for key, said in _LABEL.findall(found["labels"] or "")}
        series.append(Series({**labels, "__name__": found["name"]}, [(0.0, value)]))
    return Metrics(series, timed=False)


def _finite(value: object) -> float:
    """A counter's value. Raises ValueError for NaN and infinity."""
    number = float(str(value))
    if not math.isfinite(number):
        raise ValueError(f"a counter of {value}")
    return number
