"""Every small change of one policy object: what the mutation run tries."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

_TURNED = {"ingress": "egress", "egress": "ingress"}
_PEERS = ("Endpoints", "Entities", "CIDR", "CIDRSet", "FQDNs")


class Mutation(NamedTuple):
    """One change of one policy object."""

    where: str  # Kind/namespace/name direction[index]: the rule
    what: str  # the change, in words
    policy: dict[str, Any]  # the whole object after it
    namespace: str
    spec: dict[str, Any]  # the spec before it
    side: str  # "ingress", "egress", or "" for the subject
    rule: dict[str, Any]  # the rule before it


def mutations(policy: dict[str, Any]) -> Iterator[Mutation]:
    """Every mutation of one policy; the object itself is not touched."""
    metadata = policy["metadata"]
    namespace = metadata.get("namespace", "")
    name = "/".join(part for part in (policy["kind"], namespace, metadata["name"]) if part)
    paths: list[tuple[str | int, ...]] = [("spec",)] if policy.get("spec") else []
    paths += [("specs", index) for index in range(len(policy.get("specs") or ()))]
    for path in paths:
        spec = _at(policy, path)
        label = "" if path == ("spec",) else f" specs[{path[1]}]"
        for what, changed in _selector_changes(spec["endpointSelector"]):
            after = _with(policy, (*path, "endpointSelector"), changed)
            yield Mutation(f"{name}{label} subject", what, after, namespace, spec, "", {})
        for side in _TURNED:
            for index, rule in enumerate(spec.get(side) or ()):
                if rule:
                    where = f"{name}{label} {side}[{index}]"
                    for what, changed_spec in _spec_changes(spec, side, index):
                        after = _with(policy, path, changed_spec)
                        yield Mutation(where, what, after, namespace, spec, side, rule)


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        value = value[step]
    return value


def _with(policy: dict[str, Any], path: Sequence[str | int], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(policy)
    _at(changed, path[:-1])[path[-1]] = value
    return changed


def _spec_changes(spec: dict[str, Any], side: str, index: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The spec without the rule, with it turned round, and with each small change of it."""
    rule = spec[side][index]
    rest = [one for i, one in enumerate(spec[side]) if i != index] or [{}]  # the direction stays closed
    yield "dropped", {**spec, side: rest}
    other = _TURNED[side]
    yield "turned round", {**spec, side: rest, other: [*(spec.get(other) or ()), _turn(rule)]}
    for what, changed in _rule_changes(rule, "from" if side == "ingress" else "to"):
        yield what, {**spec, side: [changed if i == index else one for i, one in enumerate(spec[side])]}


def _turn(rule: dict[str, Any]) -> dict[str, Any]:
    """The same peers and ports for the other direction; what only egress can say becomes the world."""
    turned: dict[str, Any] = {}
    for key, value in rule.items():
        if key == "toPorts":
            turned[key] = [{"ports": entry["ports"]} for entry in value if "ports" in entry]
        elif key == "toFQDNs":
            turned["fromEntities"] = ["world"]
        elif key.startswith(("from", "to")):
            turned[("to" + key[4:]) if key.startswith("from") else ("from" + key[2:])] = value
    return turned


def _rule_changes(rule: dict[str, Any], word: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for e, entry in enumerate(rule.get("toPorts") or ()):
        for p, port in enumerate(entry.get("ports") or ()):
            number = str(port["port"])
            moved = str((int(number) + 1) % 65536) if number.isdigit() else f"{number}-x"
            text = f"port {number}/{port.get('protocol', 'ANY')} became {moved}"
            yield text, _with(rule, ("toPorts", e, "ports", p), {**port, "port": moved})
    for kind in _PEERS:
        peers = rule.get(word + kind) or ()
        for i, peer in enumerate(peers):
            if len(peers) > 1:
                rest = [one for j, one in enumerate(peers) if j != i]
                yield f"peer {_short(peer)} dropped", {**rule, word + kind: rest}
            if kind == "Endpoints":
                for what, changed in _selector_changes(peer):
                    yield f"peer {what}", _with(rule, (word + kind, i), changed)


def _selector_changes(selector: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each label with another value."""
    for key, value in (selector.get("matchLabels") or {}).items():
        labels = {**selector["matchLabels"], key: f"{value}-x"}
        yield f"label {key}={value} became {value}-x", {**selector, "matchLabels": labels}
    for i, one in enumerate(selector.get("matchExpressions") or ()):
        if one.get("values"):
            values = [f"{value}-x" for value in one["values"]]
            yield (
                f"label {one['key']} {one['operator']} changed",
                _with(selector, ("matchExpressions", i), {**one, "values": values}),
            )


def _short(peer: Any) -> str:
    if not isinstance(peer, dict):
        return str(peer)
    if "cidr" in peer:
        return str(peer["cidr"]) + (" with exceptions" if peer.get("except") else "")
    labels = [
        f"{key.split('/')[-1].split(':')[-1]}={value}"
        for key, value in (peer.get("matchLabels") or {}).items()
    ]
    labels += [f"{one['key']} {one['operator']}" for one in peer.get("matchExpressions") or ()]
    return ",".join(labels or map(str, peer.values())) or "any pod of the namespace"


def rule_text(rule: dict[str, Any]) -> str:
    """Peers and ports of a rule in a few words."""
    peers = [_short(peer) for key, value in rule.items() if key != "toPorts" for peer in value]
    ports = [
        f"{port['port']}/{port.get('protocol', 'ANY')}"
        for entry in rule.get("toPorts") or ()
        for port in entry.get("ports") or ()
    ]
    return f"({' | '.join(peers) or 'anybody'}: {' '.join(ports) or 'every port'})" if rule else ""
