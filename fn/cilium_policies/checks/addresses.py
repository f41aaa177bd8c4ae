"""Faults in address rules: they speak of what lies outside the cluster, never of pods, nodes or Services."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.checks.violation import Linted, Part, Violation
from cilium_policies.cilium.model import Cidr
from cilium_policies.document.finding import INFO
from cilium_policies.evaluate.addresses import network
from cilium_policies.kube.objects import at, sequence, text

# Ranges that distributions give to pods and Services by default: kubeadm with flannel, k3s, Talos, kubespray.
_CUSTOMARY = {
    "10.244.0.0/16": "pods",
    "10.42.0.0/16": "pods",
    "10.233.64.0/18": "pods",
    "10.43.0.0/16": "Services",
    "10.96.0.0/12": "Services",
    "10.233.0.0/18": "Services",
}
_PRIVATE = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}
_API_ADDRESSES = ("10.96.0.1/32", "10.43.0.1/32", "10.233.0.1/32")
_API_PORT = 6443


def at_cluster(one: Linted) -> Iterator[Violation]:
    """A range of pods, nodes or Services: it never matches them."""
    for part in one.parts():
        for cidr in part.rule.cidrs or ():
            what, cure = _aimed_at(cidr, part, one)
            if what:
                message = f"{cidr.cidr} is {what}: a CIDR rule matches only addresses outside the cluster"
                yield Violation(f"{part.path}.{_field(part)}", message, cure)
        if not one.known.own and {cidr.cidr for cidr in part.rule.cidrs or ()} >= _PRIVATE:
            message = "all private ranges: pods and nodes have such addresses too, and a CIDR rule never matches them"
            cure = f"if they are meant as well, add a rule with {part.side}Entities: [cluster]"
            yield Violation(f"{part.path}.{_field(part)}", message, cure, INFO)


def _field(part: Part) -> str:
    plain = all(cidr.cidr and not cidr.excepts for cidr in part.rule.cidrs or ())
    return f"{part.side}CIDR" if plain else f"{part.side}CIDRSet"


def _aimed_at(cidr: Cidr, part: Part, one: Linted) -> tuple[str, str]:
    """What of the cluster a range is, and what to write instead; "" where it is nothing of it."""
    if not cidr.cidr:
        return "", ""
    if cidr.cidr in _API_ADDRESSES or (_is_private_host(cidr.cidr) and _is_api(part)):
        return "probably the API server's address", f"use {part.side}Entities: [kube-apiserver]"
    kind = _CUSTOMARY.get(cidr.cidr, "")
    if kind:
        return f"the usual range of {kind}", f"use {part.side}Endpoints"
    for node in one.snapshot.cluster.settings.node_cidrs:
        if _inside(cidr.cidr, node):
            return "a range of nodes", f"use {part.side}Entities: [host, remote-node]"
    for service, address in _cluster_addresses(one):
        if _inside(address, cidr.cidr) and _length(cidr.cidr) >= 24:
            return (
                f"the address of Service {service}",
                f"use {part.side}Endpoints: the packet goes to its pods",
            )
    return "", ""


def _is_api(part: Part) -> bool:
    """Whether the API server's customary port is all that the rule opens."""
    spans = part.entry.spans if part.entry else None
    return bool(spans) and all(span.low == span.high == _API_PORT for span in spans or ())


def _is_private_host(text_: str) -> bool:
    found = network(text_)
    return found is not None and found.num_addresses == 1 and found.is_private


def _length(text_: str) -> int:
    found = network(text_)
    return found.prefixlen if found is not None and found.version == 4 else 0


def _inside(inner: str, outer: str) -> bool:
    small, large = network(inner), network(outer)
    if small is None or large is None or small.version != large.version:
        return False
    return small.prefixlen >= large.prefixlen and small.network_address in large


def _cluster_addresses(one: Linted) -> Iterator[tuple[str, str]]:
    """Every Service with an address of its own inside the cluster."""
    for service in one.snapshot.cluster.inventory.of("Service"):
        addresses = [service.spec.get("clusterIP"), *sequence(at(service.body, "spec", "clusterIPs"))]
        for address in addresses:
            if text(address) not in ("", "None"):
                yield f"{service.namespace}/{service.name}", text(address)


def no_group(one: Linted) -> Iterator[Violation]:
    """A CIDR group that the input does not show, although it shows others."""
    groups = one.snapshot.repository.groups
    for part in one.parts():
        for cidr in part.rule.cidrs or ():
            if cidr.group and groups and all(known.name != cidr.group for known in groups):
                message = f"no CiliumCIDRGroup {cidr.group} in the input: the rule matches nothing"
                yield Violation(
                    f"{part.path}.{part.side}CIDRSet", message, "correct the name, or add the group"
                )
            if cidr.group_selector is not None and not cidr.group_selector.requirements:
                message = "an empty cidrGroupSelector matches every address, including pods"
                yield Violation(f"{part.path}.{part.side}CIDRSet", message, "select groups by a label")
