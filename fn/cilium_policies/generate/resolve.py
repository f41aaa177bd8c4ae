"""A peer as the config writes it, found among the pods and Services of the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.config.peer import ConfigPeer
from cilium_policies.evidence.edge import Peer, pods
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
    if peer.kind == "word":
        yield from _word(peer.name, roles, namespace)
        if peer.name == "kube-apiserver" and calls:
            yield from tunnels(cluster)
    elif peer.kind == "component":
        yield from map(pods, roles.component(peer.name))
    elif peer.kind == "pod":
        yield from (pods(one) for one in cluster.in_namespace(peer.namespace) if one.name == peer.name)
    elif peer.kind == "service":
        service = cluster.service(peer.namespace, peer.name)
        yield from map(pods, cluster.backends(service) if service else [])
    elif peer.kind == "labels":
        shown = cluster.selected(peer.namespace, dict(peer.labels)) if peer.namespace else []
        yield from map(pods, shown)
        if not shown:
            yield Peer("labels", namespace=peer.namespace, labels=peer.labels)
    elif peer.kind == "namespace":
        yield Peer("namespace", namespace=peer.name)
    elif peer.kind == "cidr":
        yield Peer("cidr", peer.name, excepts=peer.excepts)
    elif peer.kind == "fqdn":
        yield Peer("fqdn", peer.name)


def _word(word: str, roles: Roles, namespace: str) -> Iterator[Peer]:
    if word in ENTITIES:
        yield ENTITIES[word]
    elif word == "internet":
        yield Peer("internet")
    elif word == "all-pods":
        yield Peer("all-pods")
    elif word == "same-namespace":
        if namespace:
            yield Peer("namespace", namespace=namespace)
    elif word == "ingress-clients":
        yield from INGRESS_CLIENTS
    elif word == "dns":
        yield from roles.dns
    elif word == "scraper":
        yield from roles.scrapers
    elif word == "gateway":
        yield from roles.gateways
