"""What rests on another namespace's word: whose pods are opened, by which object of whom, and what would end it."""

from __future__ import annotations

from cilium_policies.evidence.edge import (
    Peer,
    namespace_of,
)
from cilium_policies.evidence.words import reason_words
from cilium_policies.generate.foreign import Foreign
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.summary import plural
from cilium_policies.questions.because import told
from cilium_policies.questions.party import Party
from cilium_policies.questions.values import declared
from cilium_policies.questions.words import peer_words, ports_words
from cilium_policies.show.table import Cell, Table, columns

_HEADS = {
    True: "written, as spec.trust.foreign is announce",
    False: "left out, as spec.trust.foreign is deny",
}


def table(plan: Plan) -> Table:
    """One row a side: pods whose policy another namespace's object opens."""
    rows: list[tuple[Cell, ...]] = [
        (
            one.workload.namespace,
            one.workload.name,
            one.direction,
            _other(one),
            ports_words(one.edge.ports),
            one.asks,
            told(one.edge),
            "open" if one.open else "left out",
            grant(one),
        )
        for one in listed(plan)
    ]
    named = columns(
        "namespace",
        "workload",
        "direction",
        "peer",
        "ports",
        "on the word of",
        "evidence",
        "state",
        "consent=config line",
    )
    title = "What rests on another namespace's word"
    return Table(title, named, list(dict.fromkeys(rows)), "nothing rests on another namespace's word")


def values(plan: Plan) -> list[dict[str, object]]:
    """The same for programs."""
    return [
        {
            "kind": one.workload.kind,
            "namespace": one.workload.namespace,
            "name": one.workload.name,
            "direction": one.direction,
            "peer": _other(one),
            "ports": declared(one.edge.ports),
            "asks": one.asks,
            "reason": reason_words(one.edge.reason),
            "evidence": told(one.edge),
            "open": one.open,
            "consent": grant(one),
        }
        for one in listed(plan)
    ]


def listed(plan: Plan) -> list[Foreign]:
    """By the namespace that is opened, then by workload and peer."""

    def order(one: Foreign) -> tuple[str, str, str, str, str]:
        return (
            one.workload.namespace,
            one.workload.name,
            one.direction,
            _other(one),
            ports_words(one.edge.ports),
        )

    return sorted(plan.foreign, key=order)


def lines(plan: Plan) -> list[str]:
    """Grouped by the namespace that is opened and by whose word it is."""
    found = listed(plan)
    if not found:
        return ["nothing rests on another namespace's word"]
    groups: dict[tuple[str, str], list[str]] = {}
    for one in found:
        ports = ports_words(one.edge.ports)
        text = f"    {one.workload.name} {one.direction} {_arrow(one)} : {ports} ({told(one.edge)})"
        groups.setdefault((one.workload.namespace, one.asks), []).append(text)
    total = plural(len(set(map(_key, found))), "side")
    said = [f"{total} of connections on another namespace's word: {_HEADS[found[0].open]}"]
    for (space, asks), members in groups.items():
        said += [f"  {space}, on the word of {asks}", *dict.fromkeys(members)]
    grants = dict.fromkeys(grant(one) for one in found)
    return [
        *said,
        "",
        "# below spec: of the config, each where it is meant; see docs/trust.md",
        "trust:",
        "  grants:",
        *(f"  - {one}" for one in grants),
    ]


def grant(one: Foreign) -> str:
    """The entry of `spec.trust.grants` that consents to it."""
    edge = one.edge
    source, target = (namespace_of(peer) for peer in (edge.source, edge.target))
    return f"{{from: {source or one.asks}, to: {target or one.asks}}}"


def pairs(plan: Plan) -> frozenset[tuple[Party, Party]]:
    """The ends, pods and nodes, of connections that rest on another namespace's word."""
    found = ((_party(one.edge.source), _party(one.edge.target)) for one in plan.foreign)
    return frozenset((source, target) for source, target in found if source and target)


def _party(peer: Peer) -> Party | None:
    if peer.kind == "workload":
        return Party("workload", peer.workload.name, peer.workload.namespace)
    return Party("entity", peer.name) if peer.kind == "entity" else None


def _key(one: Foreign) -> tuple[str, str, str]:
    return str(one.workload), one.direction, _other(one)


def _other(one: Foreign) -> str:
    return peer_words(one.edge.target if one.direction == "egress" else one.edge.source)


def _arrow(one: Foreign) -> str:
    return f"=> {_other(one)}" if one.direction == "egress" else f"<= {_other(one)}"
