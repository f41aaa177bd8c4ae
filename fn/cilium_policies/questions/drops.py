"""What Hubble says it dropped, as questions to `explain`: from whom, to whom, on which port."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_ICMP = {"ICMPv4": "ICMP", "ICMPv6": "ICMPV6"}
_NODES = ("kube-apiserver", "host", "remote-node", "ingress", "health", "init", "unmanaged")


class Drop(NamedTuple):
    """A connection that was cut: ends and port in the words of `explain`."""

    source: str
    target: str
    port: str


class Drops(NamedTuple):
    """Drops with their counts, the commonest first; how many lines were none of Hubble's, and how many no drop."""

    drops: list[tuple[Drop, int]]
    odd: int
    others: int


def drops(lines: Iterable[bytes]) -> Drops:
    """The dropped connections of `hubble observe -o json`, each once."""
    counts: dict[Drop, int] = {}
    odd = others = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            found = _drop(json.loads(line))
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            odd += 1
            continue
        if found is None:
            others += 1
        else:
            counts[found] = counts.get(found, 0) + 1
    return Drops(sorted(counts.items(), key=lambda pair: -pair[1]), odd, others)


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
    for protocol in _PROTOCOLS:
        if protocol in layer:
            return f"{int(layer[protocol].get('destination_port', 0))}/{protocol}"
    for name, protocol in _ICMP.items():
        if name in layer:
            return f"{int(layer[name].get('type', 0))}/{protocol}"
    return ""
