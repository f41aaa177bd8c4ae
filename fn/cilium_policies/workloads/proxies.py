"""The proxies that a controller makes for one Gateway: listeners as pod ports, labels, and their Service."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.labels import stable
from cilium_policies.kube.objects import (
    Mapping,
    Object,
    at,
    flag,
    integer,
    mapping,
    mappings,
    sequence,
    strings,
    text,
)
from cilium_policies.kube.ports import Port
from cilium_policies.kube.selectors import selects
from cilium_policies.workloads.model import Service, ServicePort, Workload

_GROUP = "gateway.networking.k8s.io"
_STANDARD = "gateway.networking.k8s.io/gateway-name"
# Envoy Gateway (envoyproxy/gateway:internal/infrastructure/kubernetes/proxy and internal/utils/misc.go)
_OWNER = "gateway.envoyproxy.io/owning-gateway-name"
_OWNER_NAMESPACE = "gateway.envoyproxy.io/owning-gateway-namespace"
_OWNER_CLASS = "gateway.envoyproxy.io/owning-gatewayclass"
_SHIFT = 10_000
_NAME_LIMIT = 48


def is_gateway(one: Object) -> bool:
    return one.kind == "Gateway" and one.group == _GROUP


def shape(inventory: Inventory, gateway: Object, workload: Workload) -> Service:
    """Gives the proxies' workload what the Gateway and its EnvoyProxy say, and returns their Service."""
    envoy = _OWNER in workload.labels
    settings = settings_of(inventory, gateway) if envoy else {}
    kubernetes = mapping(at(settings, "provider", "kubernetes"))
    workload.labels = {**strings(at(gateway.body, "spec", "infrastructure", "labels")), **workload.labels}
    if envoy:
        _as_envoy(gateway, settings, kubernetes, workload)
    shifted = envoy and not flag(kubernetes.get("useListenerPortAsContainerPort"))
    ports = tuple(dict.fromkeys(_ports(inventory, gateway, shifted)))
    workload.ports = tuple(Port(int(port.target), port.protocol) for port in ports)
    return _service(gateway, workload, ports, mapping(kubernetes.get("envoyService")), envoy)


def settings_of(inventory: Inventory, gateway: Object) -> Mapping:
    """The EnvoyProxy `spec` of a Gateway: its own, else its class's; {} without one."""
    own = mapping(at(gateway.body, "spec", "infrastructure", "parametersRef"))
    if text(own.get("kind")) == "EnvoyProxy":
        found = inventory.get("EnvoyProxy", gateway.namespace, text(own.get("name")))
        return found.spec if found else {}
    for one in inventory.of("GatewayClass"):
        shared = mapping(one.spec.get("parametersRef"))
        if (
            one.name == text(gateway.spec.get("gatewayClassName"))
            and text(shared.get("kind")) == "EnvoyProxy"
        ):
            found = inventory.get("EnvoyProxy", text(shared.get("namespace")), text(shared.get("name")))
            return found.spec if found else {}
    return {}


def _as_envoy(gateway: Object, settings: Mapping, kubernetes: Mapping, workload: Workload) -> None:
    """Merged Gateways share the proxies of their class; names and pod labels may be chosen."""
    in_own_namespace = _STANDARD in workload.labels
    name = gateway.name if in_own_namespace else _hashed(f"{gateway.namespace}/{gateway.name}")
    if flag(settings.get("mergeGateways")):
        class_name = text(gateway.spec.get("gatewayClassName"))
        dropped = (_OWNER, _OWNER_NAMESPACE, _STANDARD)
        workload.labels = {key: value for key, value in workload.labels.items() if key not in dropped}
        workload.labels[_OWNER_CLASS] = class_name
        workload.instance = class_name
        name = class_name if in_own_namespace else _hashed(class_name)
    workload.selector = stable(
        {key: value for key, value in workload.labels.items() if key.startswith(("app.", "gateway."))}
    )
    for field in ("envoyDeployment", "envoyDaemonSet"):
        chosen = mapping(kubernetes.get(field))
        if chosen:
            name = text(chosen.get("name")) or name
            workload.replicas = integer(chosen.get("replicas")) or workload.replicas
            workload.labels = {**strings(at(chosen, "pod", "labels")), **workload.labels}
            workload.annotations = strings(at(chosen, "pod", "annotations"))
    workload.name = name


def _hashed(name: str) -> str:
    short = name.replace("/", "-")[:_NAME_LIMIT]
    import hashlib  # 2 ms, and rarely needed

    return f"envoy-{short}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _ports(inventory: Inventory, gateway: Object, shifted: bool) -> Iterator[ServicePort]:
    """A Service port for each listener, TCP and UDP where HTTP/3 is on."""
    twins = http3(inventory, gateway)
    for listener in _listeners(inventory, gateway):
        number = integer(listener.get("port"))
        if number is None:
            continue
        target = str(number + _SHIFT if shifted and number < 1024 else number)
        protocol = text(listener.get("protocol"))
        name = f"{protocol.lower() or 'tcp'}-{number}"
        yield ServicePort(name, number, "UDP" if protocol == "UDP" else "TCP", target)
        if protocol in ("HTTPS", "TLS") and twins & {"", text(listener.get("name"))}:
            yield ServicePort(f"{name}-h3", number, "UDP", target)


def _listeners(inventory: Inventory, gateway: Object) -> Iterator[Mapping]:
    """The Gateway's listeners, and those that listener sets add."""
    yield from mappings(gateway.spec.get("listeners"))
    for one in inventory.of("ListenerSet", "XListenerSet"):
        parent = mapping(one.spec.get("parentRef"))
        namespace = text(parent.get("namespace")) or one.namespace
        if (namespace, text(parent.get("name"))) == (gateway.namespace, gateway.name):
            yield from mappings(one.spec.get("listeners"))


def http3(inventory: Inventory, gateway: Object) -> set[str]:
    """Names of a Gateway's listeners with HTTP/3 (Envoy Gateway's ClientTrafficPolicy), "" for all."""
    found = set()
    for one in inventory.of("ClientTrafficPolicy"):
        if one.namespace == gateway.namespace and isinstance(one.spec.get("http3"), dict):
            for target in [*mappings(one.spec.get("targetRefs")), mapping(one.spec.get("targetRef"))]:
                if text(target.get("kind")) == "Gateway" and text(target.get("name")) == gateway.name:
                    found.add(text(target.get("sectionName")))
            for chosen in mappings(one.spec.get("targetSelectors")):
                if text(chosen.get("kind")) == "Gateway" and selects(chosen, gateway.labels):
                    found.add("")
    return found


def _service(
    gateway: Object, workload: Workload, ports: tuple[ServicePort, ...], chosen: Mapping, envoy: bool
) -> Service:
    kind = text(chosen.get("type")) or gateway.annotations.get("networking.istio.io/service-type", "")
    kind = kind or "LoadBalancer"
    name = text(chosen.get("name")) or workload.name
    notes = {
        **strings(at(gateway.body, "spec", "infrastructure", "annotations")),
        **strings(chosen.get("annotations")),
    }
    metadata = {"name": name, "namespace": workload.namespace, "annotations": notes}
    default_policy = "Local" if envoy else "Cluster"
    return Service(
        namespace=workload.namespace,
        name=name,
        labels=workload.labels,
        selector=workload.selector,
        ports=tuple(port._replace(node_port=kind != "ClusterIP") for port in ports),
        type=kind,
        headless=False,
        external_name="",
        external_ips=tuple(map(text, sequence(chosen.get("externalIPs")))),
        source_ranges=tuple(map(text, sequence(chosen.get("loadBalancerSourceRanges")))),
        local_traffic=(text(chosen.get("externalTrafficPolicy")) or default_policy) == "Local",
        addresses=(),
        source=Object({"apiVersion": "v1", "kind": "Service", "metadata": metadata}, gateway.where),
    )
