"""The Services that charts make: of a `service` block as Helm's scaffold reads it, and of the catalogue's entries."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.objects import (
    Mapping,
    Object,
    flag,
    mapping,
    mappings,
    port_number,
    sequence,
    strings,
    text,
)
from cilium_policies.workloads.model import Service, ServicePort, Workload
from cilium_policies.workloads.releases.naming import Names
from cilium_policies.workloads.releases.release import Release
from cilium_policies.workloads.releases.values import read, scalar

_PORT_LISTS = ("ports", "stream")


def service(
    release: Release, name: str, selector: dict[str, str], ports: tuple[ServicePort, ...], block: Mapping
) -> Service:
    """A predicted Service; `block` are the values that shape it (type, ranges, annotations)."""
    kind = scalar(block.get("type")) or scalar(block.get("serviceType")) or "ClusterIP"
    kind = kind[:1].upper() + kind[1:]  # Harbor's values say loadBalancer
    metadata = {
        "name": name,
        "namespace": release.namespace,
        "annotations": strings(block.get("annotations")),
    }
    labels = {**strings(block.get("labels")), **selector}
    spec: Mapping = {"type": kind}
    if balancer := scalar(block.get("loadBalancerClass")):
        spec["loadBalancerClass"] = balancer
    if kind == "LoadBalancer":
        spec["ports"] = [{"port": str(one.port), "protocol": one.protocol} for one in ports]
    body = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    source = Object(body, release.source.where)
    return Service(
        namespace=release.namespace,
        name=name,
        labels=labels,
        selector=selector,
        ports=tuple(ports),
        type=kind,
        headless=scalar(block.get("clusterIP")) == "None",
        external_ips=tuple(map(text, sequence(block.get("externalIPs")))),
        source_ranges=tuple(map(text, sequence(block.get("loadBalancerSourceRanges")))),
        source=source,
    )


def own_block(name: str, names: Names) -> str:
    """The path at which values speak of a part's Service, as charts with several parts have it: `queryFrontend.service`
    of `{fullname}-query-frontend`; "" none."""
    first, *others = name.rpartition("}-")[2].split("-")
    path = first + "".join(map(str.capitalize, others)) + ".service"
    return path if isinstance(read(names.scope, path), dict) else ""


def further(block: Mapping) -> Iterator[ServicePort]:
    """Ports that values list beside a chart's own (`extraPorts`, `customPorts`, `tcpPorts`, Kong's `stream`)."""
    for key, listed in block.items():
        for one in mappings(listed) if key.lower().endswith(_PORT_LISTS) else ():
            told = map(port_number, map(one.get, ("port", "servicePort", "exposedPort", "containerPort")))
            if number := next(filter(None, told), None):
                target = scalar(one.get("targetPort")) or scalar(one.get("containerPort")) or str(number)
                yield ServicePort(text(one.get("name")), number, scalar(one.get("protocol")) or "TCP", target)


def usual_services(
    release: Release, names: Names, workload: Workload, known: tuple[int, ...] = ()
) -> list[Service]:
    """The Service of Helm's scaffold: the full name, with the ports of the `service` block.

    `known` are the pod ports of a component whose Services the catalogue does not tell. Without them a port
    that names no target leads to the container port `http`, as in the scaffold."""
    block = mapping(names.scope.get("service"))
    if not flag(block.get("enabled"), True):
        return []
    ports = list(_ports(block, known))
    if not ports:
        ports = [
            ServicePort("http" if not number else "", one, "TCP", str(one))
            for number, one in enumerate(known)
        ]
    if not ports:
        return []
    name = scalar(block.get("fullnameOverride")) or names.fullname
    return [service(release, name, workload.selector, tuple(ports), block)]


def _ports(block: Mapping, known: tuple[int, ...]) -> Iterator[ServicePort]:
    fallback = str(known[0]) if known else "http"
    for key in ("port", "servicePort", "externalPort", "httpPort"):
        if number := port_number(block.get(key)):
            target = next(
                (
                    scalar(block.get(one))
                    for one in ("targetPort", "containerPort", "internalPort")
                    if block.get(one)
                ),
                "",
            )
            yield ServicePort(scalar(block.get("portName")) or "http", number, "TCP", target or fallback)
            break
    listed = block.get("ports")
    named = [(text(one.get("name")), one) for one in mappings(listed)]
    named += [(key, one) for key, one in mapping(listed).items()]
    for name, one in named:
        entry = one if isinstance(one, dict) else {"port": one}
        number = port_number(entry.get("port"))
        if number:
            target = scalar(entry.get("targetPort")) or name or str(number)
            yield ServicePort(name, number, scalar(entry.get("protocol")) or "TCP", target)
