"""Whether two parties outside the cluster have an address in common."""

from __future__ import annotations

from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_network

from cilium_policies.generate.peers import PRIVATE, PRIVATE_6
from cilium_policies.questions.party import INTERNET, WORLD, Party


def overlap(party: Party, asked: Party) -> bool:
    """Whether some address may be meant by both."""
    if WORLD in (party.name, asked.name) and "entity" in (party.kind, asked.kind):
        return True
    if party.kind in ("cidr-group", "cloud") or "fqdn" in (party.kind, asked.kind):
        if party.kind == asked.kind == "fqdn":
            return fnmatchcase(asked.name, party.name) or fnmatchcase(party.name, asked.name)
        return _reaches_public(party) and _reaches_public(asked)
    if INTERNET in (party.name, asked.name):
        return _reaches_public(party) and _reaches_public(asked)
    return _nets_meet(party, asked)


def within(party: Party, known: Party) -> bool:
    if known.name == WORLD or (party.kind, party.name) == (known.kind, known.name):
        return True
    if party.kind == known.kind == "cidr":
        inner, outer = ip_network(party.name), ip_network(known.name)
        return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
    return known.name == INTERNET and party.kind == "fqdn"


def _reaches_public(party: Party) -> bool:
    if party.kind != "cidr" or "${" in party.name:
        return True
    net = ip_network(party.name)
    return not any(_is_inside(net, private) for private in (*PRIVATE, *PRIVATE_6))


def _nets_meet(one: Party, other: Party) -> bool:
    if "${" in one.name + other.name:
        return True
    left, right = ip_network(one.name), ip_network(other.name)
    if left.version != right.version or not left.overlaps(right):
        return False
    smaller, larger = (left, other) if left.prefixlen >= right.prefixlen else (right, one)
    return not any(_is_inside(smaller, hole) for hole in larger.excepts)


def _is_inside(net: IPv4Network | IPv6Network, outer: str) -> bool:
    around = ip_network(outer)
    return net.version == around.version and net.subnet_of(around)  # type: ignore[arg-type]
