"""A cluster as the policy engine sees it: ends, policies, Services; and the answer to "may this pass?"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from cilium_policies.cilium.model import CidrGroup, Policy
from cilium_policies.evaluate.addresses import within
from cilium_policies.evaluate.endpoint import Endpoint
from cilium_policies.evaluate.entries import Entry, RuleRef, entries_of
from cilium_policies.evaluate.labels import CLUSTER, POD_NAMESPACE
from cilium_policies.evaluate.layer7 import conflict, learns
from cilium_policies.evaluate.options import DEFAULT, Options
from cilium_policies.evaluate.peers import Compiled, Named, Service
from cilium_policies.evaluate.ports import entry_of, in_span
from cilium_policies.evaluate.selectors import holds
from cilium_policies.evaluate.unknown import why_unknown
from cilium_policies.evaluate.verdict import (
    ALLOW_RULE,
    DEFAULT_DENY,
    DENY_RULE,
    LOCALHOST,
    OPEN,
    REFUSED,
    UNKNOWN_CONFLICT,
    UNMANAGED,
    Decision,
    Verdict,
    both,
)

_ENOUGH = 200_000  # cached answers; a stream of flows from everywhere must not fill the memory


class Side:
    """The entries that select one end, in one direction. `closed`: default deny is on; `idle` ones allow nothing."""

    __slots__ = ("allow", "closed", "closers", "conflict", "deny", "empty", "idle")

    def __init__(self, entries: list[Entry], options: Options) -> None:
        self.allow = [entry for entry in entries if not entry.deny and not entry.idle]
        self.deny = [entry for entry in entries if entry.deny and not entry.idle]
        self.idle = [entry for entry in entries if not entry.deny and entry.idle]
        self.closers = tuple(entry.ref for entry in entries if entry.closes)
        self.empty = not entries
        self.closed = bool(self.closers) or options.enable_policy == "always"
        if options.enable_policy == "never":
            self.allow, self.deny, self.closers, self.closed = [], [], (), False
        self.conflict = conflict(self.allow)


class _Spec:
    """The rules of one spec, which share their subject."""

    __slots__ = ("egress", "ingress", "subject")

    def __init__(self, rules: list[Entry]) -> None:
        self.subject = rules[0].subject
        self.egress = [one for one in rules if not one.ingress]
        self.ingress = [one for one in rules if one.ingress]


class PolicyRepository:
    """Policies (those that the agent accepts: see `validity`), Services and CIDR groups of one cluster.

    Ends are made by `endpoint`; an end keeps its answers here, so make each of them once.
    """

    def __init__(
        self,
        policies: Iterable[Policy],
        services: Iterable[Service] = (),
        groups: Sequence[CidrGroup] = (),
        options: Options = DEFAULT,
    ) -> None:
        self.options = options
        self.groups = groups
        self.services = tuple(services)
        compiled = Compiled()
        self.entries = [
            entry for policy in policies for entry in entries_of(policy, self.services, options, compiled)
        ]
        self._by_namespace: dict[str | None, list[_Spec]] = {}
        for _, rules in groupby(self.entries, lambda entry: id(entry.subject)):
            spec = list(rules)
            self._by_namespace.setdefault(spec[0].namespace(), []).append(_Spec(spec))
        self._index: dict[str, dict[tuple[str, str], list[int]]] = {}
        self._sides: dict[Endpoint, tuple[Side, Side]] = {}
        self._answers: dict[tuple[Endpoint, Endpoint, int, str, bool], Decision] = {}
        self._matches: dict[tuple[Entry, Endpoint], bool] = {}

    def place(self, end: Endpoint) -> Endpoint:
        """The end with the CIDR groups that hold its address; needed once for an address."""
        if end.address is not None:
            end.groups = tuple(
                number
                for number, group in enumerate(self.groups)
                if any(within(end.address, cidr) for cidr in group.cidrs)
            )
        return end

    def sides(self, end: Endpoint) -> tuple[Side, Side]:
        """Its egress and its ingress entries."""
        known = self._sides.get(end)
        if known is None:
            egress: list[Entry] = []
            ingress: list[Entry] = []
            for spec in (*self._by_namespace.get(None, ()), *(self._near(end) if end.namespace else ())):
                if holds(spec.subject, end):
                    egress += spec.egress
                    ingress += spec.ingress
            known = self._sides[end] = (Side(egress, self.options), Side(ingress, self.options))
        return known

    def _near(self, end: Endpoint) -> list[_Spec]:
        """The specs of its namespace that may select it, in order. Most subjects ask for one value of a label: they are
        looked up by it, so that many policies for many workloads each are not all held against all."""
        specs = self._by_namespace.get(end.namespace, [])
        index = self._index.get(end.namespace)
        if index is None:
            index = self._index[end.namespace] = _by_label(specs)
        numbers = list(index.get(("", ""), ()))
        for key, (_, value) in end.labels.items():
            numbers += index.get((key, value), ())
        return [specs[number] for number in sorted(numbers)]

    def verdict(self, source: Endpoint, target: Endpoint, port: int, protocol: str = "TCP") -> Verdict:
        """May `source` open a connection to this port of `target`? `port` is a pod port, or an ICMP type."""
        egress = self.decide(source, target, port, protocol, ingress=False)
        return both(egress, self.decide(target, source, port, protocol, ingress=True))

    def decide(
        self, subject: Endpoint, peer: Endpoint, port: int, protocol: str, *, ingress: bool
    ) -> Decision:
        """The answer of one end: the receiver's for ingress, else the sender's."""
        key = (subject, peer, port, protocol, ingress)
        known = self._answers.get(key)
        if known is None:
            if len(self._answers) > _ENOUGH:
                self._answers.clear()
                self._matches.clear()
            known = self._answers[key] = self._decide(subject, peer, port, protocol.upper(), ingress)
        return known

    def _decide(self, subject: Endpoint, peer: Endpoint, port: int, protocol: str, ingress: bool) -> Decision:
        if not subject.managed:
            return Decision(True, UNMANAGED)
        other, side = self.sides(subject) if ingress else self.sides(subject)[::-1]
        if side.conflict or other.conflict:
            return Decision(None, REFUSED, note=UNKNOWN_CONFLICT)
        receiver = subject if ingress else peer
        named = receiver.named_ports if receiver.managed else {}  # the agent knows no port names of nodes
        denied = [e for e in side.deny if e.speaks_of(port, protocol, named) and self.names(e, peer)]
        if denied:
            return Decision(False, DENY_RULE, tuple(entry.ref for entry in denied))
        allowed = [e for e in side.allow if e.speaks_of(port, protocol, named) and self.names(e, peer)]
        note = ""
        if peer.fqdn and not ingress and self.options.dns_check:
            certain = [entry for entry in allowed if not _by_name_alone(entry)]
            if allowed and not certain and not learns(side.allow, side.deny, side.closed, peer.fqdn):
                note = "toFQDNs matches, but no DNS rule of this pod lets it learn the address"
                allowed = []
            allowed = certain or allowed
        if allowed:
            return self._allowed(allowed, port, protocol, named, ingress)
        if not side.closed:
            return Decision(True, OPEN)
        if ingress and self._is_own_node(peer, side):
            return Decision(True, LOCALHOST)
        waiting = side.idle if not self.options.all_services else ()
        unknown = (
            "" if note else why_unknown(side.allow, waiting, self.services, peer, (port, protocol), named)
        )
        return Decision(None if unknown else False, DEFAULT_DENY, side.closers, note=unknown or note)

    def names(self, entry: Entry, peer: Endpoint) -> bool:
        """Whether the entry's peers include this end."""
        if not entry.peers:
            return entry.peers is not None and entry.spans is not None
        key = (entry, peer)
        known = self._matches.get(key)
        if known is None:
            known = self._matches[key] = any(one.matches(peer, self.groups) for one in entry.peers)
        return known

    def _is_own_node(self, peer: Endpoint, side: Side) -> bool:
        return self.options.allow_localhost and not side.empty and "host" in peer.labels

    def _allowed(
        self, entries: list[Entry], port: int, protocol: str, named: dict[str, tuple[int, str]], ingress: bool
    ) -> Decision:
        ranked: list[tuple[int, RuleRef, set[str]]] = []
        for entry in entries:
            spans = [s for s in entry.spans or () if in_span(s, port, protocol, named, ingress=ingress)]
            found = [entry_of(entry.rule, span) for span in spans] if entry.rule else []
            width = min((span.high - span.low for span in spans), default=65536)
            ranked.append((width, entry.ref, {one.l7 for one in found if one and one.l7}))
        ranked.sort(key=lambda one: one[0])
        # The proxy stays as long as one of the narrowest rules sends the port through it.
        layers = {layer for width, _, found in ranked if width == ranked[0][0] for layer in found}
        return Decision(True, ALLOW_RULE, tuple(ref for _, ref, _ in ranked), ", ".join(sorted(layers)))


def _by_name_alone(entry: Entry) -> bool:
    return bool(entry.peers) and all(isinstance(one, Named) for one in entry.peers or ())


def _by_label(specs: list[_Spec]) -> dict[tuple[str, str], list[int]]:
    """Specs by the rarest label and value that their subjects ask for; ("", "") for those that ask for none."""
    asked = [
        [
            (need.key, need.values[0])
            for need in spec.subject
            if need.operator == "In" and len(need.values) == 1 and need.key not in (POD_NAMESPACE, CLUSTER)
        ]
        for spec in specs
    ]
    counts = Counter(one for needs in asked for one in needs)
    found: dict[tuple[str, str], list[int]] = {}
    for number, needs in enumerate(asked):
        found.setdefault(min(needs, key=counts.__getitem__) if needs else ("", ""), []).append(number)
    return found
