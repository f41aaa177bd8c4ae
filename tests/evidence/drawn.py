"""Clusters drawn at random, and the flows that their objects imply.

What is implied is known from the drawing, not from the code under test: each choice (a Service's target, a call
in somebody's environment, a route, a monitor …) is written into the manifests and into the list of flows.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from hypothesis import strategies as st

Flow = tuple[str, str, int, str]  # from and to as "pod NS/NAME" or "entity NAME", pod port, protocol
NAMESPACES = ("shop", "back", "edge")
PROTOCOLS = ("TCP", "TCP", "TCP", "UDP")


class Drawn(NamedTuple):
    """`manifests` is the function's input, `runtime` the pods that an operator makes beside it."""

    manifests: str
    runtime: str
    implied: set[Flow]
    pods: dict[str, list[tuple[int, str]]]  # pod → its ports worth asking for


class _Port(NamedTuple):
    name: str
    number: int
    protocol: str


class _Service(NamedTuple):
    name: str
    namespace: str
    pod: str
    ports: list[tuple[str, int, _Port]]  # name and number of the Service port, pod port
    kind: str


class _Drawing:
    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.objects: list[dict[str, Any]] = []
        self.implied: set[Flow] = set()
        self.pods: dict[str, list[_Port]] = {}
        self.workloads: dict[str, dict[str, Any]] = {}
        self.asked: dict[str, set[tuple[int, str]]] = {}

    def choose(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def maybe(self) -> bool:
        return bool(self.draw(st.booleans()))

    def add(self, version: str, kind: str, name: str, namespace: str = "", **body: Any) -> dict[str, Any]:
        metadata: dict[str, Any] = {"name": name}
        if namespace:
            metadata["namespace"] = namespace
        made = {"apiVersion": version, "kind": kind, "metadata": metadata, **body}
        self.objects.append(made)
        return made


@st.composite
def graphs(draw: Any) -> Drawn:
    """A cluster of three to six workloads with Services, calls, routes, monitors, webhooks and role bindings."""
    one = _Drawing(draw)
    for name in NAMESPACES:
        one.add("v1", "Namespace", name)
    for number in range(draw(st.integers(3, 6))):
        _workload(one, number)
    services = [
        _service(one, number, pod) for number, pod in enumerate(one.pods) if one.maybe() or number == 0
    ]
    for _ in range(draw(st.integers(0, 5))):
        _call(one, one.choose(*services))
    _routes(one, services)
    _monitors(one, services)
    _webhooks(one, services)
    _bindings(one)
    _members(one)
    runtime = _stateful(
        "prometheus-main",
        "edge",
        {
            "app.kubernetes.io/name": "prometheus",
            "app.kubernetes.io/instance": "main",
            "app.kubernetes.io/managed-by": "prometheus-operator",
        },
    )
    ports = {pod: sorted({(port.number, port.protocol) for port in have} | one.asked.get(pod, set()))
             for pod, have in one.pods.items()}  # fmt: skip
    return Drawn(_text(one.objects), _text([runtime]), one.implied, ports)


def _text(objects: list[dict[str, Any]]) -> str:
    return "".join(f"---\n{json.dumps(one)}\n" for one in objects)


def _workload(one: _Drawing, number: int) -> None:
    name, namespace = f"w{number}", one.choose(*NAMESPACES)
    ports = [
        _Port(f"p{index}" if one.maybe() else "", 8000 + 10 * number + index, one.choose(*PROTOCOLS))
        for index in range(one.choose(1, 2, 3))
    ]
    container = {
        "name": "main",
        "image": f"registry.invalid/{name}:1",
        "env": [],
        "args": ["run"],
        "ports": [
            {
                "containerPort": port.number,
                "protocol": port.protocol,
                **({"name": port.name} if port.name else {}),
            }
            for port in ports
        ],
    }
    spec = {"serviceAccountName": name, "containers": [container]}
    labels = {"app": name, "tier": one.choose("a", "b")}
    one.workloads[f"{namespace}/{name}"] = one.add(
        "apps/v1", one.choose("Deployment", "StatefulSet", "DaemonSet"), name, namespace,
        spec={"replicas": 1, "selector": {"matchLabels": {"app": name}},
              "template": {"metadata": {"labels": labels}, "spec": spec}},
    )  # fmt: skip
    one.pods[f"{namespace}/{name}"] = ports


def _service(one: _Drawing, number: int, pod: str) -> _Service:
    namespace, name = pod.split("/")
    headless = one.choose(False, False, True)
    kind = "ClusterIP" if headless else one.choose("ClusterIP", "ClusterIP", "LoadBalancer", "NodePort")
    ports, shown = [], []
    for index, port in enumerate(one.pods[pod]):
        # A headless Service translates nothing, so its ports are those of the pods.
        number_of = port.number if headless else one.choose(80, 443, port.number) + index
        target: Any = port.name if port.name and one.maybe() else port.number
        ports.append((f"s{index}", number_of, port))
        shown.append(
            {"name": f"s{index}", "port": number_of, "targetPort": target, "protocol": port.protocol}
        )
        one.asked.setdefault(pod, set()).add((number_of, port.protocol))
        if kind in ("LoadBalancer", "NodePort"):
            for client in ("world", "remote-node"):
                one.implied.add((f"entity {client}", f"pod {pod}", port.number, port.protocol))
    spec = {
        "type": kind,
        "selector": {"app": name},
        "ports": shown,
        **({"clusterIP": "None"} if headless else {}),
    }
    made = one.add("v1", "Service", f"svc-{name}", namespace, spec=spec)
    made["metadata"]["labels"] = {"service": name}
    return _Service(f"svc-{name}", namespace, pod, ports, kind)


def _call(one: _Drawing, service: _Service) -> None:
    """Somebody's environment, arguments or mounted file names a Service in one of its spellings."""
    pod = one.choose(*one.pods)
    namespace, _ = pod.split("/")
    spellings = [
        f"{service.name}.{service.namespace}{end}"
        for end in ("", ".svc", ".svc.cluster.local", ".svc.cluster.local.")
    ]
    if namespace == service.namespace:
        spellings.append(service.name)
    _, number, _ = one.choose(*service.ports)
    _write(one, pod, one.choose(*spellings), number)
    if pod != service.pod:
        for _, other, target in service.ports:  # one number may stand for TCP and for UDP
            if other == number:
                one.implied.add((f"pod {pod}", f"pod {service.pod}", target.number, target.protocol))


def _write(one: _Drawing, pod: str, host: str, number: int) -> None:
    namespace, name = pod.split("/")
    spec = one.workloads[pod]["spec"]["template"]["spec"]
    container = spec["containers"][0]
    form = one.choose("url", "address", "pair", "flag", "file", "expanded")
    key = f"UP{len(container['env'])}"
    if form == "url":
        container["env"].append({"name": f"{key}_URL", "value": f"http://user:word@{host}:{number}/path?x=1"})
    elif form == "address":
        container["env"].append({"name": key, "value": f"{host}:{number}"})
    elif form == "pair":
        container["env"] += [
            {"name": f"{key}_HOST", "value": host},
            {"name": f"{key}_PORT", "value": str(number)},
        ]
    elif form == "flag":
        container["args"].append(f"--upstream={host}:{number}")
    elif form == "expanded":
        container["env"] += [{"name": f"{key}_WHERE", "value": host},
                             {"name": f"{key}_URL", "value": f"tcp://$({key}_WHERE):{number}"}]  # fmt: skip
    else:
        config = f"config-{name}-{len(spec.get('volumes', []))}"
        spec.setdefault("volumes", []).append({"name": config, "configMap": {"name": config}})
        one.add(
            "v1",
            "ConfigMap",
            config,
            namespace,
            data={"app.yaml": f"# comment\nupstream:\n  url: {host}:{number}\n"},
        )


def _routes(one: _Drawing, services: list[_Service]) -> None:
    """Two gateways, each with its proxies, and routes that lead through one of them."""
    api = "gateway.networking.k8s.io/v1"
    for name in ("inner", "outer"):
        if one.maybe():
            continue
        one.add(api, "Gateway", name, "edge", spec={"gatewayClassName": "some", "listeners": [
            {"name": "web", "port": 8443, "protocol": "HTTPS",
             "allowedRoutes": {"namespaces": {"from": "All"}}}]})  # fmt: skip
        labels = {"app": f"proxy-{name}", "gateway.networking.k8s.io/gateway-name": name}
        one.objects.append(_stateful(f"proxy-{name}", "edge", labels, "Deployment"))
        one.pods[f"edge/proxy-{name}"] = [_Port("", 8443, "TCP")]
        for client in ("world", "remote-node"):
            one.implied.add((f"entity {client}", f"pod edge/proxy-{name}", 8443, "TCP"))
        for index, service in enumerate(services):
            _, number, port = one.choose(*service.ports)
            if one.maybe() and port.protocol == "TCP":
                one.add(api, "HTTPRoute", f"route-{name}-{index}", service.namespace, spec={
                    "parentRefs": [{"name": name, "namespace": "edge"}],
                    "rules": [{"backendRefs": [{"name": service.name, "port": number}]}]})  # fmt: skip
                for _, other, target in service.ports:
                    if other == number and target.protocol == "TCP":
                        one.implied.add(
                            (f"pod edge/proxy-{name}", f"pod {service.pod}", target.number, "TCP")
                        )


def _monitors(one: _Drawing, services: list[_Service]) -> None:
    """One Prometheus, whose pods its operator makes, and monitors that it selects or not."""
    selector = one.choose({}, {"matchLabels": {"team": "a"}}, None)
    spec = {
        "serviceMonitorNamespaceSelector": {},
        **({"serviceMonitorSelector": selector} if selector is not None else {}),
    }
    one.add("monitoring.coreos.com/v1", "Prometheus", "main", "edge", spec=spec)
    one.pods["edge/prometheus-main"] = []
    for service in services:
        if one.maybe():
            continue
        labels = one.choose({"team": "a"}, {"team": "b"})
        name, _, port = one.choose(*service.ports)
        spec = {
            "selector": {"matchLabels": {"service": service.name.removeprefix("svc-")}},
            "endpoints": [{"port": name}],
        }
        kind = ("monitoring.coreos.com/v1", "ServiceMonitor")
        monitor = one.add(*kind, f"monitor-{service.name}", service.namespace, spec=spec)
        monitor["metadata"]["labels"] = labels
        if selector == {} or (selector and labels == {"team": "a"}):
            one.implied.add(("pod edge/prometheus-main", f"pod {service.pod}", port.number, port.protocol))


def _webhooks(one: _Drawing, services: list[_Service]) -> None:
    for service in services:
        _, number, _ = one.choose(*service.ports)
        if one.choose(False, False, True):
            where = {"namespace": service.namespace, "name": service.name, "port": number}
            one.add("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", f"hook-{service.name}",
                    webhooks=[{"name": "a.b.c", "clientConfig": {"service": where}}])  # fmt: skip
            for _, other, target in service.ports:
                if other == number:
                    for caller in ("kube-apiserver", "remote-node"):
                        one.implied.add(
                            (f"entity {caller}", f"pod {service.pod}", target.number, target.protocol)
                        )


def _bindings(one: _Drawing) -> None:
    for pod in one.workloads:
        namespace, name = pod.split("/")
        if one.choose(False, False, True):
            kind = one.choose("ClusterRoleBinding", "RoleBinding")
            made = one.add(
                "rbac.authorization.k8s.io/v1", kind, f"bound-{name}", "" if kind[0] == "C" else namespace
            )
            made["roleRef"] = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
            made["subjects"] = [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]
            one.implied.add((f"pod {pod}", "entity kube-apiserver", 6443, "TCP"))


def _members(one: _Drawing) -> None:
    """A rule of somebody's NetworkPolicy between two pods: its sender's side is what is missing."""
    if len(one.workloads) > 1 and one.maybe():
        source, target = one.choose(*one.workloads), one.choose(*one.workloads)
        if source != target:
            port = one.choose(*one.pods[target])
            names = [pod.split("/") for pod in (source, target)]
            one.add("networking.k8s.io/v1", "NetworkPolicy", "hand", names[1][0], spec={
                "podSelector": {"matchLabels": {"app": names[1][1]}}, "policyTypes": ["Ingress"],
                "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": names[0][1]}}, "namespaceSelector":
                    {"matchLabels": {"kubernetes.io/metadata.name": names[0][0]}}}],
                    "ports": [{"port": port.number, "protocol": port.protocol}]}]})  # fmt: skip
            one.implied.add((f"pod {source}", f"pod {target}", port.number, port.protocol))


def _stateful(name: str, namespace: str, labels: dict[str, str], kind: str = "StatefulSet") -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "a", "image": "b"}]},
            },
        },
    }
