"""An address by number: an own node's, or somebody's outside the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.evidence.edge import Peer
from cilium_policies.evidence.ends import NODES, cidr
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.ports import Port


def literal(
    number: str, port: Port, nodes: Iterable[str], name: str = ""
) -> Iterator[tuple[Peer, tuple[Port, ...], Reason]]:
    """Who has a number, given the blocks of the nodes' addresses; `name`: of the host that DNS leads there."""
    import ipaddress  # lazily: few inputs hold a literal address

    try:
        address = ipaddress.ip_address(number)
    except ValueError:
        return
    if address.is_multicast or address.is_unspecified or address.is_loopback:
        return
    for block in nodes:
        try:
            inside = address in ipaddress.ip_network(block, strict=False)
        except ValueError:
            continue
        if inside:
            # A node's address has the node's identity, which no CIDR rule matches.
            yield from ((node, (port,), Reason("calls-node", (number,))) for node in NODES)
            return
    yield cidr(number), (port,), Reason("calls-host", (name or number,))
