"""The ports of a rule: which packets it speaks of."""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.cilium.agent import port_number
from cilium_policies.cilium.model import PortRange, Rule, ToPorts
from cilium_policies.kube.ports import TRANSPORTS
from cilium_policies.lean import NamedTuple

NamedPorts = dict[str, tuple[int, str]]  # port name: (number, protocol)

# v1.20.2:pkg/policy/api/icmp.go
_ICMP4 = {
    "EchoReply": 0,
    "DestinationUnreachable": 3,
    "Redirect": 5,
    "Echo": 8,
    "EchoRequest": 8,
    "RouterAdvertisement": 9,
    "RouterSelection": 10,
    "TimeExceeded": 11,
    "ParameterProblem": 12,
    "Timestamp": 13,
    "TimestampReply": 14,
    "Photuris": 40,
    "ExtendedEchoRequest": 42,
    "ExtendedEchoReply": 43,
}
_ICMP6 = {
    "DestinationUnreachable": 1,
    "PacketTooBig": 2,
    "TimeExceeded": 3,
    "ParameterProblem": 4,
    "EchoRequest": 128,
    "EchoReply": 129,
    "MulticastListenerQuery": 130,
    "MulticastListenerReport": 131,
    "MulticastListenerDone": 132,
    "RouterSolicitation": 133,
    "RouterAdvertisement": 134,
    "NeighborSolicitation": 135,
    "NeighborAdvertisement": 136,
    "RedirectMessage": 137,
    "RouterRenumbering": 138,
    "ICMPNodeInformationQuery": 139,
    "ICMPNodeInformationResponse": 140,
    "InverseNeighborDiscoverySolicitation": 141,
    "InverseNeighborDiscoveryAdvertisement": 142,
    "HomeAgentAddressDiscoveryRequest": 144,
    "HomeAgentAddressDiscoveryReply": 145,
    "MobilePrefixSolicitation": 146,
    "MobilePrefixAdvertisement": 147,
    "DuplicateAddressRequestCodeSuffix": 157,
    "DuplicateAddressConfirmationCodeSuffix": 158,
    "ExtendedEchoRequest": 160,
    "ExtendedEchoReply": 161,
}


class Span(NamedTuple):
    """Ports of one protocol: `low` to `high` inclusive (ICMP: types), or those that `name` stands for.
    `entry` is the number of the toPorts entry it came from."""

    protocol: str
    low: int
    high: int
    name: str = ""
    entry: int = 0


def spans_of(rule: Rule) -> tuple[Span, ...] | None:
    """Every port of a rule; None where it names none and speaks of all traffic, ICMP too."""
    if not rule.ports and not rule.icmps:
        return None
    found = [
        span
        for number, entry in enumerate(rule.ports or ())
        for port in entry.ports
        for span in _port_spans(port, number)
    ]
    for family, kind in rule.icmps or ():
        names = _ICMP6 if family == "IPv6" else _ICMP4
        number = names.get(kind, int(kind) if kind.isdecimal() else -1)
        if family and number >= 0:
            # The engine keeps a type as a port, and port 0 is every port: type 0 allows every type.
            found.append(Span("ICMPV6" if family == "IPv6" else "ICMP", number, number or 65535))
    return tuple(found)


@lru_cache(maxsize=10_000)  # the same ports stand in many rules
def _port_spans(port: PortRange, entry: int) -> list[Span]:
    protocols = TRANSPORTS if port.protocol in ("ANY", "") else (port.protocol,)
    number = port_number(port.port)
    if number is None:
        return [Span(protocol, 0, port.end, port.port.lower(), entry) for protocol in protocols]
    if number == 0:  # whatever endPort says
        return [Span(protocol, 0, 65535, "", entry) for protocol in protocols]
    return [Span(protocol, number, max(number, port.end), "", entry) for protocol in protocols]


def in_span(span: Span, port: int, protocol: str, named: NamedPorts, *, ingress: bool) -> bool:
    """Whether a packet to `port` is meant. `named` are the receiver's ports; the end of a range counts for
    a name only on ingress."""
    if span.protocol != protocol:
        return False
    if not span.name:
        return span.low <= port <= span.high
    number, its_protocol = named.get(span.name, (0, ""))
    if not number or its_protocol != protocol:
        return False
    return number <= port <= (max(number, span.high) if ingress else number)


def entry_of(rule: Rule, span: Span) -> ToPorts | None:
    """The toPorts entry that a span came from; None for ICMP."""
    return rule.ports[span.entry] if rule.ports and span.protocol not in ("ICMP", "ICMPV6") else None
