"""Answers as plain values for programs: ends and ports as objects, no key made of data.

The shapes are described in docs/schema/answers.json; within a version fields are only added.
"""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.evaluate.portset import EVERYTHING, PortSet
from cilium_policies.kube.ports import Port
from cilium_policies.lean import Any
from cilium_policies.questions.decided import Decided
from cilium_policies.questions.list import Connection
from cilium_policies.questions.party import Party

Value = dict[str, Any]
_ANY = (0, 65535)


def end(party: Party) -> Value:
    """One end: `kind`, the fields of that kind, and `text` as people read it."""
    return {**_fields(party), "text": str(party)}


def _fields(party: Party) -> Value:
    shown: Value = {"kind": party.kind}
    name = party.by_name.name
    shown |= {key: value for key, value in (("namespace", party.namespace), ("name", name)) if value}
    if name != party.name:
        shown["workloadKind"] = party.name.partition("/")[0]
    if party.kind == "pods" and shown.pop("name", ""):
        shown["shown"] = True
    if party.excepts:
        shown["except"] = list(party.excepts)
    return shown


def ports(found: PortSet) -> list[Value]:
    """Each span of ports: `protocol`, and `port` (with `endPort` for a range) or `icmpType`; no number: any of the
    protocol's. An empty list: every port of every protocol."""
    if found == EVERYTHING:
        return []
    return [_span(protocol, low, high) for protocol, spans in found for low, high in spans]


def _span(protocol: str, low: int, high: int) -> Value:
    icmp = protocol.startswith("ICMP")
    value: Value = {"protocol": "ICMPv6" if protocol == "ICMPV6" else protocol}
    if (low, high) != _ANY:
        value["icmpType" if icmp else "port"] = low
        if high > low:
            value["endIcmpType" if icmp else "endPort"] = high
    return value


def declared(found: Iterable[Port]) -> list[Value]:
    """Ports as a workload declares them."""
    return [_span(one.protocol, one.number, max(one.number, one.end)) for one in found]


def decided(rows: Iterable[Decided]) -> list[Value]:
    """Rows of `list` with what decides them. `rules` name policy, field and, for one of the input, its place."""
    return [
        {
            **connections([one.connection])[0],
            "kind": one.kind,
            "reasons": list(one.reasons),
            "evidence": list(one.evidence),
            "rules": [rule._asdict() for rule in one.rules],
            "marks": list(one.marks),
        }
        for one in rows
    ]


def connections(rows: Iterable[Connection]) -> list[Value]:
    """Rows of `list`."""
    return [{"from": end(one.source), "to": end(one.target), "ports": ports(one.open)} for one in rows]
