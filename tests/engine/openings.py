"""Least privilege as a number: what the policies allow beyond the rows that need it and the edges of the facts.

Every pod of the case, a stranger in each namespace and in a new one, the nodes, the API server, a LAN and a public
address are asked about every container port, every port of a rule, and one that nobody uses. One opening is one
(from, to, protocol/port).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

from tests.engine.corpus import Case
from tests.engine.facts import LAN, PUBLIC, FactEdges, Facts
from tests.engine.judge import End, Verdict, World
from tests.engine.policies import names, namespaces, rules

UNUSED_PORT = 61234
_LAN_ADDRESS = "192.168.1.199"
_PUBLIC_ADDRESS = "203.0.113.77"


class Openings(NamedTuple):
    """What is open though nothing asks for it, and how many verdicts were taken."""

    flows: tuple[tuple[str, str, str], ...]
    given: tuple[
        tuple[str, str, str], ...
    ]  # opened by the cluster's own policies, which nobody but their author changes
    optional: tuple[tuple[str, str, str], ...]  # the facts know them, but only where something asks for them
    asked: int


def by_pair(flows: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], list[str]]:
    """The ports of each (from, to)."""
    found: dict[tuple[str, str], list[str]] = {}
    for source, target, port in flows:
        found.setdefault((source, target), []).append(port)
    return found


def openings(case: Case, world: World, policies: str, facts: Facts) -> Openings:
    """Compute the openings of the policies that the world holds; `policies` is their text, for its ports."""
    first: dict[int, str] = {}
    for pod in world.pods:
        if "identity" in pod:
            first.setdefault(pod["identity"], pod["name"])
    canonical = {pod["name"]: first.get(pod.get("identity", 0), "remote-node") for pod in world.pods}
    spaces = {pod["namespace"] for pod in world.pods}
    peers = {
        f"a stranger in {name}": {"labels": {"who": "stranger"}, "namespace": name} for name in sorted(spaces)
    }
    peers["a stranger elsewhere"] = {"labels": {"who": "stranger"}, "namespace": "a-new-namespace"}
    peers.update(outside_peers())
    found, asked = world.openings(peers, sorted(_ports(world, policies)), selected=case.kind == "app")
    needed = set(_needed(case, canonical))
    pods = [pod for pod in world.pods if canonical[pod["name"]] == pod["name"]]
    strangers = [
        {"name": name, "namespace": end["namespace"], "labels": {}}
        for name, end in peers.items()
        if "namespace" in end
    ]
    known = FactEdges(facts, [*pods, *strangers])
    # Between two ends of namespaces without a generated policy the product has no say.
    covered = namespaces(policies)
    foreign = {name for name, end in peers.items() if end.get("namespace") not in covered}
    foreign |= {pod["name"] for pod in pods if pod["namespace"] not in covered}
    flows, optional = [], []
    for one in found:
        if {one["from"], one["to"]} <= foreign:
            continue
        for flow in ((one["from"], one["to"], port) for port in one["ports"]):
            statement = next(
                filter(None, ("a row" if as_ in needed else known.stated_by(*as_) for as_ in _same(flow))), ""
            )
            if not statement:
                flows.append(flow)
            elif statement.endswith(", optional"):
                optional.append(flow)
    governed = _governed(world, [*flows, *optional], peers)
    generated = names(policies)
    given = dict.fromkeys(flow for flow, verdict in governed.items() if _is_given(verdict, generated))
    own, more = (
        tuple(one for one in each if one in governed and one not in given) for each in (flows, optional)
    )
    return Openings(own, tuple(given), more, asked)


def _same(flow: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    """The flow and those that it comes with: where the outside is let in through a published Service, a client that
    entered at another node arrives with that node's address, and one of the nodes runs the API server."""
    source, target, port = flow
    if source not in ("remote-node", "kube-apiserver"):
        return [flow]
    return [flow, (PUBLIC, target, port), (LAN, target, port)]


def _governed(
    world: World, flows: Sequence[tuple[str, str, str]], peers: Mapping[str, End]
) -> dict[tuple[str, str, str], Verdict]:
    """The verdicts of those flows of which a policy selects an end: a namespace that holds policies of some pods alone
    (a platform's, whose Namespace object is not in the input) is not closed, and its other pods are open as they were.
    """
    verdicts = world.ask([_query(flow, peers) for flow in flows])
    return {
        flow: verdict
        for flow, verdict in zip(flows, verdicts, strict=True)
        if verdict.egress.selected or verdict.ingress.selected
    }


def _query(flow: tuple[str, str, str], peers: Mapping[str, End]) -> dict[str, Any]:
    source, target, port = flow
    protocol, _, number = port.partition("/")
    ends = {key: peers.get(name, {"pod": name}) for key, name in (("from", source), ("to", target))}
    return {**ends, "port": int(number), "protocol": protocol}


def _is_given(verdict: Verdict, generated: set[str]) -> bool:
    """Whether some end lets the flow pass by policies of the cluster's own alone."""
    return any(side.named and not generated & set(side.by) for side in (verdict.egress, verdict.ingress))


def outside_peers() -> dict[str, dict[str, str]]:
    """The nodes, the API server, a LAN and a public address: name to end."""
    nodes = {name: {"entity": name} for name in ("host", "remote-node", "kube-apiserver")}
    return {**nodes, LAN: {"cidr": _LAN_ADDRESS}, PUBLIC: {"cidr": _PUBLIC_ADDRESS}}


def _ports(world: World, policies: str) -> set[str]:
    found = {f"{protocol}/{UNUSED_PORT}" for protocol in ("TCP", "UDP")}
    for pod in world.pods:
        found |= {f"{protocol}/{port}" for protocol, ports in pod["ports"].items() for port in ports}
    for rule in rules(policies):
        for entry in rule.get("toPorts") or ():
            for port in entry.get("ports") or ():
                protocols = ("TCP", "UDP") if port.get("protocol", "ANY") == "ANY" else (port["protocol"],)
                numbers = {str(port.get("port", "")), str(port.get("endPort", ""))} - {"0"}
                found |= {
                    f"{protocol}/{number}" for protocol in protocols for number in numbers if number.isdigit()
                }
    return found


def _needed(case: Case, canonical: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    """The allow rows in the names of the openings."""
    short: dict[str, set[str]] = {}
    for name, first in canonical.items():
        namespace, kind, rest = name.split("/", 2)
        for text in (f"{namespace}/{rest}", f"{namespace}/{kind}/{rest}"):
            short.setdefault(text, set()).add(first)
    for row in case.rows:
        if row.expect == "allow":
            port = f"{row.query.get('protocol', 'TCP')}/{row.query['port']}"
            for source in _ends(row.query["from"], short):
                for target in _ends(row.query["to"], short):
                    yield source, target, port


def _ends(end: Mapping[str, str], short: Mapping[str, set[str]]) -> set[str]:
    if "pod" in end:
        return short.get(end["pod"], set())
    if "cidr" in end:
        return {PUBLIC if ip_address(end["cidr"].split("/")[0]).is_global else LAN}
    if "fqdn" in end:
        return {PUBLIC}
    # A rule for other nodes admits the one with the API server, too: it is a node.
    more = {"world": {LAN, PUBLIC}, "remote-node": {"remote-node", "kube-apiserver"}}
    return more.get(end["entity"], {end["entity"]})
