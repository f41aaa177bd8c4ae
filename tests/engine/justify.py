"""What depends on a rule that no row exercises: nothing, edges that the component facts know, or an opening.

Every pod that the rule selects is asked about every end and port that the rule might mean, with the rule and
without it; the flows that differ are the rule's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

from tests.engine.facts import API_OUTSIDE, LAN, PUBLIC, FactEdges, Facts
from tests.engine.judge import End, World
from tests.engine.mutations import Mutation
from tests.engine.openings import outside_peers

_SOME_PORT = 61234


class Flow(NamedTuple):
    """One flow in the names of the openings."""

    source: str
    target: str
    port: str  # PROTOCOL/number

    def __str__(self) -> str:
        return f"{self.source} -> {self.target} {self.port}"


class Dependants(NamedTuple):
    """The flows that pass by this rule, or this part of it, alone."""

    known: dict[Flow, str]  # with the statement of the facts
    unknown: tuple[Flow, ...]  # stated by nobody: an opening, or a gap in the facts
    asked: int
    own_node: bool = False  # only the node of the pod is concerned

    @property
    def required(self) -> dict[Flow, str]:
        """The known flows that every installation has."""
        return {flow: text for flow, text in self.known.items() if not text.endswith(", optional")}

    @property
    def optional(self) -> bool:
        """Whether the facts know some of the flows, and all of those only as optional."""
        return bool(self.known) and not self.required

    def verdict(self) -> str:
        """One phrase for the report."""
        if not self.asked:
            return "selects no pod of this case"
        if self.own_node:
            return "the own node always gets in; the rule is for agents that set allow-localhost to policy"
        if not self.known and not self.unknown:
            return "nothing depends on it: another rule covers it, its peer is not here, or the other end refuses"
        parts = []
        for word, flows in (("facts state", list(self.known)), ("nobody states", self.unknown)):
            if flows:
                more = f" and {len(flows) - 1} more" if len(flows) > 1 else ""
                parts.append(f"{word} {flows[0]}{more}")
        return "; ".join(parts)


class Justifier:
    """Asks one world; the policies are those it holds."""

    def __init__(self, world: World, facts: Facts) -> None:
        """Collect the ends: pods of the world, nodes, the API server, addresses outside."""
        self._world = world
        self._pods = [pod for pod in world.pods if "identity" in pod]
        self._ends: dict[str, End] = {pod["name"]: {"pod": pod["name"]} for pod in self._pods}
        # A public name stands for an address of each family, so that both halves of a rule are asked about.
        outside = {
            **outside_peers(),
            PUBLIC: {"fqdn": "somewhere.example.org"},
            API_OUTSIDE: {"entity": API_OUTSIDE},
        }
        self._ends.update(outside)
        self._edges = FactEdges(facts, self._pods)

    def query(self, flow: Flow) -> dict[str, Any]:
        """The flow as the judge takes it."""
        protocol, _, number = flow.port.partition("/")
        ends = {
            key: self._ends.get(name, {"cidr": name})
            for key, name in (("from", flow.source), ("to", flow.target))
        }
        return {**ends, "port": int(number), "protocol": protocol}

    def dependants(self, mutation: Mutation) -> Dependants:
        """The flows that the mutation cuts."""
        flows = list(self._candidates(mutation))
        queries = [self.query(flow) for flow in flows]
        before = self._world.verdicts(queries)
        after = self._world.attempt(queries, policies=json.dumps(mutation.policy))
        cut = [
            flow
            for flow, old, new in zip(flows, before, after, strict=True)
            if (old, new) == ("allow", "deny")
        ]
        stated = {
            flow: self._edges.stated_by(self._known(flow.source), self._known(flow.target), flow.port)
            for flow in cut
        }
        own_node = mutation.what == "peer host dropped" or mutation.rule.get("fromEntities") == ["host"]
        known = {flow: text for flow, text in stated.items() if text}
        return Dependants(known, tuple(flow for flow in cut if not stated[flow]), len(flows), own_node)

    def _known(self, name: str) -> str:
        """The name that the facts' edges use: a rule's own address is one of the two outside."""
        return name if name in self._ends else PUBLIC if ip_address(name).is_global else LAN

    def _candidates(self, mutation: Mutation) -> Iterator[Flow]:
        side, rule, namespace = mutation.side, mutation.rule, mutation.namespace
        wanted = (mutation.spec.get("endpointSelector") or {}).get("matchLabels") or {}
        for pod in self._pods:
            if pod["namespace"] != namespace or not _fits(pod, wanted):
                continue
            for other in [*self._ends, *_addresses(rule)]:
                if side == "egress":
                    ends = (pod["name"], other)
                else:
                    ends = (other, pod["name"])
                yield from (Flow(*ends, port) for port in self._ports(rule, ends[1]))

    def _ports(self, rule: Mapping[str, Any], target: str) -> Sequence[str]:
        own: dict[str, list[int]] = next((pod["ports"] for pod in self._pods if pod["name"] == target), {})
        listed = [f"{protocol}/{port}" for protocol, ports in own.items() for port in ports]
        named = [port for entry in rule.get("toPorts") or () for port in entry.get("ports") or ()]
        if not named:
            return sorted({*listed, f"TCP/{_SOME_PORT}", "TCP/443", "TCP/6443"})
        found = set()
        for port in named:
            protocols = ("TCP", "UDP") if port.get("protocol", "ANY") == "ANY" else (port["protocol"],)
            if str(port["port"]).isdigit():
                found |= {f"{protocol}/{port['port']}" for protocol in protocols}
            else:
                found |= set(listed)
        return sorted(found)


def _addresses(rule: Mapping[str, Any]) -> list[str]:
    """The first address of each single range of the rule: it may be neither of the usual two outside."""
    return [cidr.split("/")[0] for key in ("fromCIDR", "toCIDR") for cidr in rule.get(key) or ()]


def _fits(pod: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    plain = {
        key.split(":", 1)[-1] if key.startswith(("k8s:", "any:")) else key: value
        for key, value in wanted.items()
    }
    own = {key: value for key, value in plain.items() if not key.startswith("io.")}
    return all(pod["labels"].get(key) == value for key, value in own.items())
