"""What would turn the answer to a flow round: config lines that do, or the user's own policy that decides."""

from __future__ import annotations

from collections.abc import Sequence

from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.evaluate.entries import RuleRef
from cilium_policies.evaluate.verdict import DEFAULT_DENY, DENY_RULE, LOCALHOST, Verdict
from cilium_policies.evidence.edge import (
    OUR_OWN,
    AllPodsPeer,
    CidrPeer,
    Edge,
    EntityPeer,
    FqdnPeer,
    InternetPeer,
    LabelsPeer,
    NamespacePeer,
    OutsidePeer,
    Peer,
    WorkloadPeer,
)
from cilium_policies.questions.because import between, edges, told
from cilium_policies.questions.ends import INTERNET, End, Pair, Port


def cure_of(pair: Pair, wanted: Port, then: Verdict, snapshot: Snapshot, needs: Sequence[Edge]) -> str:
    """What would turn the answer round, once enforced."""
    refs = [ref for side in (then.egress, then.ingress) for ref in side.rules]
    if then.ingress.reason == LOCALHOST or _is_own_node(pair):
        return "nothing denies it: a pod's own node may always reach it, unless the agent says allow-localhost: policy"
    if then.allowed:
        return _to_deny(pair, wanted, refs, snapshot, needs)
    forbidden = [
        ref for side in (then.egress, then.ingress) if side.reason == DENY_RULE for ref in side.rules
    ]
    if forbidden:
        return f"to allow it: remove {forbidden[0]}"
    missing = [side.reason for side in (then.egress, then.ingress)]
    if DEFAULT_DENY in missing:
        line = (
            f"{{from: {_peer(pair[0], snapshot)}, to: {_peer(pair[1], snapshot)}, ports: [{wanted}], why: …}}"
        )
        return f"to allow it, an entry of spec.allow: - {line}"
    return ""


def _peer(end: End, snapshot: Snapshot) -> str:
    if end.workload is not None and not end.workload.host_network:
        return f"{{pod: {snapshot.cluster.called(end.workload)}}}"
    one = end.endpoint
    if one.name == INTERNET:
        return INTERNET
    if one.address is not None and not one.fqdn:
        return f"{{cidr: {one.address}/{one.address.max_prefixlen}}}"
    if one.fqdn:
        return f"{{fqdn: {one.name}}}"
    if end.workload is not None:
        return "remote-node"
    return "kube-apiserver" if one.name.startswith("kube-apiserver") else one.name


def _is_own_node(pair: Pair) -> bool:
    """Whether the node itself asks its pod: whatever a rule says, that passes."""
    return pair[0].endpoint.name == "host" and pair[1].workload is not None


def _to_deny(pair: Pair, wanted: Port, refs: list[RuleRef], snapshot: Snapshot, needs: Sequence[Edge]) -> str:
    known = [snapshot.known_of(ref.policy) for ref in refs]
    users = [one for one in known if not one.own]
    if users:
        return f"to deny it: change {refs[known.index(users[0])]}"
    behind = edges(*pair, wanted, refs, mates=True) or between(*pair, wanted, needs)
    lines = dict.fromkeys(
        _denial(edge, pair, wanted, snapshot) for edge in behind if edge.origin not in OUR_OWN
    )
    rest = dict.fromkeys(f"remove {told(edge)}" for edge in behind if edge.origin in OUR_OWN)
    if lines:
        entries = f"an entry of spec.deny: - {next(iter(lines))}"
        if len(lines) > 1:
            entries = f"entries of spec.deny: {' '.join(f'- {one}' for one in lines)}"
        needed_by = dict.fromkeys(told(edge) for edge in behind if not edge.evidence.component)
        if needed_by and not rest:
            entries += f", or remove what needs it ({'; '.join(needed_by)})"
        return "; and ".join((f"to deny it, {entries}", *rest))
    if rest:
        return f"to deny it: {'; and '.join(rest)}"
    if not known:
        space = pair[1].endpoint.namespace or pair[0].endpoint.namespace
        return f"to deny it: let spec.namespaces.include name {space}" if space else ""
    return ""


def _denial(edge: Edge, pair: Pair, wanted: Port, snapshot: Snapshot) -> str:
    """The entry of `spec.deny` that takes an edge away: on the port asked about, where the edge has ports."""
    ports = f", ports: [{wanted}]" if edge.ports else ""
    source, target = _of(edge.source, pair[0], snapshot), _of(edge.target, pair[1], snapshot)
    return f"{{from: {source}, to: {target}{ports}, why: …}}"


def _of(peer: Peer, end: End, snapshot: Snapshot) -> str:
    """An end of an edge as the config writes it: what the edge says, as an entry of `spec.deny` is matched with it."""
    match peer:
        case InternetPeer() | FqdnPeer():
            return f'{{fqdn: "{peer.name}"}}' if peer.name else INTERNET
        case CidrPeer():
            return f"{{cidr: {peer.name}}}"
        case EntityPeer():
            return peer.name
        case OutsidePeer():
            return "world"
        case AllPodsPeer():
            return peer.kind
        case NamespacePeer():
            return f"{{namespace: {peer.namespace}}}"
        case LabelsPeer():
            labels = ", ".join(f'{key}: "{value}"' for key, value in peer.labels)
            space = f"namespace: {peer.namespace}, " if peer.namespace else ""
            return f"{{labels: {{{space}matchLabels: {{{labels}}}}}}}"
        case WorkloadPeer(one):
            mate = one is not end.workload
            return f"{{pod: {snapshot.cluster.called(one)}}}" if mate else _peer(end, snapshot)
