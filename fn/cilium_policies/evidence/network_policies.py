"""NetworkPolicies of charts and hand-written Cilium policies, as evidence of flows that somebody wants.

They are never touched, their allows add to ours and their denies hold without our doing. What they say about
one pod, though, needs its other side: a rule that lets `server` in at `cache` is no use while the policy that
this program writes for `server` keeps it from leaving. So a rule between named pods becomes an edge, and so does one
that lets named pods out to a port of one namespace. A rule for or about everybody, all namespaces or addresses names
no such pair, and becomes none.
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.inventory import rule_sets
from cilium_policies.kube.kinds import CILIUM_POLICIES
from cilium_policies.kube.labels import NAMESPACE, NAMESPACE_NAME, unprefixed
from cilium_policies.kube.objects import Mapping, Object, integer, mapping, mappings, strings, text
from cilium_policies.kube.ports import TRANSPORTS, Port
from cilium_policies.kube.reading import COMPONENT
from cilium_policies.kube.selectors import ByLabel, keys_of, selects_namespace
from cilium_policies.lean import Any
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_DNS = 53


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """Both sides of each rule between named pods, in either kind of policy."""
    labels = {one.name: one.labels for one in cluster.inventory.of("Namespace")}
    workloads = ByLabel(cluster.workloads)
    for policy in cluster.inventory.of("NetworkPolicy", group="networking.k8s.io"):
        yield from _kubernetes(cluster, workloads, policy, labels)
    for policy in cluster.inventory.of(*CILIUM_POLICIES):
        if COMPONENT not in policy.annotations:
            for rule in rule_sets(policy):
                yield from _cilium(cluster, workloads, policy, rule)


def _kubernetes(
    cluster: Cluster, workloads: ByLabel[Workload], policy: Object, labels: dict[str, dict[str, str]]
) -> Iterator[Edge]:
    chosen = mapping(policy.spec.get("podSelector"))
    if not _names_pods(chosen):
        return
    subjects = workloads.selected(chosen, {policy.namespace})
    for field, peers in (("ingress", "from"), ("egress", "to")):
        for rule in mappings(policy.spec.get(field)):
            for peer in mappings(rule.get(peers)):
                others = list(_peer(workloads, policy, peer, labels))
                ports = mappings(rule.get("ports"))
                yield from _between(cluster, policy, subjects, others, field == "ingress", ports)
                if field == "egress":
                    listening = list(_listening(cluster, peer, ports, labels))
                    yield from _between(cluster, policy, subjects, listening, False, ports)


def _peer(
    workloads: ByLabel[Workload], policy: Object, peer: Mapping, labels: dict[str, dict[str, str]]
) -> Iterator[Workload]:
    selector = mapping(peer.get("podSelector"))
    if not _names_pods(selector):
        return  # every pod of somewhere, or an ipBlock
    spaces = peer.get("namespaceSelector")
    if not isinstance(spaces, dict):
        yield from workloads.selected(selector, {policy.namespace})
        return
    for workload in workloads.selected(selector, None):
        known = labels.get(workload.namespace, {})
        if selects_namespace(spaces, workload.namespace, known):
            yield workload


def _listening(
    cluster: Cluster, peer: Mapping, entries: list[Mapping], labels: dict[str, dict[str, str]]
) -> Iterator[Workload]:
    """Whom "port 8080 of that namespace" means: those that declare every port of the rule. Of one namespace only: a
    rule for all of them names nobody."""
    numbers = {number for entry in entries if (number := integer(text(entry.get("port")))) is not None}
    if peer.get("podSelector") or not numbers or _DNS in numbers or len(numbers) != len(entries):
        return
    chosen = mapping(peer.get("namespaceSelector"))
    said = strings(chosen.get("matchLabels")).get(NAMESPACE_NAME)
    among = labels.items() if said is None else [(said, labels[said])] if said in labels else ()
    named = [
        space for space, known in among if _names_pods(chosen) and selects_namespace(chosen, space, known)
    ]
    for one in cluster.in_namespace(named[0]) if len(named) == 1 else ():
        if numbers <= {port.number for port in one.ports}:
            yield one


def _names_pods(selector: Mapping) -> bool:
    return bool(selector.get("matchLabels") or selector.get("matchExpressions"))


def _cilium(cluster: Cluster, workloads: ByLabel[Workload], policy: Object, rule: Mapping) -> Iterator[Edge]:
    if not rule:
        return
    subjects = _endpoints(workloads, policy, rule.get("endpointSelector"))
    for field, peers in (("ingress", "fromEndpoints"), ("egress", "toEndpoints")):
        for entry in mappings(rule.get(field)):
            ports = [
                port for group in mappings(entry.get("toPorts")) for port in mappings(group.get("ports"))
            ]
            for selector in mappings(entry.get(peers)):
                others = _endpoints(workloads, policy, selector)
                yield from _between(cluster, policy, subjects, others, field == "ingress", ports)


def _endpoints(workloads: ByLabel[Workload], policy: Object, selector: Any) -> list[Workload]:
    """The pods of an EndpointSelector that says more than a namespace."""
    selector = mapping(selector)
    keys = set(map(unprefixed, keys_of(selector)))
    if not keys - {NAMESPACE}:
        return []
    clusterwide = policy.kind == "CiliumClusterwideNetworkPolicy" or NAMESPACE in keys
    return workloads.pods(selector, None if clusterwide else {policy.namespace})


def _between(
    cluster: Cluster,
    policy: Object,
    subjects: list[Workload],
    others: list[Workload],
    inward: bool,
    entries: list[Mapping],
) -> Iterator[Edge]:
    others = _meant(others)
    for subject in subjects:
        for other in others:
            source, target = (other, subject) if inward else (subject, other)
            if source.host_network or target.host_network:
                continue
            found = [port for entry in entries for port in rule_ports(cluster, target, entry)]
            ports = tuple(dict.fromkeys(found)) if entries else _declared(target)
            # Every pod's way to the cluster DNS has its own rule.
            if any(port.number != _DNS for port in ports):
                reason = Reason("policy", (policy.kind, policy.name))
                yield Edge(
                    WorkloadPeer(source), WorkloadPeer(target), ports, reason, Evidence("policy", policy)
                )


def _meant(chosen: list[Workload]) -> list[Workload]:
    """Whom a rule for pods with a label means: not those that one of them starts for its users, tells nothing of its
    settings and labels as itself."""
    return [one for one in chosen if one.maker is None or one.texts or one.maker not in chosen]


def rule_ports(cluster: Cluster, target: Workload, entry: Mapping) -> Iterator[Port]:
    """The ports of a rule on one target; a name is looked up there, as not every pod need have it."""
    value = text(entry.get("port"))
    number = integer(value)
    protocol = text(entry.get("protocol")) or "TCP"
    for one in ("TCP", "UDP") if protocol == "ANY" else (protocol,):
        if number is not None:
            last = integer(entry.get("endPort")) or 0
            # Nothing else is taken by the API server; a policy of ours with it would be refused, and the run with it.
            if 0 < number <= max(last, number) < 65536 and one in TRANSPORTS:
                yield Port(number, one, "", last if last > number else 0)
        elif value and (found := cluster.target_port(target, value, one)):
            yield found


def _declared(target: Workload) -> tuple[Port, ...]:
    """A rule without ports means all of them; those that the pod declares are what it can mean."""
    return tuple(dict.fromkeys(Port(port.number, port.protocol) for port in target.ports))
