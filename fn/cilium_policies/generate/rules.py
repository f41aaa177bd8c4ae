"""Edges as rules of one subject: equal reasons joined, what a wider rule covers left out, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter

from cilium_policies.cilium.model import Cidr, Fqdn, PortRange, Requirement, Rule, Selector, ToPorts
from cilium_policies.evidence.edge import (
    AllPodsPeer,
    CidrPeer,
    Edge,
    EntityPeer,
    FqdnPeer,
    InternetPeer,
    LabelsPeer,
    NamespacePeer,
    OutsidePeer,
    Peer,
    WorkloadPeer,
)
from cilium_policies.evidence.ends import identities
from cilium_policies.evidence.reasons import Reason, seen_by_server
from cilium_policies.generate.peers import NAMESPACE_KEY, OUTSIDE, covers, endpoint, internet, rank, width
from cilium_policies.generate.rule_words import is_every, whom, why
from cilium_policies.kube.ports import Port

_LONGEST_NAME = 253  # of a DNS name, without its last dot
_FEW = 8
_MOST_PORTS = 40  # of one toPorts entry, by the CRD schema
_Rules = tuple[tuple[tuple[str, str], ...], tuple[str, ...]]  # of layer 7: HTTP, DNS
_NO_RULES: _Rules = ((), ())


class _Flow:
    """Edges of one peer and reason while they are joined; `selector` and `sorted` are what the joined flow has.
    `edges` are those that it was made of, then those whose flow it covers. Ports and ICMP types stand in flows of their
    own: no rule may hold both."""

    __slots__ = ("edges", "peer", "ports", "reason", "rules", "selector", "sorted")

    def __init__(self, peer: Peer, reason: Reason) -> None:
        self.edges: list[Edge] = []
        self.peer = peer
        self.reason = reason
        self.ports: set[Port] = set()
        self.rules = _NO_RULES
        self.selector: Selector | None = None
        self.sorted: tuple[Port, ...] = ()


def rules(
    edges: Iterable[tuple[Peer, Edge]],
    namespace: str,
    node_cidrs: tuple[str, ...] = (),
    *,
    of_server: bool = False,
    search: str = "",
) -> tuple[Rule, ...]:
    """The rules of one direction. `edges` pairs each edge with the peer at its other end, the best reason first; no
    edge: `[{}]`, which denies by default and allows nobody. `of_server`: they are ingress rules. `search`: the suffix
    with which the cluster's DNS answers names (autopath)."""
    flows = _uncovered(_joined(edges, of_server))
    grouped: dict[tuple[object, ...], list[_Flow]] = {}
    for flow in flows:
        flow.selector = endpoint(flow.peer, namespace)
        flow.sorted = tuple(sorted(flow.ports)) if len(flow.ports) > 1 else tuple(flow.ports)
        alone = flow.rules is not _NO_RULES
        kind = "pods" if flow.selector is not None else flow.peer.kind
        key = (kind, flow.reason, flow.sorted, flow.rules, flow.peer if alone else None)
        grouped.setdefault(key, []).append(flow)
    often = _repeated([members[0].reason for members in grouped.values()]) if len(grouped) > 1 else set()
    made = []
    for members in grouped.values():
        first = members[0]
        kept = first.edges if len(members) == 1 else [edge for flow in members for edge in flow.edges]
        who = whom((flow.peer for flow in members), namespace) if first.reason in often else ""
        order, rule = _rule(members, node_cidrs, _distinct(kept), why(first.reason, first.ports, who))
        if search and rule.fqdns:
            rule = rule._replace(fqdns=_as_answered(rule.fqdns, search))
        made.append((order, rule))
    if len(made) > 1:
        made.sort(key=itemgetter(0))
    return tuple([rule for _, rule in made]) or (Rule(),)


def _distinct(edges: list[Edge]) -> tuple[Edge, ...]:
    """Each edge once. Most rules have few, which compare sooner than they are hashed, as their ends differ."""
    if len(edges) > _FEW:
        return tuple(dict.fromkeys(edges))
    kept = edges[:1]
    for edge in edges[1:]:
        if edge not in kept:
            kept.append(edge)
    return tuple(kept)


def _repeated(reasons: Iterable[Reason]) -> set[Reason]:
    """The reasons that stand more than once."""
    met: set[Reason] = set()
    again: set[Reason] = set()
    for one in reasons:
        (again if one in met else met).add(one)
    return again


class _Met:
    """What the edges before said of one peer: its flows, the ports that they allow, and whether one allows all."""

    __slots__ = ("every", "flows", "ports")

    def __init__(self) -> None:
        self.every = False
        self.flows: dict[tuple[Reason, _Rules, str], _Flow] = {}
        self.ports: set[Port] = set()


def _joined(edges: Iterable[tuple[Peer, Edge]], of_server: bool) -> list[_Flow]:
    flows: list[_Flow] = []
    peers: dict[Peer, _Met] = {}
    covered: list[tuple[_Met, frozenset[Port], Edge]] = []
    for peer, edge in edges:
        reason = seen_by_server(edge.reason) if of_server else edge.reason
        parts = _parts(edge)
        for one in identities(peer):
            met = peers.get(one)
            if met is None:
                met = peers[one] = _Met()
            for sort, ports, l7 in parts:
                if l7 is _NO_RULES:
                    if met.every or (ports and ports <= met.ports):
                        covered.append((met, ports, edge))  # an earlier edge has said it
                        continue
                    if met.ports:
                        ports = ports - met.ports
                    met.ports |= ports
                    met.every = not ports
                key = (reason, l7, sort)
                flow = met.flows.get(key)
                if flow is None:
                    flow = met.flows[key] = _Flow(one, reason)
                    flows.append(flow)
                flow.ports |= ports
                flow.rules = l7
                flow.edges.append(edge)
    for met, ports, edge in covered:
        for flow in met.flows.values():
            if not flow.ports or not ports or flow.ports & ports:
                flow.edges.append(edge)
    return flows


def _parts(edge: Edge) -> list[tuple[str, frozenset[Port], _Rules]]:
    """An edge's ports with its rules of layer 7, and its ICMP types, as far as it has them, each behind its sort."""
    ports, types = _sorted(edge.ports)
    told = ("ports" if ports else "", ports, (edge.http, edge.dns) if edge.http or edge.dns else _NO_RULES)
    if not types:  # as nearly always
        return [told]
    icmp = ("icmp", types, _NO_RULES)
    return [told, icmp] if ports else [icmp]


@lru_cache(maxsize=1024)
def _sorted(ports: tuple[Port, ...]) -> tuple[frozenset[Port], frozenset[Port]]:
    """Ports, those with a number without their names, and ICMP types."""
    bare = {
        Port(port.number, port.protocol, "", port.end) if port.number and port.name else port
        for port in ports
    }
    types = frozenset(port for port in bare if port.icmp)
    return frozenset(bare - types), types


def _uncovered(flows: list[_Flow]) -> list[_Flow]:
    """Without the flows that a wider peer allows on the same ports already."""
    wide: dict[str, set[Port]] = {}
    every: set[str] = set()  # those that allow all ports
    for flow in flows:
        name = "" if flow.peer.kind == "workload" else width(flow.peer)  # most are, and contain nobody else
        if name and flow.rules is _NO_RULES:
            wide.setdefault(name, set()).update(flow.ports)
            if not flow.ports:
                every.add(name)
    if not wide:
        return flows
    kept = []
    for flow in flows:
        for cover in covers(flow.peer):
            if flow.rules is not _NO_RULES:
                continue
            if cover in every:
                break
            if cover in wide and flow.ports:
                flow.ports -= wide[cover]
                if not flow.ports:
                    break
        else:
            kept.append(flow)
    return kept


def _rule(
    flows: list[_Flow], node_cidrs: tuple[str, ...], edges: tuple[Edge, ...], why: str
) -> tuple[tuple[object, ...], Rule]:
    """The rule of flows that are alike, made of these edges, with its sentence; and its place among others."""
    first = flows[0]
    if first.selector is not None:  # then all have one
        order, rule = _of_pods(first, flows, edges, why)
    else:
        order, rule = _of_others(first, flows, node_cidrs, edges, why)
    ports = first.sorted
    if ports and ports[0].icmp:  # then all are
        fields = tuple(("IPv6" if port.protocol == "ICMPv6" else "IPv4", str(port.number)) for port in ports)
        return order, rule._replace(ports=None, icmps=fields)
    return order, rule


def _of_pods(
    first: _Flow, flows: list[_Flow], edges: tuple[Edge, ...], why: str
) -> tuple[tuple[object, ...], Rule]:
    named = [flow.selector for flow in flows if flow.selector is not None]
    if len(named) > 1:
        named.sort(key=_requirements)
        named = [one for number, one in enumerate(named) if not number or one != named[number - 1]]
    wanted = named[0].requirements
    foreign = bool(wanted) and wanted[0].key == NAMESPACE_KEY
    order = (rank(first.peer), foreign, wanted, first.sorted, first.reason)
    return order, Rule(endpoints=tuple(named), ports=_to_ports(first), edges=edges, why=why)


def _of_others(
    first: _Flow, flows: list[_Flow], node_cidrs: tuple[str, ...], edges: tuple[Edge, ...], why: str
) -> tuple[tuple[object, ...], Rule]:
    ports = _to_ports(first)
    peers = [flow.peer for flow in flows]
    names = tuple(
        sorted({peer.name for peer in peers if peer.kind in ("entity", "internet", "cidr", "fqdn")})
    )
    order: tuple[object, ...] = (rank(first.peer), False, names, first.sorted, first.reason)
    match first.peer:
        case EntityPeer():
            return order, Rule(entities=names, ports=ports, edges=edges, why=why)
        case InternetPeer():
            return order, Rule(cidrs=internet(node_cidrs, first.sorted), ports=ports, edges=edges, why=why)
        case OutsidePeer():
            return order, Rule(cidrs=OUTSIDE, ports=ports, edges=edges, why=why)
        case FqdnPeer():
            entries = tuple(Fqdn(pattern=name) if "*" in name else Fqdn(name=name) for name in names)
            return order, Rule(fqdns=entries, ports=ports, edges=edges, why=why)
        case CidrPeer():
            ranges = sorted({(peer.name, peer.excepts) for peer in peers if peer.kind == "cidr"})
            return order, Rule(cidrs=tuple(Cidr(*one) for one in ranges), ports=ports, edges=edges, why=why)
        case WorkloadPeer() | LabelsPeer() | NamespacePeer() | AllPodsPeer():
            raise AssertionError(first.peer)  # each of these has a selector


def _as_answered(names: tuple[Fqdn, ...], search: str) -> tuple[Fqdn, ...]:
    """Names as they stand, then as CoreDNS' autopath answers them."""
    long = (Fqdn(*(f"{part.rstrip('.')}.{search}" if part else "" for part in one)) for one in names)
    return (*names, *(one for one in long if len(one.name or one.pattern) <= _LONGEST_NAME))


def _to_ports(flow: _Flow) -> tuple[ToPorts, ...] | None:
    if not flow.ports:
        return None
    if flow.rules is _NO_RULES:
        return _plain_ports(flow.sorted)
    http, dns = flow.rules
    ranges = [_range(port) for port in flow.sorted]
    if http:
        rules = {"http": [_request(method, path) for method, path in http]}
        return tuple(ToPorts((one,), "http", rules) for one in ranges)
    return (ToPorts(tuple(ranges), "dns", {"dns": [{"matchPattern": pattern} for pattern in dns]}),)


@lru_cache(maxsize=1024)
def _plain_ports(ports: tuple[Port, ...]) -> tuple[ToPorts, ...]:
    """Ports without rules of layer 7; most rules of a cluster have one of few lists."""
    # "0" is one entry of the policy map, where the range would take sixteen
    ranges = [PortRange("0", port.protocol) if is_every(port) else _range(port) for port in ports]
    return tuple(ToPorts(tuple(ranges[at : at + _MOST_PORTS])) for at in range(0, len(ranges), _MOST_PORTS))


def _range(port: Port) -> PortRange:
    return PortRange(str(port.number) if port.number else port.name, port.protocol, port.end)


def _request(method: str, path: str) -> dict[str, str]:
    return {key: value for key, value in (("method", method), ("path", path)) if value}


def _requirements(selector: Selector) -> tuple[Requirement, ...]:
    return selector.requirements
