"""What is said of a rule: the sentence above it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cilium_policies.evidence.edge import (
    AllPodsPeer,
    CidrPeer,
    EntityPeer,
    FqdnPeer,
    InternetPeer,
    LabelsPeer,
    NamespacePeer,
    OutsidePeer,
    Peer,
    WorkloadPeer,
)
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.words import reason_words
from cilium_policies.kube.ports import Port

_LAST = 65535


def why(reason: Reason, ports: Collection[Port], who: str) -> str:
    """A rule's sentence; `who` names the peers where another rule has the same."""
    every = ", on any port" if not ports or any(map(is_every, ports)) else ""
    return f"{reason_words(reason)}{every}{f' ({who})' if who else ''}"


def is_every(port: Port) -> bool:
    """Whether a range is every port of its protocol."""
    return port.end == _LAST and port.number == 1


def whom(peers: Iterable[Peer], namespace: str) -> str:
    """The peers of a rule in words, for rules whose reasons are the same."""
    names = sorted({_name(peer, namespace) for peer in peers})
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _name(peer: Peer, namespace: str) -> str:
    match peer:
        case WorkloadPeer(one):
            return one.name if one.namespace == namespace else f"{one.namespace}/{one.name}"
        case LabelsPeer():
            return " ".join(value for _, value in peer.labels)
        case NamespacePeer():
            return peer.namespace
        case InternetPeer():
            return peer.name or peer.kind
        case EntityPeer() | CidrPeer() | FqdnPeer():
            return peer.name
        case AllPodsPeer() | OutsidePeer():
            return peer.kind
