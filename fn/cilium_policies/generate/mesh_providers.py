"""Whom a mesh's proxies call beside what their pods do: collectors of spans and logs, servers that authorize requests.

The mesh's configuration lists them, and objects name which proxies call which; the catalogue's `injects` says where
both stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.conditions import at
from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.document.parse import parsed
from cilium_policies.evidence import addresses
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import Edge, Evidence
from cilium_policies.evidence.ends import ends
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.shown import strings_of
from cilium_policies.kube.access_rules import EVERYWHERE
from cilium_policies.kube.gateway_api import STANDARD
from cilium_policies.kube.objects import Mapping, Object, mapping, mappings, port_number, strings, text
from cilium_policies.kube.selectors import selects
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload


class _Mesh(NamedTuple):
    """`root`: the namespace whose objects are for all; `listed`: addresses of the providers by name; `always`: those
    that every proxy calls."""

    root: str
    listed: dict[str, list[Address]]
    always: tuple[Address, ...]


def edges(
    cluster: Cluster,
    destinations: Destinations,
    roles: Roles,
    row: Mapping,
    owner: str,
    members: Iterable[Workload],
) -> Iterator[Edge]:
    """One edge a proxy and provider. `row`: what the catalogue says of `owner`, the control plane; `members` have its
    side-car."""
    planes = [one for one in roles.component(owner) if _may_configure(cluster, one, row)]
    meshes = [mesh for one in planes for mesh in _meshes(cluster, one, row)]
    if not meshes:
        return
    proxies = [one for name in texts(row.get("proxies")) for one in roles.component(name)]
    choosing = list(_choosing(cluster, row))
    for workload in {id(one): one for one in (*members, *proxies)}.values():
        for mesh in meshes:
            names = [name for one, told in choosing if _concerns(one, workload, mesh.root) for name in told]
            named = [address for name in names for address in mesh.listed.get(name, ())]
            for address in dict.fromkeys((*mesh.always, *named)):
                yield from _called(destinations, workload, address)


def _called(destinations: Destinations, workload: Workload, address: Address) -> Iterator[Edge]:
    evidence = Evidence("extension", workload, "the configuration of its mesh")
    for peer, ports, reason in destinations.of(workload, address, lambda routed: True):
        for source in ends(workload):
            if source.kind == "workload" or peer.kind == "workload":
                yield Edge(source, peer, ports, reason, evidence, False)


def _may_configure(cluster: Cluster, one: Workload, row: Mapping) -> bool:
    """Whether pods are the control plane: a release's or an operator's, or such as read its objects everywhere. A label
    and an image prove nothing, and what it says has everybody's proxies call somebody."""
    if not one.by_marks:
        return True
    groups = [group_kind(text(each.get("object")))[0] for each in mappings(row.get("namedBy"))]
    reach, account = cluster.access.reach, (one.namespace, one.service_account)
    return any(EVERYWHERE in reach(*account, group) for group in groups)


def _meshes(cluster: Cluster, plane: Workload, row: Mapping) -> Iterator[_Mesh]:
    """The configuration of a control plane: in its namespace's ConfigMaps, its release's values, its object."""
    name = text(row.get("configMap"))
    maps = (one for one in cluster.inventory.of("ConfigMap", group="") if one.namespace == plane.namespace)
    told = [strings(one.body.get("data")) for one in maps if f"{one.name}-".startswith(f"{name}-")]
    found = [parsed(data.get(text(row.get("key")), "")) for data in told]
    found.append(mapping(at(plane.values, text(row.get("values")))))
    if plane.source is not None and not plane.rendered:
        found.append(mapping(at(plane.source.spec, f"values.{text(row.get('values'))}")))
    for body in filter(None, found):
        listed = {
            text(one.get("name")): list(_provider(one)) for one in mappings(at(body, text(row.get("list"))))
        }
        usual = [name for path in texts(row.get("usual")) for name in strings_of(at(body, path))]
        fixed = [told for path in texts(row.get("addresses")) for told in strings_of(at(body, path))]
        always = [one for name in usual for one in listed.get(name, ())]
        always += [one for told in fixed for one in addresses.targets(told, "address")]
        yield _Mesh(text(body.get("rootNamespace")) or plane.namespace, listed, tuple(always))


def _provider(one: Mapping) -> Iterator[Address]:
    """`{name: otel, opentelemetry: {service: NAMESPACE/HOST, port: 4317}}`, of whatever kind."""
    for value in map(mapping, one.values()):
        host, port = text(value.get("service")).rpartition("/")[2], port_number(value.get("port"))
        if host and port:
            yield Address(host, port, key="service", direct=True)


def _choosing(cluster: Cluster, row: Mapping) -> Iterator[tuple[Object, list[str]]]:
    """The objects that have proxies call providers, each with the names of these; most objects of the kinds have none
    do so."""
    for told in mappings(row.get("namedBy")):
        group, kind = group_kind(text(told.get("object")))
        for one in cluster.inventory.of(kind, group=group):
            names = [name for path in texts(told.get("names")) for name in strings_of(at(one.body, path))]
            if names:
                yield one, names


def _concerns(one: Object, workload: Workload, root: str) -> bool:
    """Objects of the root namespace are for all, others for their own; a selector or targets choose among them."""
    if one.namespace not in (root, workload.namespace):
        return False
    targets = mappings(one.spec.get("targetRefs")) or [mapping(one.spec.get("targetRef"))]
    if any(targets):
        return workload.labels.get(STANDARD, "") in [text(each.get("name")) for each in targets]
    return "selector" not in one.spec or selects(one.spec["selector"], workload.labels)
