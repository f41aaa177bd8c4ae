"""Routes, Ingresses, ListenerSets and monitors of an app-template release."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, sequence
from cilium_policies.workloads.releases.app_names import Frame
from cilium_policies.workloads.releases.app_services import port_number, primary_port
from cilium_policies.workloads.releases.values import scalar

_GATEWAY = "gateway.networking.k8s.io"
_STABLE_ROUTES = {"HTTPRoute", "GRPCRoute"}
_MONITORING = "monitoring.coreos.com/v1"


def routes(frame: Frame) -> Iterator[Object]:
    """HTTPRoutes and their sisters."""
    names = frame.named("route", "route")
    for key, entry in frame.enabled("route").items():
        kind = scalar(entry.get("kind")) or "HTTPRoute"
        spec: Mapping = {"parentRefs": [_parent(frame, one) for one in mappings(entry.get("parentRefs"))]}
        if hostnames := sequence(entry.get("hostnames")):
            spec["hostnames"] = hostnames
        spec["rules"] = list(_rules(frame, entry))
        version = "v1" if kind in _STABLE_ROUTES else "v1alpha2"
        yield frame.made(f"{_GATEWAY}/{version}", kind, names[key], entry, {"spec": spec})


def _parent(frame: Frame, parent: Mapping) -> Mapping:
    made: Mapping = {"group": _GATEWAY, "kind": "Gateway", **parent}
    if identifier := scalar(made.pop("identifier", None)):
        made["kind"] = "ListenerSet"
        made["name"] = frame.named("listenerSet", "listenerSets").get(identifier, identifier)
    return {field: value for field, value in made.items() if value is not None}


def _rules(frame: Frame, entry: Mapping) -> Iterator[Mapping]:
    """A route without rules, or with an empty backend, leads to the only Service."""
    for rule in mappings(entry.get("rules")) or [{"backendRefs": [{}]}]:
        backends = [_backend(frame, one) for one in mappings(rule.get("backendRefs"))]
        kept = {field: rule[field] for field in ("matches", "filters") if rule.get(field)}
        yield {"backendRefs": [one for one in backends if one], **kept}


def _backend(frame: Frame, reference: Mapping) -> Mapping:
    key, name = _service(frame, reference)
    if not name:
        return {}
    port = scalar(reference.get("port"))
    entry = frame.services.get(key, {})
    made: Mapping = {
        "group": scalar(reference.get("group")),
        "kind": scalar(reference.get("kind")) or "Service",
    }
    made.update(name=name, namespace=scalar(reference.get("namespace")) or frame.release.namespace)
    number = port_number(frame, key, port) if port else scalar(primary_port(entry).get("port"))
    if number:
        made["port"] = number
    return made


def _service(frame: Frame, reference: Mapping) -> tuple[str, str]:
    """Key and name of the Service that a reference means; the key is "" for a Service of another release."""
    key, name = scalar(reference.get("identifier")), scalar(reference.get("name"))
    if not key and not name:
        key = next(iter(frame.services)) if len(frame.services) == 1 else ""
    if not key and name in frame.services and frame.major < 4:
        key = name  # before 4.0 `name` could be a key as well
    if key in frame.services:
        return key, frame.service_name(key)
    return "", name


def ingresses(frame: Frame) -> Iterator[Object]:
    """Ingresses."""
    names = frame.named("ingress", "ingress")
    for key, entry in frame.enabled("ingress").items():
        spec: Mapping = {}
        if scalar(entry.get("className")):
            spec["ingressClassName"] = entry["className"]
        if entry.get("tls"):
            spec["tls"] = entry["tls"]
        if mapping(entry.get("defaultBackend")):
            spec["defaultBackend"] = entry["defaultBackend"]
        else:
            spec["rules"] = [_ingress_rule(frame, host) for host in mappings(entry.get("hosts"))]
        yield frame.made("networking.k8s.io/v1", "Ingress", names[key], entry, {"spec": spec})


def _ingress_rule(frame: Frame, host: Mapping) -> Mapping:
    paths = []
    for path in mappings(host.get("paths")):
        reference = mapping(path.get("service"))
        key, name = _service(frame, reference)
        port = scalar(reference.get("port"))
        number = (
            port_number(frame, key, port)
            if port
            else scalar(primary_port(frame.services.get(key, {})).get("port"))
        )
        field = "number" if number.isdigit() else "name"
        backend = {"service": {"name": name, "port": {field: number}}}
        kind = scalar(path.get("pathType")) or "Prefix"
        paths.append({"path": scalar(path.get("path")), "pathType": kind, "backend": backend})
    return {"host": scalar(host.get("host")), "http": {"paths": paths}}


def listener_sets(frame: Frame) -> Iterator[Object]:
    """ListenerSets (5.x)."""
    names = frame.named("listenerSet", "listenerSets")
    for key, entry in frame.enabled("listenerSets").items():
        parent = {"group": _GATEWAY, "kind": "Gateway", **mapping(entry.get("parentRef"))}
        spec = {"parentRef": parent, "listeners": mappings(entry.get("listeners"))}
        version = scalar(entry.get("apiVersion")) or f"{_GATEWAY}/v1"
        yield frame.made(
            version, scalar(entry.get("kind")) or "ListenerSet", names[key], entry, {"spec": spec}
        )


def service_monitors(frame: Frame) -> Iterator[Object]:
    """ServiceMonitors: they select the Service by its name label unless told otherwise."""
    names = frame.named("serviceMonitor", "serviceMonitor")
    for key, entry in frame.enabled("serviceMonitor").items():
        selector = mapping(entry.get("selector"))
        if not selector:
            service = _monitored(frame, entry)
            selector = {"matchLabels": {**frame.selector_labels, "app.kubernetes.io/service": service}}
        spec = {
            "namespaceSelector": {"matchNames": [frame.release.namespace]},
            "selector": selector,
            "endpoints": mappings(entry.get("endpoints")),
        }
        yield frame.made(_MONITORING, "ServiceMonitor", names[key], entry, {"spec": spec})


def _monitored(frame: Frame, entry: Mapping) -> str:
    service = mapping(entry.get("service"))
    if identifier := scalar(service.get("identifier")):
        return frame.service_name(identifier)
    said = scalar(service.get("name")) or scalar(entry.get("serviceName"))
    if said:
        return said
    if len(frame.services) == 1:
        return frame.service_name(next(iter(frame.services)))
    return frame.fullname


def pod_monitors(frame: Frame) -> Iterator[Object]:
    """PodMonitors (5.x)."""
    names = frame.named("podMonitor", "podMonitor")
    for key, entry in frame.enabled("podMonitor").items():
        controller = scalar(at(entry, "controller", "identifier")) or scalar(entry.get("controller"))
        if not controller and len(frame.controllers) == 1:
            controller = next(iter(frame.controllers))
        spec = {
            "namespaceSelector": {"matchNames": [frame.release.namespace]},
            "selector": mapping(entry.get("selector"))
            or {"matchLabels": frame.controller_selector(controller)},
            "podMetricsEndpoints": mappings(entry.get("podMetricsEndpoints")),
        }
        yield frame.made(_MONITORING, "PodMonitor", names[key], entry, {"spec": spec})
