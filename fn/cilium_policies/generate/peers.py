"""Peers as the policy language names them: selectors of pods, and ranges of what lies outside."""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.cilium.model import Cidr, Requirement, Selector
from cilium_policies.evidence.edge import (
    AllPodsPeer,
    CidrPeer,
    EntityPeer,
    FqdnPeer,
    InternetPeer,
    LabelsPeer,
    NamespacePeer,
    Other,
    OutsidePeer,
    Peer,
)
from cilium_policies.kube.cloud_metadata import EXCEPTED_4, EXCEPTED_6
from cilium_policies.kube.labels import NAMESPACE
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.selectors import equal

NAMESPACE_KEY = f"k8s:{NAMESPACE}"
EVERY_POD = Selector((Requirement(NAMESPACE_KEY, "Exists"),))
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
PRIVATE_6 = ("fc00::/7", "fe80::/10")
# Public addresses that belong to a cloud's metadata service, and its ports; the others of that list are private.
PUBLIC_METADATA = ("168.63.129.16/32", "192.0.0.192/32")
_METADATA_PORTS = (80, 32526)
OUTSIDE = (Cidr("0.0.0.0/0", EXCEPTED_4), Cidr("::/0", EXCEPTED_6))


def endpoint(peer: Peer, namespace: str) -> Selector | None:
    """The selector of a pod peer, seen from a policy in `namespace`; None where the peer is no pod.

    The own namespace is not named: Cilium adds it, and an outer `namespace:` then moves both ends together.
    """
    if peer.kind == "workload":  # most are, and a pattern takes longer
        one = peer.workload
        if one.host_network:
            return None
        near, far = _forms(one)
        return near if one.namespace == namespace else far
    return _of_others(peer, namespace)


@lru_cache(maxsize=1024)
def _of_others(peer: Other, namespace: str) -> Selector | None:
    """The same of peers that are no workload: a scraper or a gateway is the peer of many."""
    match peer:
        case AllPodsPeer():
            return EVERY_POD
        case NamespacePeer():
            return Selector() if peer.namespace == namespace else _of_namespace(peer.namespace, [])
        case LabelsPeer():
            labels = equal(dict(peer.labels))
            if not peer.namespace:
                return Selector((*EVERY_POD.requirements, *labels))
            near = peer.namespace == namespace
            return Selector(tuple(labels)) if near else _of_namespace(peer.namespace, labels)
        case EntityPeer() | OutsidePeer() | InternetPeer() | CidrPeer() | FqdnPeer():
            return None


def _of_namespace(namespace: str, labels: list[Requirement]) -> Selector:
    return Selector((Requirement(NAMESPACE_KEY, "In", (namespace,)), *labels))


@lru_cache(maxsize=8192)
def _forms(workload: Workload) -> tuple[Selector, Selector]:
    """A workload is the peer of many; its two forms, seen from its namespace and from others, are made once."""
    labels = equal(workload.selector)
    return Selector(tuple(labels)), _of_namespace(workload.namespace, labels)


def internet(node_cidrs: tuple[str, ...], ports: tuple[Port, ...] = ()) -> tuple[Cidr, ...]:
    """Every public address: both families, less private ranges, the nodes' own and a cloud's metadata where these
    ports (none: any) reach it."""
    told = not ports or any(
        port.number <= one <= (port.end or port.number) for port in ports for one in _METADATA_PORTS
    )
    four = (*(PUBLIC_METADATA if told else ()), *(cidr for cidr in node_cidrs if ":" not in cidr))
    six = tuple(cidr for cidr in node_cidrs if ":" in cidr)
    return (Cidr("0.0.0.0/0", (*PRIVATE, *four)), Cidr("::/0", (*PRIVATE_6, *six)))


# What most builds have of addresses: the check of policies takes them as they are.
USUAL = (OUTSIDE, internet(()), internet((), (Port(443),)))


def width(peer: Peer) -> str:
    """The word for a peer that contains others; "" for those that do not."""
    if peer.kind == "namespace":
        return f"namespace {peer.namespace}"
    name = peer.name if peer.kind == "entity" else peer.kind
    return name if name in ("all-pods", "world", "outside", "all", "cluster") else ""


def covers(peer: Peer) -> tuple[str, ...]:
    """The words, as `width` has them, for the peers that contain this one."""
    if peer.kind == "workload":
        return (f"namespace {peer.workload.namespace}", "all-pods", "cluster", "all")
    match peer:
        case LabelsPeer() | NamespacePeer():
            return ("all-pods", "cluster", "all")
        case CidrPeer() if not peer.name.startswith(
            ("169.254.", "fe80:")
        ):  # `outside` has no link-local ones
            return ("world", "outside", "all")
        case InternetPeer():
            return ("world", "outside", "all")
        case CidrPeer() | OutsidePeer() | FqdnPeer():
            return ("world", "all")
        case AllPodsPeer() | EntityPeer():
            return ()


def rank(peer: Peer) -> int:
    """Where rules for a kind of peer stand: the narrowest first."""
    if peer.kind == "workload":
        return 0
    match peer:
        case LabelsPeer():
            return 0
        case NamespacePeer():
            return 1
        case AllPodsPeer():
            return 2
        case EntityPeer():
            return 3
        case CidrPeer():
            return 4
        case InternetPeer():
            return 5
        case OutsidePeer():
            return 6
        case FqdnPeer():
            return 7
