"""Flows in the form in which `hubble observe -o json` prints them (v1.20.2:api/v1/flow/flow.proto, observer.proto)."""

from __future__ import annotations

import itertools
import json
import zlib
from typing import Any

from cilium_policies.evaluate.endpoint import Endpoint

TIME = "2026-11-24T09:30:{:02}.123456789Z"
NODES = {
    "host": 1,
    "world": 2,
    "unmanaged": 3,
    "health": 4,
    "init": 5,
    "remote-node": 6,
    "kube-apiserver": 7,
    "ingress": 8,
}


_source_ports = itertools.cycle(range(32_768, 61_000))  # each line its own connection


def pod(namespace: str, workload: str, labels: list[str], kind: str = "Deployment") -> dict[str, Any]:
    """An end that is a pod of this workload; `labels` as Hubble writes them (`k8s:app=web`)."""
    return {
        "ID": 123,
        "identity": 256 + zlib.crc32(f"{namespace}/{workload}".encode()) % 60_000,
        "cluster_name": "home",
        "namespace": namespace,
        "labels": labels,
        "pod_name": f"{workload}-5d9c7b8f6d-abcde",
        "workloads": [{"name": workload, "kind": kind}],
    }


def of_endpoint(end: Endpoint, workload: str) -> dict[str, Any]:
    """An end with the identity labels of one that the plan knows; the cluster is called otherwise."""
    labels = []
    for key, (source, value) in sorted(end.labels.items()):
        value = "home" if key == "io.cilium.k8s.policy.cluster" else value
        labels.append(f"{source}:{key}={value}" if value else f"{source}:{key}")
    if end.namespace and end.managed:
        return pod(end.namespace, workload, labels)
    return reserved(*sorted(end.labels))


def reserved(*words: str) -> dict[str, Any]:
    """A node, the API server, the world: what has no pod."""
    identity = next(
        (NODES[word] for word in ("host", "kube-apiserver", *words) if word in words and word in NODES), 9
    )
    return {"identity": identity, "labels": [f"reserved:{word}" for word in words]}


def address(number: int = 0) -> dict[str, Any]:
    """An end outside: its address stands in `IP` of the flow."""
    return {"identity": (1 << 24) + number, "labels": ["cidr:192.0.2.0/24", "reserved:world"]}


def line(
    source: dict[str, Any],
    target: dict[str, Any],
    port: int,
    *,
    direction: str = "INGRESS",
    protocol: str = "TCP",
    by: list[str] | None = None,
    ips: tuple[str, str] = ("10.0.0.1", "10.0.0.2"),
    names: list[str] | None = None,
    second: int = 0,
    **more: Any,
) -> bytes:
    """One line: a forwarded policy verdict. `by` names the policies that allow it; [] is none of them."""
    layer4: dict[str, Any] = {
        protocol: {"source_port": next(_source_ports), "destination_port": port, "flags": {"SYN": True}}
    }
    if protocol.startswith("ICMP"):
        layer4 = {protocol: {"type": port}}
    flow: dict[str, Any] = {
        "time": TIME.format(second),
        "verdict": "FORWARDED",
        "IP": {"source": ips[0], "destination": ips[1], "ipVersion": "IPv4"},
        "l4": layer4,
        "source": source,
        "destination": target,
        "Type": "L3_L4",
        "node_name": "home/node-1",
        "event_type": {"type": 5},
        "traffic_direction": direction,
        "is_reply": False,
        "Summary": "TCP Flags: SYN",
    }
    if names:
        flow["destination_names"] = names
    if by is not None:
        allow_any = [
            {
                "labels": [f"reserved:io.cilium.policy.derived-from=allow-any-{direction.lower()}"],
                "revision": "1",
            }
        ]
        named = [
            {"name": name, "namespace": "x", "kind": "CiliumNetworkPolicy", "revision": "1"} for name in by
        ]
        flow[f"{direction.lower()}_allowed_by"] = named or allow_any
    flow.update(more)
    whole = {"flow": flow, "node_name": "home/node-1", "time": flow["time"]}
    return json.dumps(whole).encode() + b"\n"
