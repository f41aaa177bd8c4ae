"""Random policies for the checks of `validity`: sound ones with one to three things changed."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

Mapping = dict[str, Any]

_SELECTORS: list[Any] = [
    {},
    {"matchLabels": {"app": "web"}},
    {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s-app": "kube-dns"}},
    {"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]},
    {"matchExpressions": [{"key": "k8s:app", "operator": "Exists"}]},
]
_PORTS: list[Any] = [
    [{"ports": [{"port": "80", "protocol": "TCP"}]}],
    [{"ports": [{"port": "8000", "endPort": 8010, "protocol": "UDP"}]}],
    [{"ports": [{"port": "http"}]}],
    [{"ports": [{"port": "53", "protocol": "ANY"}], "rules": {"dns": [{"matchPattern": "*"}]}}],
    [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"method": "GET", "path": "/a.*"}]}}],
    [{"ports": [{"port": "443", "protocol": "TCP"}], "serverNames": ["example.org"]}],
    [{}],
    [],
]
_PEERS: list[Mapping] = [
    *({"Endpoints": [one]} for one in _SELECTORS),
    {"Entities": ["world", "host"]},
    {"CIDR": ["10.0.0.0/8"]},
    {"CIDRSet": [{"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}]},
    {"CIDRSet": [{"cidrGroupRef": "lan"}]},
    {"CIDRSet": [{"cidrGroupSelector": {"matchLabels": {"a": "b"}}}]},
    {"Endpoints": []},
    {},
]
_EGRESS_PEERS: list[Mapping] = [
    {"FQDNs": [{"matchName": "example.org"}, {"matchPattern": "*.example.org"}]},
    {"Services": [{"k8sService": {"serviceName": "db", "namespace": "app"}}]},
    *_PEERS,
]
_REFUSED_PEERS: list[Mapping] = [
    {"Nodes": [{}]},
    {"Requires": [{"matchLabels": {"a": "b"}}]},
    {"Entities": ["cluster-mesh"]},
    {"FQDNs": [{"matchName": "example.org"}]},
]
_ICMPS: list[Any] = [[{"fields": [{"type": 8}]}], [{"fields": [{"family": "IPv6", "type": "EchoRequest"}]}]]
_VALUES: list[Any] = [
    None, "", "a b", "0", "00080", "65536", "x" * 64, "http-", "web.alt", 8080, 0, -1, 70000, True, 1.5, [], {}, [{}],
    "10.0.0.1", "10.0.0.0/33", "fe80::/10", "tcp", "ICMP", "world", "Everybody", "https://a.io", "*.a.io", "(?=a)",
    ["a"], {"a": "b"}, "a:b:c", "reserved:host", "In", "Exists", "100", "IPv6", "a/b", "A.b/c", "80_80",
]  # fmt: skip
_KEYS = [
    "auditMode",
    "protocol",
    "endPort",
    "rules",
    "icmps",
    "toPorts",
    "values",
    "except",
    "cidr",
    "matchName",
]


def mutants(seed: int, count: int) -> Iterator[Mapping]:
    """`count` policies with distinct names, each drawn anew."""
    draw = random.Random(seed)
    for number in range(count):
        kind = draw.choice(["CiliumNetworkPolicy"] * 3 + ["CiliumClusterwideNetworkPolicy"])
        metadata: Mapping = {"name": f"p{number}"}
        if kind == "CiliumNetworkPolicy":
            metadata["namespace"] = "app"
        body: Mapping = {
            "apiVersion": "cilium.io/v2",
            "kind": kind,
            "metadata": metadata,
            "spec": _spec(draw),
        }
        if draw.random() < 0.2:
            body["specs"] = [_spec(draw)]
        if draw.random() < 0.1:
            body["specs"] = [body.pop("spec")]
        body = copy.deepcopy(body)
        for _ in range(draw.choice([0, 0, 1, 1, 1, 2])):
            _change(draw, body)
        _spare_the_judge(body)
        yield body


def _spec(draw: random.Random) -> Mapping:
    spec: Mapping = {"endpointSelector": draw.choice(_SELECTORS)}
    for key in ("ingress", "egress", "ingressDeny", "egressDeny"):
        if draw.random() < 0.4:
            side = "from" if key.startswith("ingress") else "to"
            spec[key] = [_rule(draw, side, key.endswith("Deny")) for _ in range(draw.randint(0, 2))]
    if draw.random() < 0.2:
        spec["enableDefaultDeny"] = {"ingress": draw.random() < 0.5, "egress": draw.random() < 0.5}
    if draw.random() < 0.1:
        spec["log"] = {"value": "text"}
    if draw.random() < 0.05:
        spec["nodeSelector"] = spec.pop("endpointSelector")
    return spec


def _rule(draw: random.Random, side: str, deny: bool) -> Mapping:
    peers = _EGRESS_PEERS if side == "to" else _PEERS
    if draw.random() < 0.1:
        peers = _REFUSED_PEERS
    rule = {f"{side}{key}": value for key, value in draw.choice(peers).items()}
    if draw.random() < 0.5:
        rule["toPorts"] = [
            {"ports": one["ports"]} if deny and "ports" in one else one for one in draw.choice(_PORTS)
        ]
    if draw.random() < 0.1:
        rule["icmps"] = draw.choice(_ICMPS)
    return rule


def _change(draw: random.Random, body: Mapping) -> None:
    """Replace, remove, add or double one thing somewhere below spec or metadata."""
    places = list(_places(body))
    if not places:
        return
    holder, key = draw.choice(places)
    way = draw.random()
    if way < 0.5:
        holder[key] = copy.deepcopy(draw.choice(_VALUES))
    elif way < 0.7:
        del holder[key]
    elif isinstance(holder, dict):
        holder[draw.choice(_KEYS)] = copy.deepcopy(draw.choice(_VALUES))
    else:
        holder.append(copy.deepcopy(holder[key]))


def _places(body: Any) -> Iterator[tuple[Any, Any]]:
    for key in ("spec", "specs"):
        if key in body:
            yield body, key
            yield from _below(body[key])


def _spare_the_judge(body: Mapping) -> None:
    """What crashes Cilium's own decoder or parser, and what the judge does not check, is left out: an icmps
    field without a type, a null among specs, a name twice in serverNames."""
    if isinstance(body.get("specs"), list):
        body["specs"] = [{} if spec is None else spec for spec in body["specs"]]
    for holder, key in list(_below(body)):
        members = holder[key]
        if not isinstance(members, list):
            continue
        if key == "serverNames":
            holder[key] = list({str(name): name for name in members}.values())
        if key == "fields":
            holder[key] = [_with_type(field) for field in members]


def _with_type(field: Any) -> Any:
    if field is None or (isinstance(field, dict) and field.get("type") is None):
        return {**(field or {}), "type": 8}
    return field


def _below(value: Any) -> Iterator[tuple[Any, Any]]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield value, key
        yield from _below(member)
