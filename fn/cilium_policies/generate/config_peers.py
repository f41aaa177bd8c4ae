"""A peer as the config writes it, found among the pods and Services of the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.config.peer import ConfigPeer
from cilium_policies.evidence.edge import (
    AllPodsPeer,
    CidrPeer,
    FqdnPeer,
    InternetPeer,
    LabelsPeer,
    NamespacePeer,
    Peer,
    WorkloadPeer,
)
from cilium_policies.evidence.ends import ENTITIES, INGRESS_CLIENTS, tunnels
from cilium_policies.generate.roles import Roles
from cilium_policies.workloads.cluster import Cluster


def resolved(
    peer: ConfigPeer, cluster: Cluster, roles: Roles, namespace: str = "", *, calls: bool = False
) -> Iterator[Peer]:
    """The peers that a config's peer stands for; none where the input shows nothing of that name.

    `namespace` is what `same-namespace` means. `calls`: the peer opens the connections, and the API server's
    may come through a tunnel.
    """
    match peer.kind:
        case "word":
            yield from _word(peer.name, roles, namespace)
            if peer.name == "kube-apiserver" and calls:
                yield from tunnels(cluster)
        case "component":
            yield from map(WorkloadPeer, roles.component(peer.name))
        case "pod":
            kind, _, name = peer.name.rpartition("/")  # the kind tells those of one name apart
            here = cluster.in_namespace(peer.namespace)
            yield from (WorkloadPeer(one) for one in here if one.name == name and kind in ("", one.kind))
        case "service":
            service = cluster.service(peer.namespace, peer.name)
            yield from map(WorkloadPeer, cluster.backends(service) if service else [])
        case "labels":
            shown = cluster.selected(peer.namespace, dict(peer.labels)) if peer.namespace else []
            yield from map(WorkloadPeer, shown)
            if not shown:
                yield LabelsPeer(peer.namespace, peer.labels)
        case "namespace":
            yield NamespacePeer(peer.name)
        case "cidr":
            yield CidrPeer(peer.name, excepts=peer.excepts)
        case "fqdn":
            yield FqdnPeer(peer.name)
        case "none" | "any":
            return


def _word(word: str, roles: Roles, namespace: str) -> Iterator[Peer]:
    if word in ENTITIES:
        yield ENTITIES[word]
    elif word == "internet":
        yield InternetPeer()
    elif word == "all-pods":
        yield AllPodsPeer()
    elif word == "same-namespace":
        if namespace:
            yield NamespacePeer(namespace)
    elif word == "ingress-clients":
        yield from INGRESS_CLIENTS
    elif word == "dns":
        yield from roles.dns
    elif word == "scraper":
        yield from roles.scrapers
    elif word == "gateway":
        yield from roles.gateways
