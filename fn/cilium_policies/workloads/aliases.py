"""Names of other Services that an operator makes as ExternalName Services: each leads to the first of the catalogue's
that the cluster has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.model import MadeBy
from cilium_policies.catalogue.services import ServiceTemplate
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object, integer
from cilium_policies.workloads.model import Service, ServicePort
from cilium_policies.workloads.templates import filled


def aliases(
    asked: Iterable[tuple[Object, MadeBy]], inventory: Inventory, services: Iterable[Service]
) -> Iterator[Service]:
    """The ExternalName Services of these objects; none where the cluster has nothing that they could lead to."""
    made = {(one.namespace, one.name) for one in services}
    for one, entry in asked:
        for template in entry.services:
            for host in template.leads_to:
                name, _, namespace = host.partition(".")
                if (namespace, name) in made or inventory.get("Service", namespace, name) is not None:
                    yield _alias(one, template, f"{host}.svc")
                    break


def _alias(one: Object, template: ServiceTemplate, host: str) -> Service:
    name = filled(template.name, one)
    ports = (ServicePort(each.name, integer(each.port) or 0, each.protocol, "") for each in template.ports)
    metadata = {"name": name, "namespace": one.namespace}
    source = Object({"apiVersion": "v1", "kind": "Service", "metadata": metadata}, one.where)
    return Service(
        one.namespace, name, {}, {}, tuple(ports), "ExternalName", external_name=host, source=source
    )
