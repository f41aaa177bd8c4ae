"""What in the input will not do what its author thinks, beside the plan."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.kube.objects import Object, mapping, mappings, walk_strings
from cilium_policies.kube.selectors import selects
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service


def warnings(cluster: Cluster, chosen: set[str]) -> Iterator[Finding]:
    """Services without pods, NetworkPolicies that open more than is needed, policies that the engine refuses."""
    yield from _unset(cluster)
    for pod in cluster.unnamed:
        if pod.own:
            message = f"{pod} has no name that the API server takes: its pods get no policy"
            yield pod.finding(WARNING, message, "correct its name or its namespace")
    for service in cluster.services:
        if service.namespace in chosen and not (service.source and service.source.where.elsewhere):
            yield from _service(cluster, service)
    for one in cluster.inventory.of("NetworkPolicy", group="networking.k8s.io"):
        if one.namespace in chosen and not one.where.elsewhere:
            yield from _open(cluster, one)
    for one in cluster.inventory.of("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"):
        if not one.where.elsewhere:
            yield from _refused(one, cluster.settings.cilium_version)


def _unset(cluster: Cluster) -> Iterator[Finding]:
    """Flux writes nothing where a variable is set nowhere; what is generated keeps the variable."""
    for owner in cluster.owners:
        for name, user in owner.unset.items():
            message = (
                f"variable {name} of {owner.kustomization} is set nowhere in the input, and {user} uses it"
            )
            cure = "set it in spec.postBuild, or give it a default: ${" + name + ":=…}"
            yield user.finding(WARNING, message, cure)


def _service(cluster: Cluster, service: Service) -> Iterator[Finding]:
    if not service.selector or service.source is None or cluster.backends(service):
        return
    if any(not one.rendered for one in cluster.in_namespace(service.namespace)):
        return  # its pods may be among those that no manifest shows
    message = f"{service.source} selects no pod that the input shows"
    yield service.source.finding(WARNING, message, "correct its selector")


def _open(cluster: Cluster, one: Object) -> Iterator[Finding]:
    """An ingress rule without peers lets everybody in, whatever tight policy stands beside it: allows add up."""
    for rule in mappings(one.spec.get("ingress")):
        if rule.get("from"):
            continue
        selector = mapping(one.spec.get("podSelector"))
        pods = [pod for pod in cluster.in_namespace(one.namespace) if selects(selector, pod.labels)]
        if pods:
            ports = "on its ports" if rule.get("ports") else "on every port"
            yield one.finding(
                WARNING,
                f"{one} lets everybody in to {pods[0].name} {ports}: allows of all policies add up",
                "switch the chart's NetworkPolicy off, or narrow it",
            )
        return


def _refused(one: Object, version: str) -> Iterator[Finding]:
    from cilium_policies.cilium.validity import refusals  # few inputs hold policies of their own

    if any("${" in value for _, value in walk_strings(one.body)):
        return  # Flux fills it in later
    found = refusals(one.body, version)
    if found:
        yield one.finding(
            WARNING,
            f"{one} would be refused by Cilium, so nothing of it is enforced: {found[0].path} {found[0].message}",
            "cilium-policies lint shows each such policy",
        )
