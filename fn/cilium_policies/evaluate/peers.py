"""The peers of a rule: which ends it speaks of."""

from __future__ import annotations

from cilium_policies.cilium.model import NO_OTHERS, PORTS, Cidr, CidrGroup, Fqdn, Rule, Selector, ServiceRef
from cilium_policies.evaluate.addresses import within
from cilium_policies.evaluate.endpoint import Endpoint, world_label
from cilium_policies.evaluate.labels import CLUSTER, POD_NAMESPACE
from cilium_policies.evaluate.names import matches_name
from cilium_policies.evaluate.options import Options
from cilium_policies.evaluate.ports import Span
from cilium_policies.evaluate.selectors import (
    Need,
    Needs,
    holds,
    labels_match,
    needs_of,
    peer_needs,
    with_cluster,
)
from cilium_policies.kube.selectors import fits
from cilium_policies.lean import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Service(NamedTuple):
    """What toServices needs of a Service. `addresses`: of the EndpointSlices of one without selector."""

    namespace: str
    name: str
    labels: dict[str, str]
    selector: dict[str, str]
    addresses: tuple[str, ...] = ()


class Labelled(NamedTuple):
    """Ends whose labels fit; () is everybody."""

    needs: Needs

    def matches(self, end: Endpoint, groups: Sequence[CidrGroup]) -> bool:
        if holds(self.needs, end):
            return True
        return end.aggregate is not None and labels_match(self.needs, end.aggregate)


EVERYBODY = Labelled(())


class Range(NamedTuple):
    """Addresses outside, in one range less some others, or in a group of ranges."""

    cidr: Cidr
    ipv6: bool  # whether the cluster is dual stack: a range of length 0 then means its own family

    def matches(self, end: Endpoint, groups: Sequence[CidrGroup]) -> bool:
        if not end.outside:
            return False
        if self.cidr.group:
            found = any(groups[number].name == self.cidr.group for number in end.groups)
        elif self.cidr.group_selector is not None:
            found = _in_groups(needs_of(self.cidr.group_selector, "cidrgroup"), end, groups)
        else:
            found = self._in_range(self.cidr.cidr, end)
        return found and not any(self._in_range(hole, end) for hole in self.cidr.excepts)

    def _in_range(self, text: str, end: Endpoint) -> bool:
        address, _, length = text.partition("/")
        if length == "0":
            version = 6 if ":" in address else 4
            return world_label(version, self.ipv6) in end.labels
        return within(end.address, text)


class Named(NamedTuple):
    """Addresses that a DNS answer gave for a name."""

    fqdn: Fqdn

    def matches(self, end: Endpoint, groups: Sequence[CidrGroup]) -> bool:
        return bool(end.fqdn) and matches_name(self.fqdn, end.fqdn)


class Cloud(NamedTuple):
    """toGroups: addresses that only a cloud's API knows."""

    def matches(self, end: Endpoint, groups: Sequence[CidrGroup]) -> bool:
        return False


Matcher = Labelled | Range | Named | Cloud

# v1.20.2:pkg/policy/api/entity.go
_ENTITY_LABELS = {
    "world": ("world", "world-ipv4", "world-ipv6", "aggregate-world"),
    "world-ipv4": ("world-ipv4",),
    "world-ipv6": ("world-ipv6",),
    "host": ("host",),
    "init": ("init",),
    "ingress": ("ingress",),
    "remote-node": ("remote-node", "aggregate-remote-node"),
    "health": ("health",),
    "unmanaged": ("unmanaged",),
    "kube-apiserver": ("kube-apiserver",),
    "none": (),
}
_CLUSTER_PARTS = (
    "host",
    "remote-node",
    "init",
    "ingress",
    "health",
    "unmanaged",
    "kube-apiserver",
    "aggregate-cluster",
)


class Compiled:
    """What is compiled of policies that stay: most selectors and lists of ports stand in many rules, and are looked up
    by their identity."""

    __slots__ = ("ports", "selectors")

    def __init__(self) -> None:
        # Peer selectors, first by where they stand and what that means there.
        self.selectors: dict[tuple[str, bool, bool], dict[int, Labelled]] = {}
        self.ports: dict[int, tuple[Span, ...] | None] = {}


class Scope(NamedTuple):
    """Where a rule stands: its policy's namespace ("": cluster-wide), and what its selectors mean there."""

    namespace: str
    network_policy: bool
    init: bool  # the policy's subject is reserved:init
    services: tuple[Service, ...]
    options: Options
    compiled: dict[int, Labelled]  # its selectors so far, by their identity


def matchers_of(rule: Rule, scope: Scope, *, deny: bool) -> tuple[Matcher, ...] | None:
    """The peers of a rule: () where it names none, None where it names a kind of peer and none of it."""
    if rule.endpoints and rule[1:PORTS] == NO_OTHERS:
        return tuple([_selector(one, scope) for one in rule.endpoints])
    endpoints = None if rule.endpoints is None else [_selector(one, scope) for one in rule.endpoints]
    cidrs = None if rule.cidrs is None else [Range(one, scope.options.ipv6) for one in rule.cidrs]
    if rule.services and not deny:  # the agent resolves Services in allow rules alone
        endpoints, cidrs = _with_services(rule.services, scope, endpoints, cidrs)
    nodes = None if rule.nodes is None else [_node(one, scope) for one in rule.nodes]
    entities = (
        None if rule.entities is None else [m for one in rule.entities for m in _entity(one, scope.options)]
    )
    if [] in (endpoints, cidrs, nodes) or rule.entities == ():
        return None
    found: list[Matcher] = [*(endpoints or ()), *(cidrs or ()), *(nodes or ()), *(entities or ())]
    found += [Named(one) for one in rule.fqdns or ()]
    if rule.groups:
        found.append(Cloud())
    # An entity that never exists is still a peer: without it the rule would speak of everybody.
    return tuple(found) or ((Labelled((Need("reserved", "none", "In", ("",)),)),) if rule.entities else ())


def _selector(selector: Selector, scope: Scope) -> Labelled:
    known = scope.compiled.get(id(selector))
    if known is None:
        if scope.network_policy:
            needs = with_cluster(needs_of(selector, "k8s"), scope.options)
        else:
            needs = peer_needs(selector, scope.namespace, scope.options, init=scope.init)
        known = scope.compiled[id(selector)] = Labelled(needs)
    return known


def _node(selector: Selector, scope: Scope) -> Labelled:
    needs = (*needs_of(selector), Need("reserved", "remote-node", "Exists", ()))
    return Labelled(with_cluster(needs, scope.options))


def _entity(name: str, options: Options) -> list[Labelled]:
    if name == "all":
        return [EVERYBODY]
    if name in ("cluster", "cluster-mesh"):
        own = Need("k8s", CLUSTER, "In", (options.cluster,))
        pods = own if name == "cluster" else Need("k8s", CLUSTER, "Exists", ())
        return [*(_reserved(part) for part in _CLUSTER_PARTS), Labelled((pods,))]
    return [_reserved(part) for part in _ENTITY_LABELS.get(name, ())]


def _reserved(name: str) -> Labelled:
    return Labelled((Need("reserved", name, "In", ("",)),))


def _with_services(
    wanted: tuple[ServiceRef, ...],
    scope: Scope,
    endpoints: list[Labelled] | None,
    cidrs: list[Range] | None,
) -> tuple[list[Labelled] | None, list[Range] | None]:
    """The peers with the pods or addresses behind the Services that exist added."""
    for service in scope.services:
        if not any(refers(one, service) for one in wanted):
            continue
        if service.selector:
            needs = [Need("k8s", key, "In", (value,)) for key, value in service.selector.items()]
            needs.append(Need("k8s", POD_NAMESPACE, "In", (service.namespace,)))
            endpoints = [*(endpoints or ()), Labelled(with_cluster(tuple(needs), scope.options))]
        for text in service.addresses if not service.selector else ():
            length = 128 if ":" in text else 32
            cidrs = [*(cidrs or ()), Range(Cidr(f"{text}/{length}"), scope.options.ipv6)]
    return endpoints, cidrs


def refers(wanted: ServiceRef, service: Service) -> bool:
    """Whether a toServices entry means this Service; without a namespace it means that name in each."""
    if wanted.namespace not in ("", service.namespace):
        return False
    if wanted.selector is None:
        return wanted.name == service.name
    labels = {key: ("any", value) for key, value in service.labels.items()}
    return labels_match(tuple(need._replace(source="any") for need in needs_of(wanted.selector)), labels)


def _in_groups(needs: Needs, end: Endpoint, groups: Sequence[CidrGroup]) -> bool:
    """A group selector: every group that holds the address adds its labels."""
    for _, key, operator, values in needs:
        held = [groups[number].labels.get(key) for number in end.groups]
        there = [fits(operator, values, one) for one in held if one is not None]
        if not (any(there) if operator in ("In", "Exists") else all(there)):
            return False
    return True
