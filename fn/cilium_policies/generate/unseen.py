"""What a single build could not know: peers that another build holds and that were named by less than their pods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.given import Given, Note
from cilium_policies.evidence.words import evidence_words
from cilium_policies.generate.knowledge import BOTH, GUESSED, UNKNOWN, Uncovered
from cilium_policies.kube.kinds import ROUTE_KINDS
from cilium_policies.workloads.cluster import Cluster

_INGRESSES = ("Ingress", "IngressRoute", "IngressRouteTCP", "IngressRouteUDP")
_INVENTORY = "give the inventory of the whole tree (cilium-policies inventory; --inventory)"


def unseen(cluster: Cluster, given: Given, edges: Iterable[Edge]) -> Iterator[Finding]:
    """One finding a route whose Gateway, an Ingress whose controller, and an address whose Service, this input
    does not show."""
    for note in _notes(cluster, given):
        if not note.subject.where.elsewhere:
            yield note.subject.finding(WARNING, f"{note.subject}: {note.what}", note.cure)
    told = set()
    for edge in edges:
        client, namespace = edge.source.workload, edge.target.namespace
        if edge.origin != "address" or edge.target.kind != "namespace" or client is None or not client.own:
            continue
        told_by = evidence_words(edge.evidence)
        message = f"{told_by} names a Service of namespace {namespace} that this input does not show"
        if message not in told and client.source is not None:
            told.add(message)
            message += ": any pod there may be called on that port"
            yield client.source.finding(WARNING, message, _INVENTORY)


def unseen_proxies(cluster: Cluster, given: Given) -> Iterator[Uncovered]:
    """Gateways and controllers that this input does not show: one line stands for their pods and for those behind."""
    for note in _notes(cluster, given):
        one = note.subject
        if not one.where.elsewhere:
            cure = "cluster.gateways: [{pod: NAMESPACE/PROXY}]"
            degree = GUESSED if note.guessed else UNKNOWN
            yield Uncovered(
                degree, "proxy-elsewhere", BOTH, one.namespace, one.name, None, one, (note.what,), cure
            )


def _notes(cluster: Cluster, given: Given) -> Iterator[Note]:
    # Imported for builds that hold such objects: start-up is paid at every build.
    if cluster.inventory.of(*ROUTE_KINDS):
        from cilium_policies.evidence import routes

        yield from routes.unseen(cluster, given)
    if given.routed and cluster.inventory.of(*given.routed):
        from cilium_policies.evidence import routed

        yield from routed.unseen(cluster, given)
    if cluster.inventory.of(*_INGRESSES):
        from cilium_policies.evidence import ingresses

        yield from ingresses.unseen(cluster, given)
