"""The proxies that a controller makes for one Gateway: listeners as pod ports, labels, and their Service."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.gateway_api import (
    GATEWAY_API,
    STANDARD,
    Proxy,
    http3,
    listeners,
    settings,
)
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.labels import stable
from cilium_policies.kube.objects import (
    Mapping,
    Object,
    at,
    flag,
    integer,
    mapping,
    port_number,
    sequence,
    strings,
    text,
)
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.model import Service, ServicePort, Workload

_NAME_LIMIT = 48
_ADDRESSES = ("clusterIP", "loadBalancerIP")
_ENVOY = "gateway.envoyproxy.io/"  # whose own objects are read here: names by hash, merged Gateways


def is_gateway(one: Object) -> bool:
    return one.kind == "Gateway" and one.group == GATEWAY_API


def shape(inventory: Inventory, gateway: Object, workload: Workload, proxy: Proxy) -> Service:
    """Gives the proxies' workload what the Gateway and its EnvoyProxy say, and returns their Service."""
    envoy = proxy.controller.startswith(_ENVOY)
    chosen = settings(inventory, gateway) if envoy else None
    said = chosen.spec if chosen is not None else {}
    kubernetes = mapping(at(said, "provider", "kubernetes"))
    workload.labels = {**strings(at(gateway.body, "spec", "infrastructure", "labels")), **workload.labels}
    if envoy:
        _as_envoy(gateway, said, kubernetes, workload, proxy)
    if flag(kubernetes.get("useListenerPortAsContainerPort")):
        proxy = proxy._replace(shift=0)
    ports = tuple(dict.fromkeys(_ports(inventory, gateway, proxy)))
    workload.ports = tuple(Port(int(port.target), port.protocol) for port in ports)
    if proxy.status:
        ports += (ServicePort("status-port", proxy.status, "TCP", str(proxy.status)),)
    return _service(gateway, workload, ports, mapping(kubernetes.get("envoyService")), proxy.service)


def _as_envoy(
    gateway: Object, settings: Mapping, kubernetes: Mapping, workload: Workload, proxy: Proxy
) -> None:
    """Merged Gateways share the proxies of their class; names and pod labels may be chosen."""
    in_own_namespace = STANDARD in workload.labels
    name = gateway.name if in_own_namespace else _hashed(f"{gateway.namespace}/{gateway.name}")
    if flag(settings.get("mergeGateways")):
        class_name = text(gateway.spec.get("gatewayClassName"))
        dropped = (proxy.owner, proxy.owner_namespace, STANDARD)
        workload.labels = {key: value for key, value in workload.labels.items() if key not in dropped}
        workload.labels[proxy.owner_class] = class_name
        workload.instance = class_name
        name = class_name if in_own_namespace else _hashed(class_name)
    # What the controller itself selects them by: not every version writes the standard label beside it.
    workload.selector = stable(
        {
            key: value
            for key, value in workload.labels.items()
            if key.startswith(("app.", "gateway.")) and key != STANDARD
        }
    )
    for field in ("envoyDeployment", "envoyDaemonSet"):
        chosen = mapping(kubernetes.get(field))
        if chosen:
            name = text(chosen.get("name")) or name
            workload.replicas = integer(chosen.get("replicas")) or workload.replicas
            workload.labels = {**strings(at(chosen, "pod", "labels")), **workload.labels}
            workload.annotations |= strings(at(chosen, "pod", "annotations"))
    workload.name = name
    if flag(at(settings, "telemetry", "metrics", "prometheus", "disable")):
        workload.annotations.pop("prometheus.io/scrape", None)


def _hashed(name: str) -> str:
    short = name.replace("/", "-")[:_NAME_LIMIT]
    import hashlib  # 2 ms, and rarely needed

    return f"envoy-{short}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _ports(inventory: Inventory, gateway: Object, proxy: Proxy) -> Iterator[ServicePort]:
    """A Service port for each listener and each port where its pods may listen, TCP and UDP where HTTP/3 is on."""
    twins = http3(inventory, gateway)
    for listener in listeners(inventory, gateway):
        number = port_number(listener.get("port"))
        if number is None:
            continue
        protocol = text(listener.get("protocol"))
        name = f"{protocol.lower() or 'tcp'}-{number}"
        for target in map(str, proxy.ports(number)):
            yield ServicePort(name, number, "UDP" if protocol == "UDP" else "TCP", target)
            if protocol in ("HTTPS", "TLS") and twins & {"", text(listener.get("name"))}:
                yield ServicePort(f"{name}-h3", number, "UDP", target)


def _service(
    gateway: Object, workload: Workload, ports: tuple[ServicePort, ...], chosen: Mapping, usual: str
) -> Service:
    kind = text(chosen.get("type")) or gateway.annotations.get("networking.istio.io/service-type", "")
    kind = kind or usual
    name = text(chosen.get("name")) or workload.name
    notes = {
        **strings(at(gateway.body, "spec", "infrastructure", "annotations")),
        **strings(chosen.get("annotations")),
    }
    metadata = {"name": name, "namespace": workload.namespace, "annotations": notes}
    return Service(
        namespace=workload.namespace,
        name=name,
        labels=workload.labels,
        selector=workload.selector,
        ports=ports,
        type=kind,
        external_ips=tuple(map(text, sequence(chosen.get("externalIPs")))),
        source_ranges=tuple(map(text, sequence(chosen.get("loadBalancerSourceRanges")))),
        source=Object(
            {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": _addresses(chosen)},
            gateway.where,
        ),
    )


def _addresses(chosen: Mapping) -> dict[str, object]:
    """Addresses that the Service is given, directly or by a patch of what the controller makes."""
    patched = mapping(at(chosen, "patch", "value", "spec"))
    return {key: value for key in _ADDRESSES if (value := patched.get(key) or chosen.get(key))}
