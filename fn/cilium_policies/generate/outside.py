"""Whom a workload calls outside the cluster: by name where every name on a port is known, else by address.

`spec.cluster.fqdn` chooses: `false` writes addresses; `known` names on the ports where nobody is called whose name
is not known; `all` names alone, and takes the rest away. What the config itself allows always stands as written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.evidence.edge import Edge, FqdnPeer, InternetPeer, OutsidePeer, Peer
from cilium_policies.evidence.ends import WORLD
from cilium_policies.evidence.public_names import is_local
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.config.model import NamesMode

_HTTPS = 443
_RESOLVERS = (53, 853)  # a cloud's resolver is link-local, and every resolver is known by its address
_EVERYBODY = ("0.0.0.0/0", "::/0")

Flows = list[tuple[Peer, Edge]]


def seen(flows: Flows, names: NamesMode) -> Flows:
    """The egress or ingress of one subject, each peer as its rule will have it."""
    met = [(_addressed(peer, edge), edge) for peer, edge in flows]
    if names == "false":
        return [(_unnamed(peer, edge), edge) for peer, edge in met]
    if names == "known":
        met = [(InternetPeer() if _is_mirrored(peer) else peer, edge) for peer, edge in met]
    kept = met if names == "known" else [(peer, edge) for peer, edge in met if not is_dropped(peer, edge)]
    wide = [edge for peer, edge in kept if _is_everybody(peer)]
    return [flow for peer, edge in kept for flow in _by_port(peer, edge, wide)]


def is_dropped(peer: Peer, edge: Edge) -> bool:
    """Whether `all` takes an edge away: somebody on the internet whose name nobody knows, resolvers apart."""
    resolves = bool(edge.ports) and all(port.number in _RESOLVERS for port in edge.ports)
    nameless = (peer.kind == "internet" and not peer.name) or peer == OutsidePeer()
    return edge.origin != "config" and nameless and not resolves


def denied(edges: Iterable[Edge], names: NamesMode) -> Iterator[Finding]:
    """What `all` takes away, a warning a workload."""
    lost: dict[Workload, list[Edge]] = {}
    for edge in edges if names == "all" else ():
        if edge.client is not None and edge.client.own and _misses(edge):
            lost.setdefault(edge.client, []).append(edge)
    for workload, taken in lost.items():
        called = sorted({port for edge in taken for port in edge.ports})
        ports = ", ".join(f"{one.number}/{one.protocol}" for one in called) or "any port"
        yield workload.finding(
            WARNING,
            f"{workload} calls hosts outside on {ports} that nothing names: denied, as spec.cluster.fqdn is all",
            f"name them: spec.allow: [{{from: {{pod: {workload.namespace}/{workload.name}}}, to: {{fqdn: NAME}}, …}}]",
        )


def _misses(edge: Edge) -> bool:
    """Whether `all` takes an edge away, or leaves only the host that sends its clients on to mirrors."""
    return is_dropped(edge.target, edge) or (edge.origin != "config" and _is_mirrored(edge.target))


def _addressed(peer: Peer, edge: Edge) -> Peer:
    """Whom a pod may call anywhere, in the LAN too, is never link-local (a cloud's metadata), name resolution aside."""
    if edge.origin == "config" or edge.target is not peer or peer != WORLD:
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
        or (peer.kind == "cidr" and peer.name in _EVERYBODY)
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
    ]
    return [(end, edge._replace(ports=ports)) for end, ports in split if ports]


def _onward(name: str) -> tuple[str, ...]:
    """Whom a client of a host that the input names calls as well."""
    from cilium_policies.catalogue.onward import onward  # few runs write names

    return onward(name)


def _is_mirrored(peer: Peer) -> bool:
    from cilium_policies.catalogue.onward import is_mirrored

    return peer.kind == "internet" and is_mirrored(peer.name)


def _covers(wide: Edge, port: Port) -> bool:
    """Whether an edge to everybody holds on a port."""
    return not wide.ports or any(
        one.protocol == port.protocol
        and one.number <= port.number
        and (one.end or one.number) >= (port.end or port.number)
        for one in wide.ports
    )
