"""One flow that somebody needs, with its reason: what a plan is made of."""

from __future__ import annotations

from cilium_policies.kube.ports import Port
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.model import Workload


class Peer(NamedTuple):
    """One end of an edge.

    kind      | fields
    workload  | `workload`
    labels    | `namespace` ("" = every namespace) and `labels`: pods that this build does not show
    namespace | `namespace`: every pod of it
    all-pods  | every pod of the cluster
    entity    | `name`: kube-apiserver, host, remote-node, world, ingress, cluster, all, health
    outside   | every address outside that is not link-local: LAN devices, never a cloud's metadata
    internet  | every address outside that is not private; `name` may carry the host name it stands for
    cidr      | `name`, `excepts`
    fqdn      | `name`: a DNS name or matchPattern
    """

    kind: str
    name: str = ""
    workload: Workload | None = None
    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    excepts: tuple[str, ...] = ()


class Edge(NamedTuple):
    """`source` may open connections to `target` on these pod ports (empty: any port, and `why` says why).

    `reason`  one short sentence without a full stop, e.g. "web UI through Gateway network/internal"
    `evidence` the object or catalogue entry it came from: "HTTPRoute media/radarr", "catalogue coredns"
    `origin`  which module found it: catalogue, route, monitor, webhook, api, address, service, …, config
    `explains` whether it counts as an explanation of its workload's direction (not DNS, probes, scraping)
    """

    source: Peer
    target: Peer
    ports: tuple[Port, ...]
    reason: str
    evidence: str
    origin: str
    explains: bool = True
    http: tuple[tuple[str, str], ...] = ()  # (method, path) pairs, for spec.allow
    dns: tuple[str, ...] = ()  # matchPatterns, for spec.allow and toFQDNs


def pods(workload: Workload) -> Peer:
    """The peer that stands for a workload's pods."""
    return Peer("workload", workload=workload)


def entity(name: str) -> Peer:
    """A Cilium entity as peer."""
    return Peer("entity", name)
