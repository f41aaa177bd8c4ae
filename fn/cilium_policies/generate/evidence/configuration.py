"""Addresses in a workload's configuration: to the Services, gateways, nodes and outside hosts they name."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.generate.edge import Edge, pods
from cilium_policies.generate.evidence import addresses
from cilium_policies.generate.evidence.addresses import Address
from cilium_policies.generate.evidence.destinations import NODE_ADDRESS, Destinations
from cilium_policies.generate.evidence.given import Given
from cilium_policies.generate.evidence.trust import (
    is_arguments,
    is_dashboard,
    is_list_of_names,
    is_variable,
    outside,
)
from cilium_policies.kube.objects import at, mapping, mappings, text
from cilium_policies.kube.pods import containers, pod_template
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """One edge a workload and address that its env, arguments, mounted files or values name."""
    destinations = Destinations(cluster, given)
    parsed: dict[tuple[str, str, bool], list[Address]] = {}
    for workload in cluster.workloads:
        if workload.texts and not workload.host_network:
            yield from _of_workload(destinations, workload, parsed)


def _of_workload(
    destinations: Destinations, workload: Workload, parsed: dict[tuple[str, str, bool], list[Address]]
) -> Iterator[Edge]:
    variables = _variables(workload)
    for found in workload.texts:
        value = addresses.expand(found.value, variables)
        if not any(mark in value for mark in (":", ".svc", "host=")) and not is_arguments(found):
            continue
        file = not is_variable(found)
        if file and is_dashboard(value):
            continue
        key = (value, found.key, file)
        if key not in parsed:
            parsed[key] = addresses.targets(value, found.key, file)
        for address in parsed[key]:
            if not is_list_of_names(address) and not _is_spelled_twice(value, address):
                yield from _edges(destinations, workload, found, address)
    for address in addresses.pairs(variables):
        yield from _edges(
            destinations, workload, Text(f"env {address.key}", address.key, address.host), address
        )


def _is_spelled_twice(value: str, address: Address) -> bool:
    """A list of a Service's spellings (`web,web.shop,web.shop.svc`) names it for a certificate."""
    first = address.host.partition(".")[0]
    return not address.port and value.count(f"{first}.") + value.count(f"{first},") > 1 and "," in value


def _edges(destinations: Destinations, workload: Workload, found: Text, address: Address) -> Iterator[Edge]:
    evidence = (
        f"{workload} {found.path}"
        if found.path.startswith(("env", "args", "command", "values"))
        else found.path
    )
    for peer, ports, what in destinations.of(workload, address, lambda: outside(found, address, workload)):
        yield Edge(pods(workload), peer, ports, what, evidence, "address")


def _variables(workload: Workload) -> dict[str, str]:
    """Environment variables, expanded; those from the pod's own fields where the template tells them."""
    raw = {found.key: found.value for found in workload.texts if found.key and is_variable(found)}
    template = pod_template(workload.source) if workload.source is not None else None
    for container in containers(mapping(mapping(template).get("spec"))):
        for entry in mappings(container.get("env")):
            path = text(at(entry, "valueFrom", "fieldRef", "fieldPath"))
            if path == "metadata.namespace":
                raw[text(entry.get("name"))] = workload.namespace
            elif path in ("status.hostIP", "status.hostIPs"):
                raw[text(entry.get("name"))] = NODE_ADDRESS
    return {key: addresses.expand(value, raw) for key, value in raw.items()}
