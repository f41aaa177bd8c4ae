"""Policies that are too large for the API server or for the agent."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.cilium.model import Policy, Rule
from cilium_policies.cilium.write import policy_text

CURE = "write fewer or wider addresses, or name a CiliumCIDRGroup"
_REQUEST = 1536 * 1024  # bytes: etcd's default --max-request-bytes, which the API server passes on
_MAP = 16384  # the agent's default bpf-policy-map-max
_MANY_PEERS = 2000  # measuring takes time, and no policy of fewer comes near


def too_large(policy: Policy) -> Iterator[tuple[str, str]]:
    """(message, cure) where the API server takes no request for it, or its addresses and names fill a policy map."""
    rules = [rule for spec in policy.specs for each in spec.lists.values() for rule in each or ()]
    peers = 0
    for rule in rules:
        peers += len(rule.cidrs or ()) + len(rule.fqdns or ()) + len(rule.endpoints or ())
    if peers < _MANY_PEERS:
        return
    size = len(policy_text(policy, comments=False))
    if size > _REQUEST:
        yield f"{size / 1e6:.1f} MB: the API server takes no request above 1.5 MiB (etcd's limit)", CURE
    # An address that a name resolves to has one entry a port at least, however many names share it.
    ends = [(len(rule.cidrs or ()) + len(rule.fqdns or ()), max(1, _ports(rule))) for rule in rules]
    entries = sum(count * ports for count, ports in ends)
    if entries > _MAP:
        message = f"{entries} pairs of address or name and port: an endpoint's policy map has room for {_MAP}"
        yield message, f"{CURE}; or raise bpf-policy-map-max"


def _ports(rule: Rule) -> int:
    return sum(len(entry.ports or ()) for entry in rule.ports or ())
