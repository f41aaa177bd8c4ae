"""Services of an app-template release, and which port of them is the primary one."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, Object, at, integer, mapping, strings, text
from cilium_policies.workloads.releases.app_names import Frame
from cilium_policies.workloads.releases.values import enabled, scalar

_TCP = {"", "HTTP", "HTTPS", "TCP"}  # the first two choose the type of probes
_PORTS_LIMIT = 4096  # numbers in one range; each becomes a Service port
_COPIED = (
    "clusterIP", "loadBalancerIP", "loadBalancerSourceRanges", "loadBalancerClass", "externalName",
    "internalTrafficPolicy", "externalTrafficPolicy", "externalIPs", "publishNotReadyAddresses",
)  # fmt: skip


def services(frame: Frame) -> Iterator[Object]:
    """One Service for each enabled entry of `service`."""
    for key, entry in frame.services.items():
        name = frame.service_name(key)
        spec: Mapping = {"type": scalar(entry.get("type")) or "ClusterIP"}
        spec.update({field: entry[field] for field in _COPIED if entry.get(field)})
        spec["ports"] = [port for name_, one in enabled_ports(entry).items() for port in _ports(name_, one)]
        spec["selector"] = {
            **frame.controller_selector(controller_of(frame, entry)),
            **strings(entry.get("extraSelectorLabels")),
        }
        labels = {**strings(entry.get("labels")), "app.kubernetes.io/service": name}
        yield frame.made("v1", "Service", name, {**entry, "labels": labels}, {"spec": spec})


def controller_of(frame: Frame, entry: Mapping) -> str:
    """The key of the controller behind a Service; the only one where it is not said; "" where unknown."""
    if said := scalar(entry.get("controller")):
        return said
    return next(iter(frame.controllers)) if len(frame.controllers) == 1 else ""


def enabled_ports(entry: Mapping) -> dict[str, Mapping]:
    """The ports of a Service that are not switched off, by name, in the chart's (sorted) order."""
    ports = mapping(entry.get("ports"))
    return {key: ports[key] for key in sorted(ports) if isinstance(ports[key], dict) and enabled(ports[key])}


def _ports(name: str, port: Mapping) -> Iterator[Mapping]:
    protocol = scalar(port.get("protocol"))
    common: Mapping = {"protocol": "TCP" if protocol in _TCP else protocol}
    for field in ("nodePort", "appProtocol"):
        if port.get(field):
            common[field] = port[field]
    number = scalar(port.get("port"))
    if number:
        yield {"name": name, "port": number, "targetPort": scalar(port.get("targetPort")) or number, **common}
        return
    first, last = integer(at(port, "portRange", "start")), integer(at(port, "portRange", "end"))
    if first is not None and last is not None:
        for one in range(first, min(last, first + _PORTS_LIMIT) + 1):
            yield {"name": f"{name}-{one}", "port": str(one), "targetPort": str(one), **common}


def primary_port(entry: Mapping) -> Mapping:
    """The port of a Service that routes and probes use when they name none; {} where it has no port."""
    ports = enabled_ports(entry)
    marked = [port for port in ports.values() if text(port.get("primary")) == "true"]
    if marked:
        return marked[-1]
    return next(iter(ports.values()), {})


def primary_service(frame: Frame, controller: str) -> Mapping:
    """The Service whose primary port a controller's probes use; {} where it has none."""
    own = [entry for entry in frame.services.values() if controller_of(frame, entry) == controller]
    marked = [entry for entry in own if text(entry.get("primary")) == "true"]
    return marked[-1] if marked else (own[0] if own else {})


def port_number(frame: Frame, key: str, port: str) -> str:
    """A Service port given by name or number, as a number where the release has that Service."""
    named = mapping(at(frame.services, key, "ports", port))
    return scalar(named.get("port")) or port
