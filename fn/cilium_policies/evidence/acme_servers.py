"""An ACME server of the cluster's own: it asks every name that it is to certify, on port 80 of whoever answers
there."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer, workload_of
from cilium_policies.evidence.ends import backends
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.hostnames import Hostnames
from cilium_policies.evidence.names import resolve
from cilium_policies.evidence.public_dns import names_of, over_http
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.routes import backends_of
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_HTTP = 80


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """Such a server to the gateways of the names for which an issuer asks it."""
    issuers = list(over_http(cluster.inventory))
    if not issuers:
        return
    hostnames = Hostnames(cluster, given)
    for issuer, host in issuers:
        servers = list(_servers(cluster, hostnames, host, issuer.namespace))
        for name in dict.fromkeys(names_of(cluster.inventory, issuer)) if servers else ():
            for peer, port in hostnames.backends(name.lower(), _HTTP):
                for server in servers:
                    if workload_of(peer) is not server:
                        evidence, reason = Evidence("route", issuer), Reason("checks-names", (name,))
                        yield Edge(WorkloadPeer(server), peer, (port,), reason, evidence, explains=False)


def _servers(cluster: Cluster, hostnames: Hostnames, host: str, namespace: str) -> Iterator[Workload]:
    named = resolve(cluster, host, namespace)
    if named is not None and named.service is not None:
        found = list(backends(cluster, named.service))
    else:
        found = [one for route in hostnames.routes(host) for one in backends_of(cluster, route)]
    yield from dict.fromkeys(filter(None, (workload_of(peer) for peer, _ in found)))
