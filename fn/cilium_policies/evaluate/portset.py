"""Sets of ports, protocol by protocol: what may pass between two ends, as one value."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

Interval = tuple[int, int]  # both ends inclusive
PortSet = tuple[
    tuple[str, tuple[Interval, ...]], ...
]  # by protocol, in the order of PROTOCOLS; no empty entry

PROTOCOLS = ("TCP", "UDP", "SCTP", "ICMP", "ICMPV6")
NOTHING: PortSet = ()
EVERYTHING: PortSet = tuple((protocol, ((0, 65535),)) for protocol in PROTOCOLS)
_WORDS = {"ICMPV6": "ICMPv6"}


def port_set(spans: Iterable[tuple[str, int, int]]) -> PortSet:
    """The set of (protocol, low, high) spans; protocols that are none of PROTOCOLS are left out."""
    found: dict[str, list[Interval]] = {}
    for protocol, low, high in spans:
        found.setdefault(protocol, []).append((low, high))
    return tuple((name, _merged(found[name])) for name in PROTOCOLS if name in found)


def _merged(intervals: list[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


@lru_cache(maxsize=65536)
def union(one: PortSet, other: PortSet) -> PortSet:
    """What is in either."""
    return port_set((name, *interval) for part in (one, other) for name, found in part for interval in found)


@lru_cache(maxsize=65536)
def intersection(one: PortSet, other: PortSet) -> PortSet:
    """What is in both."""
    if one == EVERYTHING:
        return other
    if other == EVERYTHING:
        return one
    theirs = dict(other)
    found = []
    for name, intervals in one:
        for low, high in intervals:
            for first, last in theirs.get(name, ()):
                if max(low, first) <= min(high, last):
                    found.append((name, max(low, first), min(high, last)))
    return port_set(found)


@lru_cache(maxsize=65536)
def difference(one: PortSet, other: PortSet) -> PortSet:
    """What is in the first and not in the second."""
    taken = dict(other)
    found = []
    for name, intervals in one:
        for interval in intervals:
            found += [(name, *rest) for rest in _without(interval, taken.get(name, ()))]
    return port_set(found)


def _without(interval: Interval, holes: tuple[Interval, ...]) -> list[Interval]:
    low, high = interval
    rest = []
    for first, last in holes:
        if last < low or first > high:
            continue
        if first > low:
            rest.append((low, first - 1))
        low = last + 1
    if low <= high:
        rest.append((low, high))
    return rest


def is_any_port(ports: PortSet) -> bool:
    """Whether every port of TCP, UDP and SCTP is among them."""
    transports = [part for part in ports if part[0] in PROTOCOLS[:3]]
    return len(transports) == 3 and all(found == ((0, 65535),) for _, found in transports)


@lru_cache(maxsize=10_000)  # the same ports stand in many rows
def words(ports: PortSet, *, short: bool = False) -> str:
    """`8080/TCP, 53/UDP, any ICMP`; "any port" for everything, "" for nothing. `short`: TCP goes without saying."""
    if is_any_port(ports):
        rest = [_protocol(name, found, short) for name, found in ports[3:] if found != ((0, 65535),)]
        return ", ".join(["any port", *rest])
    return ", ".join(_protocol(name, found, short) for name, found in ports)


def _protocol(name: str, found: tuple[Interval, ...], short: bool) -> str:
    name = _WORDS.get(name, name)
    if found == ((0, 65535),):
        return f"any {name}"
    of = "" if short and name == "TCP" else f"/{name}"
    return ", ".join(f"{low}{of}" if low == high else f"{low}-{high}{of}" for low, high in found)
