"""Whom a workload calls outside the cluster: by name where every name on a port is known, else by address.

`spec.cluster.fqdn` chooses: `false` writes addresses; `known` names on the ports where nobody is called whose name
is not known; `all` names alone, and takes the rest away. What the config itself allows always stands as written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.document.finding import INFO, Finding
from cilium_policies.evidence.edge import Edge, FqdnPeer, InternetPeer, OutsidePeer, Peer
from cilium_policies.evidence.ends import EVERY_ADDRESS, WORLD
from cilium_policies.evidence.public_names import is_local
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING

if TYPE_CHECKING:
    from cilium_policies.config.model import NamesMode

_HTTPS, _DNS = 443, 53
_RESOLVERS = (53, 853)  # a cloud's resolver is link-local, and every resolver is known by its address
# Kafka, MongoDB, Cassandra, Couchbase, Neo4j, NATS, Pulsar, RocketMQ, Redis Sentinel
_MEMBERS = frozenset((
    *range(9092, 9099), 19092, *range(27015, 27018), 9042, 9142, 11207, 11210, 18091, 7687, 4222, 6650, 6651, 9876,
    26379,
))  # fmt: skip

Flows = list[tuple[Peer, Edge]]
_SEEN_OTHERWISE = frozenset(("entity", "internet", "fqdn"))  # kinds of peers


def seen(flows: Flows, names: NamesMode) -> Flows:
    """The egress or ingress of one subject, each peer as its rule will have it."""
    if names == "false" and _SEEN_OTHERWISE.isdisjoint([peer.kind for peer, _ in flows]):
        return flows
    met = [(_addressed(peer, edge) if peer.kind == "entity" else peer, edge) for peer, edge in flows]
    if names == "false":
        return [
            (_unnamed(peer, edge) if peer.kind in ("internet", "fqdn") else peer, edge) for peer, edge in met
        ]
    if names == "known":
        kept = [flow for peer, edge in met for flow in _opened(peer, edge)]
    else:
        kept = [(peer, edge) for peer, edge in met if not is_dropped(peer, edge)]
    wide = [edge for peer, edge in kept if _is_everybody(peer)]
    return [flow for peer, edge in kept for flow in _by_port(peer, edge, wide)]


def watched(peer: Peer, edge: Edge) -> Edge:
    """An edge to a resolver of the pod's own, for a policy with names: the agent learns a name's addresses from answers
    that pass its DNS proxy, and only a rule with DNS in it leads there."""
    asks = bool(edge.ports) and all((one.number, one.end) == (_DNS, 0) for one in edge.ports)
    if asks and not edge.dns and peer.kind in ("cidr", "fqdn", "workload", "labels"):
        return edge._replace(dns=("*",))
    return edge


def is_dropped(peer: Peer, edge: Edge) -> bool:
    """Whether `all` takes an edge away: somebody on the internet whose name nobody knows, resolvers apart."""
    resolves = bool(edge.ports) and all(port.number in _RESOLVERS for port in edge.ports)
    nameless = (peer.kind == "internet" and not peer.name) or peer == OutsidePeer()
    return edge.origin != "config" and nameless and not resolves


def reopened(edges: Iterable[Edge], names: NamesMode) -> Iterator[Finding]:
    """Where `known` keeps addresses although a name is known, a line a workload and name."""
    found = (edge for edge in edges if names == "known" and edge.client is not None and edge.client.own)
    for client, target, ports in dict.fromkeys(
        (edge.client, edge.target, _unsure(edge.target, edge)) for edge in found
    ):
        if client is None or target.kind != "internet" or not ports:
            continue
        mirrored = "sends its clients on to mirrors"
        why = mirrored if _is_mirrored(target.name) else "names the members of its cluster itself"
        on = ", ".join(one.written for one in ports)
        pod = f"{{pod: {client.namespace}/{client.name}}}"
        yield client.finding(
            INFO,
            f"{client} keeps every public address on {on}: {target.name} {why}",
            f"where you know them: spec.deny: [{{from: {pod}, to: internet}}] and"
            f" spec.allow: [{{from: {pod}, to: {{fqdn: NAME}}, …}}]",
        )


def _unsure(peer: Peer, edge: Edge) -> tuple[Port, ...]:
    """The ports on which a name does not say who is called: a download server with mirrors, and clusters whose first
    member tells its clients the names of the others (Kafka, MongoDB, Cassandra …)."""
    if peer.kind != "internet" or not peer.name or edge.origin == "config":
        return ()
    if _is_mirrored(peer.name):
        return edge.ports
    return tuple(port for port in edge.ports if port.number in _MEMBERS)


def _opened(peer: Peer, edge: Edge) -> Flows:
    """A flow of `known`, with addresses on the ports on which its name would cut others."""
    unsure = _unsure(peer, edge)
    if not unsure:
        return [(peer, edge)]
    rest = tuple(port for port in edge.ports if port not in unsure)
    flows: Flows = [(InternetPeer(), edge._replace(ports=unsure))]
    return [*flows, (peer, edge._replace(ports=rest))] if rest else flows


def misses(edge: Edge) -> bool:
    """Whether `all` takes an edge away, or leaves a name that does not say everybody who is called."""
    return is_dropped(edge.target, edge) or bool(_unsure(edge.target, edge))


def _addressed(peer: Peer, edge: Edge) -> Peer:
    """Whom a pod may call anywhere, in the LAN too, is never link-local (a cloud's metadata), name resolution aside."""
    if edge.target is not peer or peer != WORLD or edge.origin == "config":
        return peer
    return peer if edge.ports and all(port.number in _RESOLVERS for port in edge.ports) else OutsidePeer()


def _unnamed(peer: Peer, edge: Edge) -> Peer:
    if peer.kind == "internet" or (peer.kind == "fqdn" and edge.origin != "config"):
        return InternetPeer()
    return peer


def _is_everybody(peer: Peer) -> bool:
    """Whether a peer is so wide that names beside it on the same port would only cost."""
    return (
        (peer.kind == "internet" and not peer.name)
        or peer.kind == "outside"
        or peer == WORLD
        or (peer.kind == "cidr" and peer.name in EVERY_ADDRESS)
    )


def _by_port(peer: Peer, edge: Edge, wide: list[Edge]) -> Flows:
    """A peer known by name as its name on the ports where nobody else is called, as an address on the others."""
    if peer.kind != "internet" and (peer.kind != "fqdn" or edge.origin == "config"):
        return [(peer, edge)]
    if not peer.name or is_local(peer.name):  # `internet` beside it leaves the local network out
        return [(peer, edge)]
    named = FqdnPeer(peer.name)
    if not edge.ports:
        return [(InternetPeer() if any(not one.ports for one in wide) else named, edge)]
    covered = tuple(port for port in edge.ports if any(_covers(one, port) for one in wide))
    alone = tuple(port for port in edge.ports if port not in covered)
    onward = tuple(port for port in alone if port.number == _HTTPS)
    split: list[tuple[Peer, tuple[Port, ...]]] = [
        (InternetPeer(), covered),
        (named, alone),
        *((FqdnPeer(one), alone if one.endswith(peer.name) else onward) for one in _onward(peer.name)),
        *((FqdnPeer(one), _unsure(peer, edge)) for one in _siblings(peer.name)),
    ]
    return [(end, edge._replace(ports=ports)) for end, ports in split if ports]


def _siblings(name: str) -> tuple[str, ...]:
    """A cluster's members, which mostly stand beside the name that clients begin with, if that is not too wide."""
    parent = name.partition(".")[2]
    return (f"*.{parent}",) if parent.count(".") > 1 else ()


def _onward(name: str) -> tuple[str, ...]:
    """Whom a client of a host that the input names calls as well."""
    from cilium_policies.catalogue.onward import onward  # few runs write names

    return onward(name)


def _is_mirrored(name: str) -> bool:
    from cilium_policies.catalogue.onward import is_mirrored

    return is_mirrored(name)


def _covers(wide: Edge, port: Port) -> bool:
    """Whether an edge to everybody holds on a port."""
    return not wide.ports or any(one.covers(port) for one in wide.ports)
