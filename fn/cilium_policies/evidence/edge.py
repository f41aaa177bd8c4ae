"""One flow that somebody needs, with its reason and its evidence: what a plan is made of.

All of it is values that a program can ask; `evidence.words` makes the sentences that people read.
"""

from __future__ import annotations

from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import CLUSTER_SCOPED, NOWHERE, Object, Where
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING, NamedTuple
from cilium_policies.workloads.model import Service, Text, Workload

if TYPE_CHECKING:
    from cilium_policies.lean import Literal

    PeerKind = Literal[
        "workload", "labels", "namespace", "all-pods", "entity", "outside", "internet", "cidr", "fqdn"
    ]
    EntityName = Literal[
        "kube-apiserver", "host", "remote-node", "world", "ingress", "cluster", "all", "health"
    ]
    Origin = Literal[
        "config",
        "catalogue",
        "route",
        "listener",
        "extension",
        "monitor",
        "webhook",
        "api",
        "address",
        "service",
        "peers",
        "policy",
        "inferred",
        "identity",
        "probe",
        "dns",
    ]
    Subject = Object | Workload | Service


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

    kind: PeerKind
    name: str = ""
    workload: Workload | None = None
    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    excepts: tuple[str, ...] = ()


class Evidence(NamedTuple):
    """Where it is written that an edge is needed.

    `origin`    what found it: the config, the catalogue, or a module of this package
    `subject`   the object, workload or Service that says it; None: a line of the config
    `field`     the place in it, where that is one: "annotation prometheus.io/scrape", "spec.allow[0]"
    `text`      the piece of the subject's configuration that says it: its kind, object and key, never its value
    `component` the catalogue entry whose file states the edge; the subject is then the workload recognised as it
    `place`     file and line of a line of the config
    `purpose`   what the edge serves where the program runs without it: telemetry, updates
    """

    origin: Origin
    subject: Subject | None = None
    field: str = ""
    text: Text | None = None
    component: str = ""
    place: Where = NOWHERE
    purpose: str = ""

    @property
    def namespace(self) -> str:
        """Whose word it is: the namespace in which the evidence is written ("" for the config's and for objects
        of the whole cluster). Values and fields of what the pods are made from count as of the namespace that they run
        in; those of other objects are their owners' word."""
        if self.text is not None and self.text.source is not None and self._of_others(self.text):
            source = self.text.source
            return "" if source.kind in CLUSTER_SCOPED else source.namespace
        return self.subject.namespace if self.subject is not None else ""

    def _of_others(self, text: Text) -> bool:
        made_from = getattr(self.subject, "source", None)
        return text.kind == "entry" or (text.kind == "field" and text.source is not made_from)

    @property
    def where(self) -> Where:
        """The file, and the first line of the object or config entry, that says it."""
        if self.text is not None and self.text.source is not None:
            return self.text.source.where
        return self.subject.where if self.subject is not None else self.place


class Edge(NamedTuple):
    """`source` may open connections to `target` on these pod ports (empty: any port).

    `reason`   why, as a value: `evidence.reasons`
    `evidence` where that is written
    `explains` whether it counts as an explanation of its workload's direction (not DNS, probes, scraping)
    """

    source: Peer
    target: Peer
    ports: tuple[Port, ...]
    reason: Reason
    evidence: Evidence
    explains: bool = True
    http: tuple[tuple[str, str], ...] = ()  # (method, path) pairs, for spec.allow
    dns: tuple[str, ...] = ()  # matchPatterns, for spec.allow and toFQDNs
    foreign: tuple[str, ...] = ()  # the directions of it that rest on another namespace's word

    @property
    def origin(self) -> Origin:
        return self.evidence.origin


def pods(workload: Workload) -> Peer:
    """The peer that stands for a workload's pods."""
    return Peer("workload", workload=workload)


def entity(name: EntityName) -> Peer:
    """A Cilium entity as peer."""
    return Peer("entity", name)
