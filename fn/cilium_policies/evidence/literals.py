"""An address by number: an own node's, or somebody's outside the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.evidence.edge import Peer
from cilium_policies.evidence.ends import NODES, cidr
from cilium_policies.evidence.public_names import is_of_local_network
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster

_HTTPS = 443  # where a managed cluster's API server answers, and anybody else


def literal(
    number: str, port: Port, nodes: Iterable[str], name: str = ""
) -> Iterator[tuple[Peer, tuple[Port, ...], Reason]]:
    """Who has a number, or the numbers of a network, given the blocks of the nodes' addresses; `name`: of the host that
    DNS leads there."""
    import ipaddress  # lazily: few inputs hold a literal address

    try:
        address = (
            ipaddress.ip_network(number, strict=False) if "/" in number else ipaddress.ip_address(number)
        )
    except ValueError:
        return
    if address.is_multicast or address.is_unspecified or address.is_loopback:
        return
    for block in nodes:
        try:
            inside = address in ipaddress.ip_network(block, strict=False)  # a network is in none
        except ValueError:
            continue
        if inside:
            # A node's address has the node's identity, which no CIDR rule matches.
            yield from ((node, (port,), Reason("calls-node", (number,))) for node in NODES)
            return
    yield cidr(number), (port,), Reason("calls-host", (name or number,))


def on_a_node(cluster: Cluster, number: str, port: Port) -> Iterator[tuple[Peer, tuple[Port, ...], Reason]]:
    """The nodes, where a number of the local network is asked on a port on which pods of the nodes' own network listen,
    or on the API server's: it is likely a node's, which no CIDR rule matches. Meant for clients that name it by URL,
    and for scrapers; a printer's raw port is a node exporter's as well."""
    at = (port.number, port.protocol)
    served = at in cluster.node_ports or at in (
        (one, "TCP") for one in cluster.settings.api_ports if one != _HTTPS
    )
    if served and is_of_local_network(number):
        yield from ((node, (port,), Reason("calls-node", (number,))) for node in NODES)
