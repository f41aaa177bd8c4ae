"""Who may talk to whom, for all ends of a cluster at once.

Sets of ends are whole numbers, one bit for each end: a thousand ends have a million pairs, and most share
their answer. What a selector matches is worked out once, among the ends of the namespace that it names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from cilium_policies.evaluate.endpoint import Endpoint
from cilium_policies.evaluate.entries import Entry
from cilium_policies.evaluate.peers import Labelled, Matcher
from cilium_policies.evaluate.ports import NamedPorts, Span
from cilium_policies.evaluate.portset import (
    EVERYTHING,
    NOTHING,
    PortSet,
    difference,
    intersection,
    port_set,
    union,
)
from cilium_policies.evaluate.repository import PolicyRepository

Parts = dict[PortSet, int]  # ports to the ends that they are open for; the ends are disjoint


class Reach:
    """The open ports between `ends`, in the world's policies. `index` tells an end's bit."""

    def __init__(self, repository: PolicyRepository, ends: Sequence[Endpoint]) -> None:
        self.repository = repository
        self.ends = list(ends)
        self.index = {end: number for number, end in enumerate(self.ends)}
        self.everyone = (1 << len(self.ends)) - 1
        self._bearing, self._others = _by_label(self.ends)
        self._masks: dict[Matcher, int] = {}
        # The same by the matchers' identity, which is asked for first: rules keep theirs, and many share some.
        self._same: dict[int, int] = {}
        self._meant: dict[Entry, int] = {}  # by rule: each is asked for from both ends
        self._allowed: dict[tuple[Endpoint, bool], list[tuple[Entry, int]]] = {}
        self._senders = self._all_senders()

    def into(self, target: Endpoint) -> Parts:
        """From whom to `target`: ports to the set of sources. The target itself is left out."""
        number = self.index[target]
        ingress = self._side_parts(target, ingress=True)
        others_than_itself = self.everyone & ~(1 << number)
        found: Parts = {}
        for ports, sources in ingress.items():
            for others, senders in self._senders[number].items():
                both = sources & senders & others_than_itself
                common = intersection(ports, others) if both else NOTHING
                if common:
                    found[common] = found.get(common, 0) | both
        return found

    def allowing(self, end: Endpoint, other: Endpoint, *, ingress: bool) -> list[Entry]:
        """The rules of one end's own policies that mean the other end, whatever their ports."""
        allowed = self._allowed.get((end, ingress))
        if allowed is None:
            side = self.repository.sides(end)[1 if ingress else 0]
            allowed = self._allowed[end, ingress] = [(entry, self._mask(entry)) for entry in side.allow]
        bit = 1 << self.index[other]
        return [entry for entry, mask in allowed if mask & bit]

    def members(self, mask: int) -> Iterator[Endpoint]:
        """The ends of a set, in order."""
        return (self.ends[number] for number in _numbers(mask))

    def _all_senders(self) -> list[Parts]:
        """For each end, by its number: who may open which ports to it as far as their own egress goes. Ends with the
        same answer (all that no policy closes, say) are gone through once."""
        alike: dict[tuple[PortSet, int], int] = {}
        for number, end in enumerate(self.ends):
            for ports, mask in self._side_parts(end, ingress=False).items():
                alike[ports, mask] = alike.get((ports, mask), 0) | (1 << number)
        found: list[Parts] = [{} for _ in self.ends]
        for (ports, mask), senders in alike.items():
            for other in _numbers(mask):
                found[other][ports] = found[other].get(ports, 0) | senders
        return found

    def _side_parts(self, end: Endpoint, *, ingress: bool) -> Parts:
        """The ports that one end's own policies open, by peer."""
        if not end.managed:
            return {EVERYTHING: self.everyone}
        side = self.repository.sides(end)[1 if ingress else 0]
        if side.conflict:
            return {}
        parts: Parts = {NOTHING if side.closed else EVERYTHING: self.everyone}
        for entries, combine in ((side.allow, union), (side.deny, difference)):
            for entry in entries:
                if not entry.named:  # as nearly all
                    parts = _refined(parts, self._mask(entry), numbered(entry.spans), combine)
                    continue
                for ports, mask in self._named_parts(entry, end, ingress).items():
                    parts = _refined(parts, mask, ports, combine)
        parts.pop(NOTHING, None)
        return parts

    def _named_parts(self, entry: Entry, end: Endpoint, ingress: bool) -> Parts:
        """The same for a rule that names ports, which each receiver may have elsewhere."""
        mask, spans = self._mask(entry), entry.spans or ()
        if ingress:
            return {numbers(spans, end.named_ports, ingress=True): mask}
        found: Parts = {}
        for peer in self.members(mask):
            named = peer.named_ports if peer.managed else {}
            ports = numbers(spans, named, ingress=False)
            found[ports] = found.get(ports, 0) | (1 << self.index[peer])
        return found

    def _mask(self, entry: Entry) -> int:
        """Whom a rule means, among the ends."""
        mask = self._meant.get(entry)
        if mask is None:
            mask = self._meant[entry] = self._of_peers(entry)
        return mask

    def _of_peers(self, entry: Entry) -> int:
        if not entry.peers:
            return self.everyone if entry.peers is not None and entry.spans is not None else 0
        mask = 0
        for matcher in entry.peers:
            known = self._same.get(id(matcher))
            if known is None:
                known = self._masks.get(matcher)
                if known is None:
                    known = self._masks[matcher] = self._matched(matcher)
                self._same[id(matcher)] = known
            mask |= known
        return mask

    def _matched(self, matcher: Matcher) -> int:
        candidates = self.everyone
        if isinstance(matcher, Labelled):
            if not matcher.needs:
                return self.everyone
            for need in matcher.needs:
                if need.operator == "In":
                    bearing = self._others
                    for value in need.values:
                        bearing |= self._bearing.get((need.key, value), 0)
                    candidates &= bearing
        groups, mask = self.repository.groups, 0
        for number in _numbers(candidates):
            if matcher.matches(self.ends[number], groups):
                mask |= 1 << number
        return mask


def _by_label(ends: Sequence[Endpoint]) -> tuple[dict[tuple[str, str], int], int]:
    """The ends by each label and value that they, or what stands for all of their kind, bear; and those that selectors
    may mean by something else, their address."""
    bearing: dict[tuple[str, str], int] = {}
    others = 0
    for number, end in enumerate(ends):
        bit = 1 << number
        if end.address is not None:
            others |= bit
        for labels in (end.labels, end.aggregate or {}):
            for key, (_, value) in labels.items():
                bearing[key, value] = bearing.get((key, value), 0) | bit
    return bearing, others


def numbers(spans: tuple[Span, ...], named: NamedPorts, *, ingress: bool) -> PortSet:
    """The port numbers of a rule's spans at a receiver with these named ports."""
    found: list[tuple[str, int, int]] = []
    for span in spans:
        if not span.name:
            found.append((span.protocol, span.low, span.high))
            continue
        number, protocol = named.get(span.name, (0, ""))
        if number and protocol == span.protocol:
            found.append((protocol, number, max(number, span.high) if ingress else number))
    return port_set(found)


@lru_cache(maxsize=10_000)  # the same ports stand in many rules
def numbered(spans: tuple[Span, ...] | None) -> PortSet:
    """The port numbers of a rule's spans without names."""
    return EVERYTHING if spans is None else port_set((span.protocol, span.low, span.high) for span in spans)


def _numbers(mask: int) -> Iterator[int]:
    """The places of the bits of a set, in order."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _refined(
    parts: Parts, mask: int, ports: PortSet, combine: Callable[[PortSet, PortSet], PortSet]
) -> Parts:
    """The parts with `ports` added to (or taken from) the ends in `mask`."""
    found: Parts = {}
    for known, ends in parts.items():
        touched, rest = ends & mask, ends & ~mask
        if touched:
            new = combine(known, ports)
            found[new] = found.get(new, 0) | touched
        if rest:
            found[known] = found.get(known, 0) | rest
    return found
