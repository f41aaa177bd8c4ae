"""Flows that the manifests need and a user's policy cuts: the commonest fault of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from cilium_policies.checks.snapshot import SOMEWHERE, Snapshot
from cilium_policies.checks.violation import Flow, Linted, Violation
from cilium_policies.evaluate.endpoint import Endpoint, address, dns_name, entity
from cilium_policies.evaluate.entries import RuleRef
from cilium_policies.evaluate.verdict import DEFAULT_DENY, DENY_RULE
from cilium_policies.evidence.edge import (
    CidrPeer,
    Edge,
    EntityPeer,
    FqdnPeer,
    InternetPeer,
    Peer,
    WorkloadPeer,
)
from cilium_policies.evidence.words import evidence_words, reason_words
from cilium_policies.workloads.model import Workload

_DNS = 53


def cut(one: Linted) -> Iterator[Violation]:
    """A flow that the manifests need, and that this policy denies or closes."""
    if one.known.own or one.known.refusals:
        return
    for flow in one.cuts:
        ref = _narrowest(flow.decision.rules, one.snapshot)
        if ref is None or ref.policy is not one.policy:
            continue
        denied = flow.decision.reason == DENY_RULE
        path = ref.path if denied else ref.path.rpartition("[")[0]
        message = f"cuts {flow}, which {flow.why}"
        by_address = not denied and _by_address(one, flow)
        if by_address:
            message += (
                "; its rules by address (ipBlock, CIDR) never match nodes, pods or the API server on Cilium"
            )
        cure = "leave it out of the deny rule" if denied else f"add an {flow.direction} rule for it"
        yield Violation(path, message, by_address or cure)


def _by_address(one: Linted, flow: Flow) -> str:
    """The cure where the policy names an end of the cluster by an address, as it would for another network plugin."""
    ingress = flow.direction == "ingress"
    far = flow.source if ingress else flow.target
    if far.outside or not any(
        part.rule.cidrs for part in one.parts() if part.ingress == ingress and not part.deny
    ):
        return ""
    side = "from" if ingress else "to"
    if far.managed:
        return f"name the pods: {side}Endpoints, or a podSelector with a namespaceSelector"
    entity = far.name if far.name in ("kube-apiserver", "host", "remote-node") else "remote-node"
    return f"write a CiliumNetworkPolicy with {side}Entities: [{entity}]: a NetworkPolicy cannot name it on Cilium"


def _narrowest(refs: Sequence[RuleRef], snapshot: Snapshot) -> RuleRef | None:
    """The user's policy that is most about these pods: there the rule is missing."""
    users = [ref for ref in refs if not snapshot.known_of(ref.policy).own]
    return max(users, key=_narrowness, default=None)


def _narrowness(ref: RuleRef) -> int:
    subject = ref.policy.specs[ref.spec].subject
    return len(subject.requirements) if subject else 0


def cuts(snapshot: Snapshot, edges: Iterable[Edge], dns: Iterable[Workload]) -> Iterator[Flow]:
    """Every needed flow that is denied, with each side that denies it; `dns` are the cluster's DNS servers."""
    for edge in edges:
        if edge.explains:
            for source, target in _ends(snapshot, edge):
                for port in edge.ports:
                    if port.number:
                        at = (port.number, port.protocol)
                        yield from _judged(snapshot, source, target, at, partial(_why, edge))
    for server in dns:
        for end in snapshot.workloads:
            if end.managed and snapshot.workloads[end] is not server:
                yield from _judged(snapshot, end, snapshot.end(server), (_DNS, "UDP"), _why_dns)


def _why(edge: Edge) -> str:
    return f"is needed: {reason_words(edge.reason)} ({evidence_words(edge.evidence)})"


def _why_dns() -> str:
    return "is how its pods look up every name"


def _judged(
    snapshot: Snapshot, source: Endpoint, target: Endpoint, port: tuple[int, str], why: Callable[[], str]
) -> Iterator[Flow]:
    verdict = snapshot.repository.verdict(source, target, *port)
    if verdict.allowed is False:
        for direction, side in (("egress", verdict.egress), ("ingress", verdict.ingress)):
            if side.allowed is False and side.reason in (DEFAULT_DENY, DENY_RULE):
                yield Flow(source, target, f"{port[0]}/{port[1]}", why(), side, direction)


def _ends(snapshot: Snapshot, edge: Edge) -> Iterator[tuple[Endpoint, Endpoint]]:
    source, target = _end(snapshot, edge.source), _end(snapshot, edge.target)
    if source is not None and target is not None and source is not target:
        yield source, target


def _end(snapshot: Snapshot, peer: Peer) -> Endpoint | None:
    """The one end that a peer stands for; None where it stands for many, or for a name."""
    match peer:
        case WorkloadPeer():
            return snapshot.end(peer.workload)
        case EntityPeer(("kube-apiserver" | "host" | "remote-node" | "world") as name):
            return entity(name, snapshot.options)[0]
        case InternetPeer(""):
            return snapshot.repository.place(address(SOMEWHERE, snapshot.options))
        case InternetPeer() | FqdnPeer() if "*" not in peer.name:
            return snapshot.repository.place(dns_name(peer.name, SOMEWHERE, snapshot.options)[0])
        case CidrPeer() if "${" not in peer.name:
            return snapshot.repository.place(address(peer.name, snapshot.options))
    return None
