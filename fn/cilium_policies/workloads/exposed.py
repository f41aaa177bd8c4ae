"""Services for the outside that a custom resource asks its operator for: a load balancer or node port in its spec, as
Elastic's operator, CloudNativePG's or Strimzi's take them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.services import ServiceTemplate
from cilium_policies.kube.internal_balancers import notes
from cilium_policies.kube.objects import Mapping, Object, at, mappings, port_number, sequence, strings, text
from cilium_policies.lean import Any
from cilium_policies.workloads.model import Service, ServicePort, Workload
from cilium_policies.workloads.templates import filled

_TYPES = {"loadbalancer": "LoadBalancer", "nodeport": "NodePort"}
# Where such a block says nothing of ports, it shapes the Service that the operator makes anyway.
_SHAPES = r"^spec\.(?:http\.)?service(?:Spec)?(?:\.spec)?$|\.serviceTemplate(?:\.spec)?$"
_MEMBERS = r"-(?:nodes|headless|hl|internal|discovery|pods|operated)$"
_DEPTH = 8


def exposed(
    one: Object, workload: Workload, section: str, made: list[Service], templates: Iterable[ServiceTemplate]
) -> Iterator[Service]:
    """The Services, before the same pods as those that the operator makes (`made`, of `templates`). `section`: the part
    of the spec that is about these pods, "" all of it."""
    usual = list(dict.fromkeys(port for service in _for_clients(made) for port in service.ports))
    if not usual:
        return  # jobs and agents: nobody calls them
    for number, (path, block, beside) in enumerate(_blocks(one.spec, "spec", _DEPTH, {})):
        if section and not path.startswith(f"{section}."):
            continue
        ports = list(_ports(block)) or _shaped(one, path, made, templates)
        ports = ports or (usual if re.search(_SHAPES, path) else [])
        if not ports:
            continue
        kind = _TYPES[text(block.get("type")).lower()]
        name = f"{workload.name}-{kind.lower()}-{number}"
        metadata = {"name": name, "namespace": workload.namespace, "annotations": _notes(block, beside)}
        spec = {key: value for key, value in block.items() if key != "type"}
        body = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {**spec, "type": kind}}
        yield Service(
            namespace=workload.namespace,
            name=name,
            labels=workload.labels,
            selector=workload.selector,
            ports=tuple(ports),
            type=kind,
            source_ranges=tuple(map(text, sequence(_said(block, "loadBalancerSourceRanges")))),
            source=Object(body, one.where),
        )


def _shaped(
    one: Object, path: str, made: list[Service], templates: Iterable[ServiceTemplate]
) -> list[ServicePort]:
    """The ports of the Service that a block which names none is the spec of: where its ports would stand."""
    names = {filled(each.name, one) for each in templates if each.ports_of == f"{path}.ports"}
    return list(dict.fromkeys(port for service in made if service.name in names for port in service.ports))


def _said(block: Mapping, key: str) -> Any:
    """What a block says, or the settings in it: Strimzi's listeners have theirs under `configuration`."""
    return block.get(key) or next(
        (one[key] for one in block.values() if isinstance(one, dict) and key in one), None
    )


def _for_clients(made: list[Service]) -> list[Service]:
    """Those of several Services that are not for members alone: no operator publishes what they speak."""
    return [one for one in made if not re.search(_MEMBERS, one.name)] or made


def _notes(block: Mapping, beside: Mapping) -> dict[str, str]:
    """What of its annotations says that a load balancer is of the own network: they stand in the block, or where it is
    the spec of a template, in the metadata beside."""
    said = {**strings(at(beside, "metadata", "annotations")), **strings(block.get("annotations"))}
    return {key: said[key] for key in notes() if key in said}


def _blocks(value: Any, path: str, depth: int, beside: Mapping) -> Iterator[tuple[str, Mapping, Mapping]]:
    """The mappings that ask for such a Service, each with its path and, where that ends in `spec`, what holds it."""
    if isinstance(value, list):
        for member in value:
            yield from _blocks(member, path, depth, {})
    elif isinstance(value, dict) and depth:
        told = value.get("type")
        if isinstance(told, str) and told.lower() in _TYPES:
            yield path, value, beside
        for key, member in value.items():
            if not isinstance(member, str):
                yield from _blocks(member, f"{path}.{key}", depth - 1, value if key == "spec" else {})


def _ports(block: Mapping) -> Iterator[ServicePort]:
    """Ports as a Service has them, or the one of a listener."""
    for port in [*mappings(block.get("ports")), block]:
        number = port_number(port.get("port"))
        if number:
            target = text(port.get("targetPort")) or str(number)
            yield ServicePort(text(port.get("name")), number, text(port.get("protocol")) or "TCP", target)
