"""What a single build could not know: peers that another build holds and that were named by less than their pods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.generate.edge import Edge
from cilium_policies.generate.evidence.given import Given
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.cluster import Cluster

_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
_INVENTORY = "give the inventory of the whole tree (cilium-policies inventory; --inventory)"


def unseen(cluster: Cluster, given: Given, edges: Iterable[Edge]) -> Iterator[Finding]:
    """One finding a route whose Gateway, and an address whose Service, this input does not show."""
    if cluster.inventory.of(*_ROUTES):
        from cilium_policies.generate.evidence import routes

        for note in routes.unseen(cluster, given):
            if not note.subject.where.elsewhere:
                yield _about(note.subject, f"{note.subject}: {note.what}", note.cure)
    told = set()
    for edge in edges:
        client, namespace = edge.source.workload, edge.target.namespace
        if edge.origin != "address" or edge.target.kind != "namespace" or client is None or not client.own:
            continue
        message = f"{edge.evidence} names a Service of namespace {namespace} that this input does not show"
        if message not in told and client.source is not None:
            told.add(message)
            yield _about(client.source, f"{message}: any pod there may be called on that port", _INVENTORY)


def _about(one: Object, message: str, cure: str) -> Finding:
    return Finding(
        WARNING,
        message,
        cure,
        one.where.file,
        one.where.item,
        one.where.line,
        0,
        "",
        one.api_version,
        one.kind,
        one.namespace,
        one.name,
    )
