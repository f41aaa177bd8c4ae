"""Whose word opens whose pods: the sides of edges that rest on what stands in another namespace.

Each side of an edge is a rule in the namespace of its pods. It is foreign where the edge was read from an object of
another namespace and nothing in its own consents. What is the platform's consents: the config, cluster-scoped
objects, both ends known by chart or operator's object, a scraper that takes monitors of that namespace. So does what
stands in the side's own namespace: a ReferenceGrant, a Gateway's allowedRoutes, a policy that lets the other in or out.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.config.model import EGRESS, INGRESS, Trust
from cilium_policies.evidence.edge import OUR_OWN, Edge, LabelsPeer, Peer, namespace_of, workload_of
from cilium_policies.evidence.reasons import leader
from cilium_policies.generate.consents import Consents
from cilium_policies.kube.objects import CLUSTER_SCOPED, Object
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_NAMED = ("calls-through-gateway", "calls-host", "calls-node")  # a name's place may be another's word


class Foreign(NamedTuple):
    """A side of an edge that another namespace asks for: `direction` of `workload`, by what `asks` says; `open`
    whether it is written."""

    edge: Edge
    direction: str
    workload: Workload
    asks: str
    open: bool


class Judged(NamedTuple):
    """Edges as the config trusts them: `foreign` sides are marked, and taken off where it denies them."""

    edges: list[Edge]
    foreign: list[Foreign]


def judged(edges: Iterable[Edge], cluster: Cluster, trust: Trust, catalogue: Catalogue, dns: str) -> Judged:
    """Every edge, each with its foreign sides named; `dns`: the namespace of the cluster's DNS."""
    found = list(edges)
    if trust.foreign == "allow":
        return Judged(found, [])
    consents = Consents(cluster, found, dns)
    judge = _Judge(consents, trust, catalogue, _seats(cluster, catalogue))
    kept: list[Edge] = []
    foreign: list[Foreign] = []
    denied = trust.foreign == "deny"
    for edge in found:
        sides = [] if _is_at_home(edge) else _sides(edge)
        sides = [one for one in sides if judge.is_foreign(edge, *one)]
        if not sides:
            kept.append(edge)
            continue
        claims = [consents.claimant(edge, direction, other) for direction, _, other in sides]
        marked = edge._replace(foreign=tuple(direction for direction, _, _ in sides))
        if claim := next(filter(None, claims), ""):
            marked = marked._replace(evidence=edge.evidence._replace(word=claim))
        for (direction, workload, _), asks in zip(sides, claims, strict=True):
            foreign.append(Foreign(marked, direction, workload, asks or word_of(edge), not denied))
            if denied:
                marked = _without(marked, direction)
        kept.append(marked)
    return Judged(kept, foreign)


def word_of(edge: Edge) -> str:
    """The namespace on whose word a foreign edge rests: that of its evidence, or of the end that only labels or its
    image tell."""
    if edge.evidence.word:
        return edge.evidence.word
    ends = (edge.source, edge.target)
    asked = [one.workload.asked_by for one in ends if one.kind == "workload" and one.workload.asked_by]
    if edge.origin != "catalogue" or asked:
        return asked[0] if asked else edge.evidence.namespace
    told = [one.workload.namespace for one in ends if one.kind == "workload" and one.workload.rendered]
    return ", ".join(dict.fromkeys(told)) or edge.evidence.namespace


def _is_at_home(edge: Edge) -> bool:
    """Whether pods of one namespace call each other, as something of that namespace says, the catalogue apart: then no
    side is another's, and most edges are such."""
    source, target, told = edge.source, edge.target, edge.evidence
    if source.kind != "workload" or target.kind != "workload" or told.origin == "catalogue":
        return False
    return source.workload.namespace == target.workload.namespace == told.namespace


def _sides(edge: Edge) -> list[tuple[str, Workload, Peer]]:
    """Direction, pods and other end of each side for which a policy is written."""
    if edge.evidence.origin in OUR_OWN:
        return []
    source, target = edge.source, edge.target
    client, server = workload_of(source), workload_of(target)
    if client is server:
        return []
    found: list[tuple[str, Workload, Peer]] = []
    if client is not None and not client.host_network:
        found.append((EGRESS, client, target))
    if server is not None and not server.host_network:
        found.append((INGRESS, server, source))
    return found


class _Judge(NamedTuple):
    """What a side of an edge is held against."""

    consents: Consents
    trust: Trust
    catalogue: Catalogue
    seats: dict[str, set[str]]

    def is_foreign(self, edge: Edge, direction: str, own: Workload, other: Peer) -> bool:
        """Whether another namespace asks for this side, and neither the config nor the own one consents."""
        if edge.evidence.origin == "catalogue":
            asked = (
                own.asked_by,
                *_asks_by_name(edge),
                self._asks_by_guess(edge, other),
                self._asks_by_label(edge, own, other),
                self._asks_by_copy(other) if direction == INGRESS else "",
            )
            asks = next((one for one in asked if one not in ("", own.namespace)), "")
        else:
            # of nearly all that goes out nobody but its own namespace can ask
            may_claim = direction == INGRESS or edge.reason.kind in _NAMED
            asks = (self.consents.claimant(edge, direction, other) if may_claim else "") or _namespace(edge)
        if not asks or asks == own.namespace:
            return False
        told = other.kind == "labels" or edge.evidence.word or leader(edge.reason)
        space = namespace_of(other) or (asks if told else "")
        ends = (own.namespace, space) if direction == EGRESS else (space, own.namespace)
        if any(fnmatchcase(ends[0], one[0]) and fnmatchcase(ends[1], one[1]) for one in self.trust.grants):
            return False
        return not self.consents.given(edge, direction, own, other)

    def _asks_by_guess(self, edge: Edge, other: Peer) -> str:
        """The namespace of the other end where no more than a guess ties the two together: neither asked for it."""
        one = workload_of(other)
        return one.namespace if one is not None and edge.evidence.guess and not self._is_named(one) else ""

    def _asks_by_label(self, edge: Edge, own: Workload, other: Peer) -> str:
        """The namespace of the other end where only labels or its image say what it is; "" where that is known. A pod
        into which a side-car is injected needs to be nobody, and whom side-cars call is known in its customary
        namespace."""
        one = workload_of(other)
        if one is None or not one.by_marks or one.namespace == own.namespace:
            return ""
        if edge.evidence.field:  # of what is injected
            known = self.catalogue.get(one.component)
            if one is edge.evidence.subject or (known is not None and one.namespace == known.namespace):
                return ""
        return "" if self._is_named(one) else one.namespace

    def _asks_by_copy(self, other: Peer) -> str:
        """The namespace of a controller that an operator's object has there, where another object of the kind has it in
        its customary one: which of the two is the cluster's is told by nothing else."""
        one = workload_of(other) if self.seats else None
        if one is None or self._is_named(one):
            return ""
        seats = self.seats.get(_seated(one, self.catalogue), ())
        return one.namespace if seats and one.namespace not in seats else ""

    def _is_named(self, one: Workload) -> bool:
        """Whether the config says that pods of this component are what they say in their namespace."""
        trusted = self.trust.components.get(one.component)
        return trusted is not None and any(fnmatchcase(one.namespace, pattern) for pattern in trusted)


def _seats(cluster: Cluster, catalogue: Catalogue) -> dict[str, set[str]]:
    """The kinds of operators' objects by which controllers run in their customary namespaces, with these."""
    found: dict[str, set[str]] = {}
    for one in cluster.workloads:
        kind, known = _seated(one, catalogue), catalogue.get(one.component)
        if kind and known is not None and one.namespace == known.namespace:
            found.setdefault(kind, set()).add(one.namespace)
    return found


def _seated(one: Workload, catalogue: Catalogue) -> str:
    """The kind of the object in its namespace that makes a controller's pods: such as call every instance of another
    component. "" for others; proxies and scrapers are told apart by what they serve and select."""
    source = one.source
    if one.rendered or one.chart or source is None or source.namespace != one.namespace:
        return ""
    known = catalogue.get(one.component)
    reaches = (
        known is not None
        and not known.role
        and any(edge.every and edge.direction == EGRESS for edge in known.own_edges)
    )
    return source.kind if reaches else ""


def _asks_by_name(edge: Edge) -> tuple[str, str]:
    """The namespace of an object that names another, in whichever namespace (`elasticsearchRef: {name: …, namespace:
    …}`), or without which the entry would state nothing: that both are what they say is no consent of the one that is
    named, and what one namespace writes is none of another's pods."""
    return edge.evidence.word, edge.evidence.namespace if edge.evidence.by else ""


def _namespace(edge: Edge) -> str:
    """The namespace that an edge was read from, "" for what is nobody's: cluster-scoped objects may carry one, as
    kustomize stamps it on everything. Those that stand in a release's values are its namespace's word."""
    subject = edge.evidence.subject
    if isinstance(subject, Object) and subject.kind in CLUSTER_SCOPED:
        return subject.asked_by
    return edge.evidence.namespace


def _without(edge: Edge, direction: str) -> Edge:
    """The edge without a rule on one side: its pods stay what the other side's rule names."""
    end = edge.source if direction == EGRESS else edge.target
    assert end.kind == "workload"
    plain = LabelsPeer(end.workload.namespace, tuple(sorted(end.workload.selector.items())))
    return edge._replace(source=plain) if direction == EGRESS else edge._replace(target=plain)
