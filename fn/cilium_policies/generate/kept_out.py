"""What the user's policies leave out of everybody. Where one lets pods out to any address but to some, an edge of the
catalogue to any address leaves these out as well: a relay that may not reach the local network may not by ours either.
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge
from cilium_policies.kube.inventory import policy_objects, rule_sets
from cilium_policies.kube.objects import Mapping, Object, mapping, mappings, sequence, text
from cilium_policies.kube.reading import COMPONENT
from cilium_policies.kube.selectors import ByLabel
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_ANY = ("0.0.0.0/0", "::/0")


def kept_out(cluster: Cluster, found: list[Edge]) -> list[Edge]:
    """The edges, those of the catalogue to any address without what the user keeps their pods from."""
    policies = [one for one in policy_objects(cluster.inventory) if COMPONENT not in one.annotations]
    left = _left_out(cluster, policies) if policies else {}
    return [_without(edge, left) for edge in found] if left else found


def _without(edge: Edge, left: dict[tuple[int, str], list[str]]) -> Edge:
    target = edge.target
    if target.kind != "cidr" or target.name not in _ANY or edge.client is None or edge.origin != "catalogue":
        return edge
    more = [one for one in left.get((id(edge.client), target.name), ()) if one not in target.excepts]
    return edge._replace(target=target._replace(excepts=(*target.excepts, *more))) if more else edge


def _left_out(cluster: Cluster, policies: list[Object]) -> dict[tuple[int, str], list[str]]:
    """By a workload's identity and the block of all addresses what every rule to it leaves out."""
    workloads = ByLabel(cluster.workloads)
    found: dict[tuple[int, str], list[str]] = {}
    for chosen, block in _open(policies, workloads):
        excepts = [text(one) for one in sequence(block.get("except"))]
        for one in chosen:
            key = (id(one), text(block.get("cidr")))
            found[key] = [each for each in excepts if each in found.get(key, excepts)]
    return {key: excepts for key, excepts in found.items() if excepts}


def _open(policies: list[Object], workloads: ByLabel[Workload]) -> Iterator[tuple[list[Workload], Mapping]]:
    """The blocks of all addresses to which rules let pods out, with these."""
    for policy in policies:
        kubernetes = policy.kind == "NetworkPolicy"
        within = None if policy.kind == "CiliumClusterwideNetworkPolicy" else {policy.namespace}
        for spec in rule_sets(policy):
            blocks = [one for rule in mappings(spec.get("egress")) for one in _blocks(rule)]
            if blocks:
                selector = mapping(spec.get("podSelector" if kubernetes else "endpointSelector"))
                select = workloads.selected if kubernetes else workloads.pods
                chosen = select(selector, within)
                yield from ((chosen, block) for block in blocks)


def _blocks(rule: Mapping) -> Iterator[Mapping]:
    told = [mapping(one.get("ipBlock")) for one in mappings(rule.get("to"))]
    plain: list[Mapping] = [{"cidr": one} for one in sequence(rule.get("toCIDR"))]
    for one in (*told, *mappings(rule.get("toCIDRSet")), *plain):
        if one.get("cidr") in _ANY:
            yield one
