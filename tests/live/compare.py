"""Packets against Cilium's engine, against the table, and Hubble's words against what enforcement cuts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.engine.judge import Judge, Verdict
from tests.live.given import Given, bodies, stream
from tests.live.kube import POLICY_KINDS
from tests.live.plan import Connection, Pods
from tests.live.running import Tried
from tests.tools import environment

VERDICT = 5  # the type of a policy verdict among Hubble's events
DIRECTIONS = ("egress", "ingress")
_OF_THE_CLUSTER = ("NetworkPolicy", "CiliumCIDRGroup")  # what the judge does not replace
Packet = tuple[str, str, int, str, int]  # protocol, source and its port, target and its port


class Direction(NamedTuple):
    """One end's part of a connection: does the engine let it pass under enforcement, and did Hubble tell of it?"""

    tried: Tried
    direction: str
    allowed: bool
    events: list[dict[str, Any]]

    def __str__(self) -> str:
        return f"{self.direction} of {self.tried.connection.row.text()}"


class Engine:
    """Cilium's engine with the manifests of one case, and the policies of one mode at a time."""

    def __init__(self, judge: Judge, given: Given) -> None:
        bare = [one for one in bodies(given.cluster) if one.get("kind") not in POLICY_KINDS]
        plain = [one for one in given.policies["own"] if one["kind"] in _OF_THE_CLUSTER]
        self.given = given
        self._worlds = {
            mode: judge.world(text=stream(bare + plain * (mode != "none"))) for mode in ("none", "own")
        }

    def verdicts(self, mode: str, connections: Iterable[Connection]) -> list[Verdict]:
        """What the engine says of each connection under the policies of a mode."""
        world = self._worlds["none" if mode == "none" else "own"]
        cilium = [one for one in self.given.policies[mode] if one["kind"] not in _OF_THE_CLUSTER]
        world.set_policies(stream(cilium), strict=False)
        return world.ask([one.row.query for one in connections])


def unlike_engine(mode: str, tried: Sequence[Tried], verdicts: Sequence[Verdict]) -> list[str]:
    """Connections that the engine judges otherwise than the packets."""
    return [
        f"{mode}: {one.connection.row.text()}: the packets {one.attempt.result}, the engine {verdict.reason()}"
        for one, verdict in zip(tried, verdicts, strict=True)
        if not one.attempt.is_as(verdict.allowed)
    ]


def unlike_table(tried: Sequence[Tried]) -> list[str]:
    """Under enforcement: connections that are needed and cut, or opened although the table says no. A strict row
    wants what only finer policies than Cilium's reach."""
    return [
        f"{one.connection.row.text()}: the packets {one.attempt.result}, the table {one.connection.row.expect}"
        for one in tried
        if one.attempt.passed != (one.connection.row.expect == "allow") and not one.connection.row.strict
    ]


def cut_by_audit(own: Sequence[Tried], audit: Sequence[Tried]) -> list[str]:
    """Connections that passed under the input's own policies and do not once those in audit are there."""
    return [
        f"cut by audit: {now.connection.row.text()}: {now.attempt.result}"
        for then, now in zip(own, audit, strict=True)
        if then.attempt.passed and not now.attempt.passed
    ]


def opened_by_audit(own: Sequence[Tried], audit: Sequence[Tried]) -> list[str]:
    """Connections that the input's own policies cut, and that pass beside the soft rules."""
    return [
        now.connection.row.text()
        for then, now in zip(own, audit, strict=True)
        if now.attempt.passed and not then.attempt.passed
    ]


def flows_of(lines: Iterable[str | bytes]) -> list[dict[str, Any]]:
    """The flows of a recording."""
    found = (json.loads(line).get("flow") for line in lines if line.strip()[:1] in ("{", b"{"))
    return [flow for flow in found if flow]


def directions(
    tried: Sequence[Tried], enforced: Sequence[Verdict], flows: Iterable[Mapping[str, Any]]
) -> list[Direction]:
    """Each managed end of each connection, with the policy verdicts that Hubble tells of it."""
    seen: dict[tuple[str, Packet], list[dict[str, Any]]] = {}
    for flow in flows:
        packet = _packet(flow)
        if packet and (flow.get("event_type") or {}).get("type") == VERDICT:
            seen.setdefault((flow["traffic_direction"].lower(), packet), []).append(dict(flow))
    found = []
    for one, verdict in zip(tried, enforced, strict=True):
        for direction in DIRECTIONS:
            side = getattr(verdict, direction)
            if side.managed and one.attempt.port:
                events = _events(seen, direction, one)
                found.append(Direction(one, direction, side.verdict == "allow", events))
    return found


def _events(
    seen: Mapping[tuple[str, Packet], list[dict[str, Any]]], direction: str, one: Tried
) -> list[dict[str, Any]]:
    """Where a node calls, its address is not known before; its port is."""
    wanted, found = one.connection, []
    for (told, packet), events in seen.items():
        protocol, source, port, target, target_port = packet
        same = (protocol, port, target, target_port) == (
            wanted.protocol, one.attempt.port, wanted.target, wanted.port,
        )  # fmt: skip
        if told == direction and same and (not wanted.source or source == wanted.source):
            found += events
    return found


def misnamed(found: Iterable[Direction]) -> list[str]:
    """In audit: Hubble names a policy exactly where the engine would let the direction pass under enforcement."""
    wrong = []
    for one in found:
        key = f"{one.direction}_allowed_by"
        named = any(by.get("name") for event in one.events for by in event.get(key) or ())
        local = any(event["source"].get("identity") == 1 for event in one.events)
        if one.events and not local and named != one.allowed:
            wrong.append(f"{one}: Hubble {'names a policy' if named else 'names none'}, the engine differs")
    return wrong


def unheard(found: Iterable[Direction]) -> list[str]:
    """Directions of which a recording tells nothing."""
    return [f"no verdict of {one}" for one in found if not one.events]


def unlike_line(found: Sequence[Direction], listed: Iterable[Mapping[str, Any]]) -> list[str]:
    """The README's `hubble observe` line against what enforcement cuts, both ways."""
    there = {(flow["traffic_direction"].lower(), _packet(flow)) for flow in listed}
    wrong = []
    for one in found:
        told = [
            event for event in one.events if event["verdict"] != "DROPPED"
        ]  # an own policy cuts it already
        named = any((one.direction, _packet(event)) in there for event in told)
        if told and named == one.allowed:
            wrong.append(f"the README's line {'lists' if named else 'misses'} {one}")
    return wrong


def audited(recording: Path) -> set[tuple[str, str, str, str]]:
    """What `cilium-policies audit` lists, by Hubble's attribution alone: direction, from, to, port."""
    done = subprocess.run(["cilium-policies", "audit", "-o", "json", "--flows", str(recording)],
                          env=environment(), capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"cilium-policies audit: {done.stderr.strip()}")
    rows = json.loads(done.stdout)["items"]
    return {(row["direction"], row["from"], row["to"], row["port"]) for row in rows}


def unlike_audit(found: Sequence[Direction], rows: set[tuple[str, str, str, str]], pods: Pods) -> list[str]:
    """The command's rows against what enforcement cuts, both ways. One row stands for every pod of a workload and
    every public address, so connections of one row are one here too."""
    names = {pod.address: workload for workload, replicas in pods.items() for pod in replicas if pod.address}
    cut = {_row(one, names) for one in found if one.events and not one.allowed}
    passed = {_row(one, names) for one in found if one.events and one.allowed}
    missed = [f"audit misses {' '.join(one)}" for one in sorted(cut - rows)]
    return missed + [f"audit lists {' '.join(one)}" for one in sorted(rows & passed - cut)]


def _row(one: Direction, names: Mapping[str, str]) -> tuple[str, str, str, str]:
    wanted, event = one.tried.connection, one.events[0]
    ends = [_end(event, end, names) for end in ("source", "destination")]
    return one.direction, *ends, f"{wanted.port}/{wanted.protocol}"  # type: ignore[return-value]


def _end(event: Mapping[str, Any], end: str, names: Mapping[str, str]) -> str:
    """How `audit` calls an end: by its workload, its node's role, its name or its address."""
    import ipaddress

    address = event["IP"][end]
    if address in names:
        return names[address]
    labels = {label.removeprefix("reserved:") for label in event[end].get("labels") or ()}
    for role in ("kube-apiserver", "host", "remote-node", "ingress"):
        if role in labels:
            return role
    told = event.get(f"{end}_names") or ()
    public = ipaddress.ip_address(address).is_global
    return str(told[0]) if told else "internet" if public else address


def _packet(flow: Mapping[str, Any]) -> Packet | None:
    for protocol in ("TCP", "UDP"):
        if protocol in (flow.get("l4") or {}):
            ports = flow["l4"][protocol]
            return (protocol, flow["IP"]["source"], ports.get("source_port", 0),
                    flow["IP"]["destination"], ports.get("destination_port", 0))  # fmt: skip
    return None
