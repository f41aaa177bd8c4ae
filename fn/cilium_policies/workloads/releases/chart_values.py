"""The value blocks that most charts share beside `service`: `ingress`, `route` and its sisters, `serviceMonitor`.

Blocks count wherever they stand below a component's values. What they ask for becomes Kubernetes objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, Object, at, flag, integer, mappings, strings
from cilium_policies.kube.pods import TASKS
from cilium_policies.kube.ports import is_of_metrics
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.workloads.model import Service, ServicePort, Workload
from cilium_policies.workloads.releases.release import Release
from cilium_policies.workloads.releases.values import scalar

_GATEWAY = "gateway.networking.k8s.io"
_ROUTES = {
    "route": "HTTPRoute", "httproute": "HTTPRoute", "gateway": "HTTPRoute", "gatewayapi": "HTTPRoute",
    "grpcroute": "GRPCRoute", "tcproute": "TCPRoute", "tlsroute": "TLSRoute", "udproute": "UDPRoute",
}  # fmt: skip
_MONITORS = {
    "servicemonitor": "ServiceMonitor", "podmonitor": "PodMonitor",
    "vmservicescrape": "ServiceMonitor", "vmpodscrape": "PodMonitor",
}  # fmt: skip
# What a block has beside its switch that is about an Ingress; its hosts may stand elsewhere in the values.
_HOSTS = ("hosts", "hostname", "host", "domain", "hostName", "appHost")
_CLASSES = ("className", "ingressClassName", "class", "ingressClass")
_RULES = "rules"  # of an Ingress, as the chart hands them on
_OF_INGRESS = (*_HOSTS, *_CLASSES, _RULES)
_OF_ONE = "Ingress"
_WEB = ("http", "web", "https", "http-web", "ui")
_LISTENERS = frozenset(("http", "https", "web", "websecure"))


class Target(NamedTuple):
    """A component that blocks may speak of: the path of its values, its pods and Services, and the pod ports
    on which the catalogue knows gateways and scrapers to call it, and whether the chart's own Ingress leads to it."""

    prefix: str
    workload: Workload
    services: list[Service]
    gateway_ports: tuple[int, ...] = ()
    scrape_ports: tuple[int, ...] = ()
    routed: bool = False


class _Block(NamedTuple):
    kind: str
    path: str
    body: Mapping


def objects(release: Release, targets: list[Target]) -> list[Object]:
    """Routes, Ingresses and monitors of every block that is switched on."""
    found: list[Object] = []
    for block in _blocks(release.values, "", ""):
        owners = _owners(block.path, targets)
        if block.kind in _MONITORS.values():
            lasting = [one for one in owners if one.workload.kind not in TASKS]
            found += [one for owner in lasting for one in _monitor(release, block, owner)]
        elif owners:
            behind = [
                one for one in owners if one.services
            ] or owners  # a CronJob beside a server serves nobody
            serving = [one for one in behind if one.gateway_ports] or behind
            # an Ingress often leads to several parts by their paths, a route to one unless the catalogue tells
            whole = serving[0].routed or (block.kind == "Ingress" and serving[0].gateway_ports)
            for one in serving if whole else serving[:1]:
                found += _route(release, block, one)
    if all(one.kind in _MONITORS.values() for one in found):
        found += _unasked(release, targets)
    return found


def monitors(release: Release, targets: list[Target]) -> list[Object]:
    """The monitors alone."""
    return [one for one in objects(release, targets) if one.kind in _MONITORS.values()]


def _unasked(release: Release, targets: list[Target]) -> list[Object]:
    """The Ingress that a chart writes by itself, where no block of the values switches one on."""
    block = _Block("Ingress", "ingress", next(_ingresses(release.values), {}))
    return [made for one in targets if one.routed for made in _route(release, block, one)]


def _ingresses(value: Mapping) -> Iterator[Mapping]:
    for key, member in value.items():
        if isinstance(member, dict):
            yield from (member,) if key == "ingress" else _ingresses(member)


def _owners(path: str, targets: list[Target]) -> list[Target]:
    """The components with the longest path of values above a block."""
    above = [one for one in targets if not one.prefix or path.startswith(f"{one.prefix}.")]
    longest = max((len(one.prefix) for one in above), default=0)
    nearest = [one for one in above if len(one.prefix) == longest]
    part = path[longest:].strip(".").partition(".")[0]
    called = [one for one in nearest if one.workload.name.endswith(f"-{part}")]
    return called or nearest  # `server.route` is for the pods called so


def _blocks(value: Any, path: str, kind: str) -> Iterator[_Block]:
    """Blocks that are on, each where it stands; named ones (`route: {main: …}`) below the key of their kind."""
    if not isinstance(value, dict):
        return
    if kind and _is_on(value, kind):
        yield _Block(kind, path, value)
        return
    inherited = kind if kind and _named(value) else ""
    for key, member in value.items():
        word = re.sub(r"[-_]|s$", "", key.lower())
        below = _ROUTES.get(word) or _MONITORS.get(word) or ("Ingress" if _is_ingress(key) else "")
        if isinstance(member, dict):
            yield from _blocks(member, f"{path}.{key}" if path else key, below or inherited)


def _is_ingress(key: str) -> bool:
    """`ingress`, and what a chart calls that of one of its Services (`consoleIngress`)."""
    return key.lower() in ("ingress", "ingresses") or key.endswith(_OF_ONE)


def _named(value: Mapping) -> bool:
    """Whether a block of a kind holds blocks, and no fields of its own."""
    return all(isinstance(member, (dict, type(None))) for member in value.values())


def _is_on(value: Mapping, kind: str) -> bool:
    switch = value.get("enabled", value.get("create"))
    if kind in ("ServiceMonitor", "PodMonitor"):
        return flag(switch)
    if kind == "Ingress":
        return flag(switch) and any(value.get(key) for key in _OF_INGRESS)
    return flag(switch, True) and bool(mappings(value.get("parentRefs")))


def _route(release: Release, block: _Block, target: Target) -> list[Object]:
    kind = scalar(block.body.get("kind")) or block.kind
    backend = _backend(block, kind, target)
    name = f"{release.name}-{re.sub(r'[^a-z0-9]+', '-', block.path.lower())}"
    if backend is None:
        # Nobody knows whom it leads to; its controller calls what the annotations name all the same.
        asks = kind == "Ingress" and any(
            "://" in one for one in strings(block.body.get("annotations")).values()
        )
        spec = _ingress_class(block.body)
        return [_object(release, "networking.k8s.io/v1", kind, name, block.body, spec)] if asks else []
    if kind == "Ingress":
        name = f"{name}-{backend[0].name}"
        spec = _ingress_spec(block.body, backend)
        return [_object(release, "networking.k8s.io/v1", kind, name, block.body, spec)]
    reference = {"name": backend[0].name, "port": str(backend[1].port)}
    spec = {
        "parentRefs": mappings(block.body.get("parentRefs")),
        "hostnames": _hosts(block.body, "hostnames", "hostname", "hosts", "host"),
        "rules": [{"backendRefs": [reference]}],
    }
    version = "v1" if kind in ("HTTPRoute", "GRPCRoute") else "v1alpha2"
    return [_object(release, f"{_GATEWAY}/{version}", kind, name, block.body, spec)]


def _backend(block: _Block, kind: str, target: Target) -> tuple[Service, ServicePort] | None:
    """The Service port that a route leads to: the one it is called after (`ssh`), else the one whose pod port
    gateways are known to call, else the web port, else the first."""
    pairs = [(one, port) for one in target.services for port in one.ports]
    if not pairs:
        return None
    words = {scalar(ref.get("sectionName")) for ref in mappings(block.body.get("parentRefs"))} - {""}
    if kind in ("HTTPRoute", "GRPCRoute"):
        words -= (
            _LISTENERS  # the gateway ends TLS there: its listener's name tells nothing of the pods behind
        )
    above, _, last = block.path.rpartition(".")  # `ingress.public`, `consoleIngress`, `webhook.route`
    words |= {last, last.removesuffix(_OF_ONE), above.rpartition(".")[2]} - {""}  # are for what is called so
    ranked = sorted(
        pairs,
        key=lambda pair: (
            not (pair[1].name in words or pair[0].name.rpartition("-")[2] in words),
            integer(pair[1].target) not in target.gateway_ports,
            pair[1].name not in _WEB,
            pairs.index(pair),
        ),
    )
    if kind == "UDPRoute":
        ranked = [pair for pair in ranked if pair[1].protocol == "UDP"] or ranked
    return ranked[0]


def _ingress_spec(body: Mapping, backend: tuple[Service, ServicePort]) -> Mapping:
    hosts = _hosts(body, *_HOSTS, _RULES)
    reference = {"service": {"name": backend[0].name, "port": {"number": str(backend[1].port)}}}
    path = {"path": "/", "pathType": "Prefix", "backend": reference}
    rules: list[Mapping] = [{"host": host, "http": {"paths": [path]}} for host in hosts]
    return {"rules": rules or [{"http": {"paths": [path]}}], **_ingress_class(body)}


def _ingress_class(body: Mapping) -> Mapping:
    name = next(filter(None, (scalar(body.get(key)) for key in _CLASSES)), "")
    return {"ingressClassName": name} if name else {}


def _hosts(body: Mapping, *keys: str) -> list[str]:
    found: list[str] = []
    for key in keys:
        value = body.get(key)
        listed = list(value.values()) if isinstance(value, dict) else [value]
        for one in value if isinstance(value, list) else listed:
            host = scalar(one) or scalar(at(one, "host")) or scalar(at(one, "name"))
            if host and host not in found:
                found.append(host)
    return found


def _monitor(release: Release, block: _Block, target: Target) -> Iterator[Object]:
    """The monitor on the component's metrics port; on its pods where no Service of it shows that port."""
    name = f"{release.name}-{target.workload.name}-{re.sub(r'[^a-z0-9]+', '-', block.path.lower())}"
    labels = {**strings(block.body.get("additionalLabels")), **strings(block.body.get("selector"))}
    body: Mapping = {"labels": {**labels, **strings(block.body.get("labels"))}}
    spaces = {"matchNames": [release.namespace]}
    ports = [(one, port.name) for one in target.services for port in one.ports if _is_metrics(port, target)]
    if ports and block.kind == "ServiceMonitor":
        for one, port in dict.fromkeys((one.name, port) for one, port in ports):
            chosen = next(each for each in target.services if each.name == one)
            spec = {
                "namespaceSelector": spaces,
                "selector": {"matchLabels": chosen.labels},
                "endpoints": [{"port": port}],
            }
            yield _object(release, "monitoring.coreos.com/v1", "ServiceMonitor", name, body, spec)
        return
    numbers = target.scrape_ports
    endpoints: list[Mapping] = [{"portNumber": str(number)} for number in numbers] or [{"port": "metrics"}]
    spec = {
        "namespaceSelector": spaces,
        "selector": {"matchLabels": target.workload.labels},
        "podMetricsEndpoints": endpoints,
    }
    yield _object(release, "monitoring.coreos.com/v1", "PodMonitor", name, body, spec)


def _is_metrics(port: ServicePort, target: Target) -> bool:
    if integer(port.target) in target.scrape_ports:
        return True
    if target.scrape_ports:
        return False
    only = sum(len(one.ports) for one in target.services) == 1
    return is_of_metrics(port.name) or is_of_metrics(port.target) or only


def _object(release: Release, version: str, kind: str, name: str, block: Mapping, spec: Mapping) -> Object:
    metadata = {
        "name": name[:253],
        "namespace": scalar(block.get("namespace")) or release.namespace,
        "labels": {
            "app.kubernetes.io/instance": release.name,
            "release": release.name,
            **strings(block.get("labels")),
        },
        "annotations": strings(block.get("annotations")),
    }
    return Object(
        {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}, release.source.where
    )
