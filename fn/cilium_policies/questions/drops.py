"""What Hubble says it dropped, as questions to `explain`: from whom, to whom, on which port."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable

from cilium_policies.kube.ports import TRANSPORTS
from cilium_policies.lean import Any, NamedTuple

_ICMP = {"ICMPv4": "ICMP", "ICMPv6": "ICMPV6"}
_NODES = ("kube-apiserver", "host", "remote-node", "ingress", "health", "init", "unmanaged")


class Drop(NamedTuple):
    """A connection that was cut: ends and port in the words of `explain`."""

    source: str
    target: str
    port: str


class Drops(NamedTuple):
    """Drops with their counts, the commonest first; how many lines were none of Hubble's, and how many no drop; and for
    each drop where and why the agent says that it was cut."""

    drops: list[tuple[Drop, int]]
    odd: int
    others: int
    said: dict[Drop, list[tuple[str, str]]]  # EGRESS or INGRESS, and the reason: POLICY_DENIED …
    pods: frozenset[str]  # ends whose name is a pod's, as the agent did not know the workload


def drops(lines: Iterable[bytes]) -> Drops:
    """The dropped connections of `hubble observe -o json`, each once."""
    counts: dict[Drop, int] = {}
    said: dict[Drop, list[tuple[str, str]]] = {}
    pods: set[str] = set()
    odd = others = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            body = json.loads(line)
            found = _drop(body)
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            odd += 1
            continue
        if found is None:
            others += 1
        else:
            counts[found] = counts.get(found, 0) + 1
            flow = body.get("flow", body)
            words = (str(flow.get("traffic_direction", "")), str(flow.get("drop_reason_desc", "")))
            pods |= _pods(flow)
            if words not in said.setdefault(found, []):
                said[found].append(words)
    return Drops(sorted(counts.items(), key=lambda pair: -pair[1]), odd, others, said, frozenset(pods))


def lines(one: Drop, found: Drops) -> list[str]:
    """A drop for people who have no manifests at hand: what Hubble tells of it, and the entry that would allow it."""
    said = found.said[one]
    text = [f"{one.source} => {one.target} {one.port}: dropped"]
    for direction, reason in said:
        where = {"EGRESS": f"egress of {one.source}", "INGRESS": f"ingress of {one.target}"}.get(
            direction, ""
        )
        if where or reason:
            text.append(f"  {', '.join(part for part in (where, _WHY.get(reason, reason)) if part)}")
    if any(reason == DENY for _, reason in said):
        text.append("  no spec.allow entry helps: remove the deny rule")
    elif all(reason in ("", DENIED) for _, reason in said):
        source, target = (_peer(name, is_pod=name in found.pods) for name in (one.source, one.target))
        entry = f"{{from: {source}, to: {target}, ports: [{one.port}], why: …}}"
        text.append(f"  to allow it, an entry of spec.allow: - {entry}")
    return text


DENIED, DENY = "POLICY_DENIED", "POLICY_DENY"
_WHY = {DENIED: "no rule allows it", DENY: "a deny rule forbids it"}


# What a controller appends to its own name for a pod's: ReplicaSets a hash and five signs, StatefulSets a number.
_APPENDED = re.compile(r"((-[0-9a-f]{8,10})?-[0-9a-z]{5}|-[0-9]{1,4})$")


def _pods(flow: dict[str, Any]) -> set[str]:
    ends = (flow["source"], flow["destination"])
    return {
        f"{one['namespace']}/{one['pod_name']}"
        for one in ends
        if one.get("namespace") and not one.get("workloads")
    }


def _peer(name: str, *, is_pod: bool) -> str:
    """An end in the words of spec.allow, which wants a workload's name where Hubble has a pod's."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        return f"{{cidr: {address}/{address.max_prefixlen}}}"
    if "/" in name:
        return f"{{pod: {_APPENDED.sub('', name) if is_pod else name}}}"
    return f"{{fqdn: {name}}}" if "." in name else name


def _drop(body: dict[str, Any]) -> Drop | None:
    flow = body.get("flow", body)
    if flow.get("verdict") != "DROPPED" or flow.get("is_reply"):
        return None
    address = flow.get("IP") or {}
    source = _end(flow["source"], address.get("source", ""), flow.get("source_names") or [])
    target = _end(flow["destination"], address.get("destination", ""), flow.get("destination_names") or [])
    port = _port(flow.get("l4") or {})
    return Drop(source, target, port) if source and target and port else None


def _end(end: dict[str, Any], address: str, names: list[str]) -> str:
    namespace = end.get("namespace", "")
    if namespace:
        workloads = end.get("workloads") or []
        return f"{namespace}/{workloads[0]['name'] if workloads else end['pod_name']}"
    words = {
        label.removeprefix("reserved:") for label in end.get("labels") or [] if label.startswith("reserved:")
    }
    node = next((word for word in _NODES if word in words), "")
    return node or (names[0] if names else address or "world")


def _port(layer: dict[str, Any]) -> str:
    for protocol in TRANSPORTS:
        if protocol in layer:
            return f"{int(layer[protocol].get('destination_port', 0))}/{protocol}"
    for name, protocol in _ICMP.items():
        if name in layer:
            return f"{int(layer[name].get('type', 0))}/{protocol}"
    return ""
