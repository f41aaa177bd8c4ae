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
    from typing import Literal

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

# What no object of the input asked for: the user did, every pod does, the kubelet does.
OUR_OWN = frozenset(("config", "dns", "probe"))


class WorkloadPeer(NamedTuple):
    """A workload's pods."""

    workload: Workload
    kind: Literal["workload"] = "workload"


class LabelsPeer(NamedTuple):
    """Pods that this build does not show: those with these labels; `namespace` "" is any namespace."""

    namespace: str
    labels: tuple[tuple[str, str], ...]
    kind: Literal["labels"] = "labels"


def fits(peer: LabelsPeer, workload: Workload) -> bool:
    """Whether the pods of a workload are among those of such a peer; `*` asks for any value of a label."""
    held = workload.labels
    return peer.namespace in ("", workload.namespace) and all(
        key in held if value == "*" else held.get(key) == value for key, value in peer.labels
    )


class NamespacePeer(NamedTuple):
    """Every pod of a namespace."""

    namespace: str
    kind: Literal["namespace"] = "namespace"


class AllPodsPeer(NamedTuple):
    """Every pod of the cluster."""

    kind: Literal["all-pods"] = "all-pods"


class EntityPeer(NamedTuple):
    """One of Cilium's entities."""

    name: EntityName
    kind: Literal["entity"] = "entity"


class OutsidePeer(NamedTuple):
    """Every address outside that is not link-local: LAN devices, never a cloud's metadata service."""

    kind: Literal["outside"] = "outside"


class InternetPeer(NamedTuple):
    """Every address outside that is not private; `name` is the host name that it stands for, where one is known."""

    name: str = ""
    kind: Literal["internet"] = "internet"


class CidrPeer(NamedTuple):
    """An address range without some of its parts."""

    name: str
    excepts: tuple[str, ...] = ()
    kind: Literal["cidr"] = "cidr"


class FqdnPeer(NamedTuple):
    """What a DNS name, or a matchPattern, resolves to."""

    name: str
    kind: Literal["fqdn"] = "fqdn"


# One end of an edge. The kinds are a closed sum: mypy refuses a field that a kind does not have, and a `match` that
# leaves a kind out. `kind` is a field so that two records of different kinds are never equal.
Other = (  # what is no workload
    LabelsPeer | NamespacePeer | AllPodsPeer | EntityPeer | OutsidePeer | InternetPeer | CidrPeer | FqdnPeer
)
Peer = WorkloadPeer | Other


class Evidence(NamedTuple):
    """Where it is written that an edge is needed.

    `origin`    what found it: the config, the catalogue, or a module of this package
    `subject`   the object, workload or Service that says it; None: a line of the config
    `field`     the place in it, where that is one: "annotation prometheus.io/scrape", "spec.allow[0]"
    `text`      the piece of the subject's configuration that says it: its kind, object and key, never its value
    `component` the catalogue entry whose file states the edge; the subject is then the workload recognised as it
    `place`     file and line of a line of the config
    `purpose`   what the edge serves where the program runs without it: telemetry, updates
    `by`        the field of the subject's object that names the object at the other end, in whichever namespace
    `word`      another namespace, without whose objects the entry would not state it here
    `guess`     whether nothing ties the two ends together: the server is the cluster's only one, and the client's
                configuration hidden
    """

    origin: Origin
    subject: Subject | None = None
    field: str = ""
    text: Text | None = None
    component: str = ""
    place: Where = NOWHERE
    purpose: str = ""
    by: str = ""
    word: str = ""
    guess: bool = False

    @property
    def namespace(self) -> str:
        """Whose word it is: the namespace in which the evidence is written ("" for the config's and for objects
        of the whole cluster). Values and fields of what the pods are made from count as of the namespace that they run
        in; those of other objects are their owners' word."""
        if self.text is not None and self.text.source is not None and self._of_others(self.text):
            source = self.text.source
            return source.asked_by or ("" if source.kind in CLUSTER_SCOPED else source.namespace)
        if self.subject is None:
            return ""
        return getattr(self.subject, "asked_by", "") or self.subject.namespace

    def _of_others(self, text: Text) -> bool:
        made_from = getattr(self.subject, "source", None)
        return text.kind == "entry" or (text.kind == "field" and text.source is not made_from)

    @property
    def where(self) -> Where:
        """The file, and the first line of the object or config entry, that says it."""
        if self.text is not None and self.text.source is not None:
            return self.text.source.where
        return self.subject.where if self.subject is not None else self.place


class Members:
    """The workloads that all call each other over one edge, but for those that have no second pod (`alone`, by
    identity), which do not call themselves; equal to itself alone, however many they are."""

    __slots__ = ("alone", "identities", "workloads")

    def __init__(self, workloads: list[Workload], alone: frozenset[int] = frozenset()) -> None:
        self.workloads = workloads
        self.alone = alone
        self.identities = frozenset(map(id, workloads))

    def beside(self, only: Workload | None) -> list[Workload]:
        """Those whom a member calls, or who call it: it itself (None: several of them) is among them, unless it has no
        second pod."""
        if only is None or id(only) not in self.alone:
            return self.workloads
        return [one for one in self.workloads if one is not only]


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
    members: Members | None = None  # it leads from a member to itself, for all of them (generate.members)

    @property
    def origin(self) -> Origin:
        return self.evidence.origin

    @property
    def client(self) -> Workload | None:
        """The workload whose pods open the connections; None for every other kind of peer."""
        return self.source.workload if self.source.kind == "workload" else None

    @property
    def server(self) -> Workload | None:
        """The workload whose pods are called; None for every other kind of peer."""
        return self.target.workload if self.target.kind == "workload" else None


def written_out(edges: list[Edge]) -> list[Edge]:
    """The edges, those that stand for many members one from each to each."""
    if all(edge.members is None for edge in edges):
        return edges  # as in nearly all clusters
    found: list[Edge] = []
    for edge in edges:
        each = edge._replace(members=None)
        others = edge.members.beside(edge.client) if edge.members is not None else ()
        found += (each._replace(target=WorkloadPeer(one)) for one in others) if others else (each,)
    return found


def with_peers(edges: list[Edge], *, inward: bool) -> list[tuple[Peer, Edge]]:
    """Each edge with the peer at its other end, those that stand for many members once with each of them."""
    if not any([edge.members is not None for edge in edges]):  # noqa: C419 (a generator takes twice as long)
        return [(edge.source if inward else edge.target, edge) for edge in edges]
    found: list[tuple[Peer, Edge]] = []
    alike: dict[tuple[object, ...], Workload | None] = {}  # the one that has it, None where several have
    for edge in edges:
        if edge.members is not None:
            key = (edge.members, edge.ports, edge.reason, edge.foreign)
            alike[key] = edge.client if alike.setdefault(key, edge.client) is edge.client else None
    for edge in edges:
        if edge.members is None:
            found.append((edge.source if inward else edge.target, edge))
            continue
        key = (edge.members, edge.ports, edge.reason, edge.foreign)
        if key in alike:
            found += ((WorkloadPeer(one), edge) for one in edge.members.beside(alike.pop(key)))
    return found


def workload_of(peer: Peer) -> Workload | None:
    """The workload that a peer stands for; None for every other kind."""
    return peer.workload if peer.kind == "workload" else None


def namespace_of(peer: Peer) -> str:
    """The one namespace that a peer's pods are in; "" where there is none such."""
    match peer:
        case WorkloadPeer():
            return peer.workload.namespace
        case LabelsPeer() | NamespacePeer():
            return peer.namespace
        case AllPodsPeer() | EntityPeer() | OutsidePeer() | InternetPeer() | CidrPeer() | FqdnPeer():
            return ""
