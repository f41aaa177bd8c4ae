"""An ACME server's questions over HTTP, where the load balancer that brings them is outside of the cluster: it asks the
pods that solve the challenge by their own addresses. Proxies in the cluster are the catalogue's, `from: gateway`.

https://cert-manager.io/docs/configuration/acme/http01/; cert-manager/cert-manager: pkg/issuer/acme/http/ingress.go,
httproute.go
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, Peer
from cilium_policies.evidence.ends import WORLD, ends
from cilium_policies.evidence.gateways import Gateways
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.public_dns import asking, solving
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, text
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster

_SOLVER = "challenge-solver"
_PORT = Port(8089)  # pkg/issuer/acme/http/http.go, acmeSolverListenPort


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """From each load balancer outside that an issuer's solver names to the solvers of whoever asks that issuer."""
    solvers = cluster.playing(_SOLVER)
    if not solvers:
        return
    gateways = Gateways(cluster, given)
    for issuer, ways in solving(cluster.inventory):
        spaces = set(asking(cluster.inventory, issuer))
        for solver in solvers:
            if solver.namespace in spaces:
                for client, named in _clients(gateways, solver.namespace, ways):
                    for end in ends(solver):
                        reason = Reason("through-route", named)
                        yield Edge(client, end, (_PORT,), reason, Evidence("route", issuer))


def _clients(
    gateways: Gateways, namespace: str, ways: list[Mapping]
) -> Iterator[tuple[Peer, tuple[str, ...]]]:
    """Who brings the questions, with the kind and the name of what leads them."""
    for way in ways:
        for parent in mappings(at(way, "gatewayHTTPRoute", "parentRefs")):
            name = text(parent.get("name"))
            for peer in gateways.outside(text(parent.get("namespace")) or namespace, name):
                yield peer, ("Gateway", name)
        if "ingress" in way:
            named = mapping(way.get("ingress"))
            for peer in gateways.ingress_class(_ingress(namespace, named)):
                if peer.kind == "cidr" or peer == WORLD:
                    yield peer, ("Ingress", text(named.get("name")) or "cm-acme-http-solver")


def _ingress(namespace: str, solver: Mapping) -> Object:
    """The Ingress that cert-manager makes for a challenge, or the one that it adds a path to."""
    metadata = {"name": text(solver.get("name")), "namespace": namespace}
    spec = {"ingressClassName": text(solver.get("ingressClassName")) or text(solver.get("class"))}
    return Object(
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}
    )


__all__ = ["edges"]
