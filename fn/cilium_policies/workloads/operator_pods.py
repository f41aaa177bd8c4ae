"""The pods and Services that operators make from one object, as the catalogue's `madeBy` describes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cilium_policies.catalogue.conditions import Beginning, asks_for, brings_port, is_on, on_host
from cilium_policies.catalogue.conditions import at as anywhere
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component, MadeBy
from cilium_policies.catalogue.services import PortTemplate, ServiceTemplate
from cilium_policies.kube.gateway_api import Proxy
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.labels import SERVICE_ACCOUNT, stable
from cilium_policies.kube.objects import (
    Mapping,
    Object,
    at,
    flag,
    integer,
    mapping,
    mappings,
    port_number,
    strings,
    text,
)
from cilium_policies.kube.ports import Port
from cilium_policies.lean import Any
from cilium_policies.workloads import proxies
from cilium_policies.workloads.model import Service, ServicePort, Workload
from cilium_policies.workloads.own_fields import account_of, annotations_of, elsewhere, host_network_of
from cilium_policies.workloads.releases.value_texts import VALUES, object_texts
from cilium_policies.workloads.releases.values import read
from cilium_policies.workloads.templates import filled

_JOBS = "additionalScrapeConfigs"  # of a Prometheus, in a Secret


def workload_of(
    one: Object,
    component: Component,
    entry: MadeBy,
    operator: Workload | None,
    catalogue: Catalogue,
    inventory: Inventory,
) -> Workload:
    """The pods; `operator` are those of the controller, where the input shows them."""
    is_elsewhere = elsewhere(catalogue, one.group, one.kind, entry)
    namespace = one.namespace
    if entry.namespace == "operator":
        # where the operator is not in the input, its pods are looked for beside their object
        namespace = operator.namespace if operator else one.namespace
    elif entry.namespace:
        namespace = filled(entry.namespace, one) or one.namespace
    name = filled(entry.workload, one) or one.name
    found = Workload(namespace, name, one.kind)
    found.labels = {filled(key, one): filled(value, one) for key, value in entry.labels.items()}
    for path in entry.labels_at:
        found.labels |= _shared(anywhere(one.body, path))
    told_account = account_of(one.spec, is_elsewhere)
    found.service_account = told_account or filled(entry.service_account, one) or "default"
    found.selector = stable(found.labels) or dict(found.labels)
    found.labels |= {key: filled(value, one) for key, value in entry.sometimes.items()}
    if not found.selector and entry.service_account:
        found.selector = {SERVICE_ACCOUNT: found.service_account}
    if not found.selector:  # nothing else tells them: those versions alone that set one
        found.selector = stable(found.labels) or dict(found.labels)
    told = None if entry.beside else host_network_of(one.spec)
    facts = Beginning(body=one.body, beside=_beside(one, inventory))
    found.host_network = flag(told, on_host(component, facts))
    found.replicas = integer(anywhere(one.body, entry.count_field)) or 1 if entry.count_field else 1
    found.component = component.name
    found.instance = filled(entry.instance, one) or one.name
    found.annotations = dict(entry.annotations) if is_on(entry.annotated, True, one.body) else {}
    if not entry.beside:
        found.values = {**mapping(one.body.get(VALUES)), **one.spec}
        found.texts = tuple(one for one in object_texts(one) if not is_elsewhere(one.field))
        if _JOBS in one.spec:
            from cilium_policies.workloads.scrape_jobs import chosen  # few objects have such

            found.texts += chosen(one, mapping(one.spec[_JOBS]), inventory)
        found.annotations |= annotations_of(one.spec, is_elsewhere)
    found.source = one
    found.where = one.where
    return found


def _shared(found: Any) -> dict[str, str]:
    """Labels at a path; of several places of a list what stands at all of them, as one selector is for all."""
    if not (found and isinstance(found, list)):
        return strings(found)
    every = [strings(one) for one in found]
    return {key: value for key, value in every[0].items() if all(one.get(key) == value for one in every)}


def _beside(one: Object, inventory: Inventory) -> Callable[[str, str], Iterable[Mapping]]:
    """The bodies of objects of a group and kind in the namespace of this one."""
    return lambda group, kind: (
        each.body for each in inventory.of(kind, group=group or None) if each.namespace == one.namespace
    )


def services_of(
    inventory: Inventory, one: Object, entry: MadeBy, workload: Workload, proxy: Proxy
) -> list[Service]:
    """The operator's Services; for a Gateway's proxies also the one that publishes the listeners."""
    if proxies.is_gateway(one) and not entry.beside:
        return [proxies.shape(inventory, one, workload, proxy)]
    port = text(anywhere(one.body, entry.port_field)) if entry.port_field else ""
    port = "" if _is_no_port(port) else port
    templates = [
        (template, list(_copied(_held(one, template.ports_of))))
        for template in _each(entry.services, one, workload.replicas)
        if not template.leads_to and asks_for(template.enabled, template.default, one.body)
    ]
    workload.moved = _moved(entry, one)
    services = [
        _service(
            one,
            template._replace(ports=tuple(copied) or tuple(_there(workload.moved, template.ports))),
            port or entry.port_default,
            workload,
        )
        for template, copied in templates
        if copied or template.ports
    ]
    services = _by_name(services)
    workload.usual_ports = frozenset(
        int(each.target) for template, copied in templates if copied for each in template.ports
    )
    ports = (each for service in services for each in service.ports)
    workload.ports = tuple(
        dict.fromkeys(
            Port(number, each.protocol, each.name) for each in ports if (number := port_number(each.target))
        )
    )
    if port and entry.port_default.isdigit() and {str(one.number) for one in workload.ports} == {port}:
        workload.usual_ports |= {int(entry.port_default)}  # its only port is another than the usual one
    return services


def _each(templates: tuple[ServiceTemplate, ...], one: Object, pods: int) -> Iterable[ServiceTemplate]:
    if not any(template.each or "{ordinal}" in template.name for template in templates):
        return templates
    from cilium_policies.workloads.members import services  # few operators' objects have such lists

    return services(templates, one, pods)


def _moved(entry: MadeBy, one: Object) -> dict[int, int]:
    """The usual ports that the object has elsewhere, and where: `8081`, or the end of an address to listen on."""
    told = (
        (usual, port_number(text(anywhere(one.body, path)).rpartition(":")[2]))
        for usual, paths in entry.moves
        for path in paths
    )
    return {usual: number for usual, number in told if number and number != usual}


def _there(moved: dict[int, int], ports: Iterable[PortTemplate]) -> Iterator[PortTemplate]:
    """A Service's ports where the object has them."""
    places = {str(usual): str(number) for usual, number in moved.items()}
    for each in ports:
        yield each._replace(
            port=places.get(each.port, each.port), target=places.get(each.target, each.target)
        )


def _by_name(services: list[Service]) -> list[Service]:
    """One Service a name: some of its ports are copied from the object, others are its operator's own."""
    found: dict[str, Service] = {}
    for each in services:
        first = found.setdefault(each.name, each)
        if first is not each:
            kind = each.type if first.type == "ClusterIP" else first.type
            ports = tuple(dict.fromkeys((*first.ports, *each.ports)))
            found[each.name] = first._replace(ports=ports, type=kind)
    return list(found.values())


def _service(one: Object, template: ServiceTemplate, port: str, workload: Workload) -> Service:
    ports = tuple(
        ServicePort(
            each.name,
            integer(filled(each.port, one, port)) or 0,
            each.protocol,
            filled(each.target, one, port),
        )
        for each in template.ports
        if filled(each.port, one, port)  # some stand in the object alone
        and each.on_host in (None, workload.host_network)
        and brings_port(each.enabled, one.body)
    )
    name = filled(template.name, one)
    return Service(
        namespace=workload.namespace,
        name=name,
        labels=workload.labels,
        selector=workload.selector,
        ports=ports,
        type=text(at(one.body, "spec", "serviceSpec", "spec", "type"))
        or filled(template.type, one)
        or "ClusterIP",
        headless=name.endswith("-operated"),
        source=Object(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": workload.namespace, **_annotations(one)},
            },
            one.where,
        ),
    )


def _held(one: Object, path: str) -> Any:
    """What stands at a path, which may say the place in a list: `spec.services[0].ports`."""
    return (read(one.body, path) if "[" in path else anywhere(one.body, path)) if path else None


def _copied(ports: Any) -> Iterator[PortTemplate]:
    """Service ports that stand in the object as Kubernetes writes them, or the ports of its containers."""
    for port in mappings(ports):
        number = text(port.get("port")) or text(port.get("containerPort"))
        target = text(port.get("targetPort"))
        if not _is_no_port(number):
            yield PortTemplate(
                text(port.get("name")),
                number,
                number if _is_no_port(target) else target or number,
                text(port.get("protocol")) or "TCP",
            )


def _is_no_port(told: str) -> bool:
    """Whether it is a number and none of a port: nobody checks what an operator is told."""
    return told.isdigit() and port_number(told) is None


def _annotations(one: Object) -> Mapping:
    found = mapping(at(one.body, "spec", "serviceSpec", "metadata", "annotations"))
    return {"annotations": found} if found else {}
