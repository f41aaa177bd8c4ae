"""Which pods serve a Gateway, an Ingress class or a routing resource, and on which pod ports they listen."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import EntityPeer, LabelsPeer, Peer
from cilium_policies.evidence.ends import ends
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.services import host_ports
from cilium_policies.kube.access_rules import EVERYWHERE
from cilium_policies.kube.gateway_api import GATEWAY_API, STANDARD, Proxy, ingress_class
from cilium_policies.kube.labels import NAMESPACE
from cilium_policies.kube.names import are_labels
from cilium_policies.kube.objects import Mapping, Object, text
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_INGRESS_API = "networking.k8s.io"
# Cilium's own gateways and Ingresses, whose traffic has the identity `ingress`: its GatewayClass says the first, its
# chart's IngressClass the second (cilium/cilium: install/kubernetes/cilium/templates/cilium-ingress-class.yaml).
_CILIUM = ("io.cilium/", "cilium.io/")
INGRESS = EntityPeer("ingress")
_USUAL_NAMES = ("ingress", "gateway", "controller", "k8s", "networking", "proxy")
_HTTP = (80, 443)
_SINGLE = ("Gateway", "Ingress")


def _is_proxy(cluster: Cluster, made: Workload) -> bool:
    """Whether pods that an Ingress or Gateway stands for carry its requests; cert-manager's solvers do not."""
    roles = ("gateway", "gateway-controller", "proxy")
    return not made.component or any(cluster.plays(made, role) for role in roles)


def proxies_by_label(cluster: Cluster, namespace: str, name: str) -> tuple[Peer, ...]:
    """The proxies of a Gateway that the input does not show, by labels: in its namespace and its controller's."""
    if not are_labels({STANDARD: name, NAMESPACE: namespace}):
        return ()  # no Gateway is called so
    found: list[Peer] = [LabelsPeer(namespace, ((STANDARD, name),))]
    for proxy in cluster.proxies.values():
        if proxy.owner:
            owned = [(proxy.owner, name)]
            owned += [(proxy.owner_namespace, namespace)] if proxy.owner_namespace else []
            places = _places(cluster, proxy) if proxy.owner_namespace else []
            found += [LabelsPeer(one, tuple(owned)) for one in dict.fromkeys((namespace, *places))]
    return tuple(dict.fromkeys(found))


def _places(cluster: Cluster, proxy: Proxy) -> list[str]:
    """The namespaces of controllers; the usual one where the input shows none."""
    return sorted(cluster.routing_namespaces) or [proxy.namespace]


class Gateways:
    """Look-ups from routing objects to proxies, remembered, as hundreds of routes share a gateway."""

    def __init__(self, cluster: Cluster, given: Given) -> None:
        self._cluster = cluster
        self._given = given
        self._peers: dict[tuple[str, str], tuple[Peer, ...]] = {}
        self._served: dict[tuple[str, str], list[Workload]] = {}
        self._controllers: dict[tuple[str, str], list[tuple[Workload, frozenset[str]]]] = {}
        self._narrowed: dict[tuple[tuple[Workload, ...], tuple[str | Object, ...]], list[Workload]] = {}
        self._by_label: dict[tuple[str, str], list[Workload]] = {}
        self._by_source: dict[tuple[str, str, str], list[Workload]] = {}
        self._proxies = [one for one in cluster.proxies.values() if one.owner]
        self._owners = {one.owner for one in self._proxies}
        self._labels = {STANDARD, *self._owners, *(one.owner_class for one in self._proxies)} - {""}
        for workload in cluster.workloads:
            for key in self._labels:
                if value := workload.labels.get(key):
                    self._by_label.setdefault((key, value), []).append(workload)
            source = workload.source
            routed = source is not None and source.group in (GATEWAY_API, _INGRESS_API)
            if source is not None and routed and _is_proxy(cluster, workload):
                made_from = (source.kind, source.namespace, source.name)
                self._by_source.setdefault(made_from, []).append(workload)
        # What is made for one Gateway or Ingress, which anybody may write, carries that one's requests alone.
        made = {id(one) for key, of in self._by_source.items() if key[0] in _SINGLE for one in of}
        self._shared_proxies = [one for one in given.proxies if id(one) not in made]

    def peers(self, namespace: str, name: str) -> tuple[Peer, ...]:
        """Who sends a Gateway's requests to its backends. For a Gateway that the input does not show: the
        config's gateways, else whatever pods carry the labels of its proxies."""
        key = (namespace, name)
        if key not in self._peers:
            self._peers[key] = self._senders(namespace, name)
        return self._peers[key]

    def _senders(self, namespace: str, name: str) -> tuple[Peer, ...]:
        if self.is_cilium(namespace, name):
            return (INGRESS,)
        if outside := self.outside(namespace, name):
            return outside
        served = self.workloads(namespace, name)
        if served:
            return tuple(dict.fromkeys(end for workload in served for end in ends(workload)))
        if self._given.gateways:
            return self._given.gateways
        return proxies_by_label(self._cluster, namespace, name)

    def workloads(self, namespace: str, name: str) -> list[Workload]:
        """The proxies of a Gateway: made for it, else the controller of its class."""
        key = (namespace, name)
        if key not in self._served:
            self._served[key] = list(self._made_for(namespace, name)) or self._shared(namespace, name)
        return self._served[key]

    def gateway(self, namespace: str, name: str) -> Object | None:
        one = self._cluster.inventory.get("Gateway", namespace, name)
        return one if one is not None and one.group == GATEWAY_API else None

    def is_cilium(self, namespace: str, name: str) -> bool:
        """Whether Cilium itself serves this Gateway; its class is called so unless somebody made another."""
        gateway = self.gateway(namespace, name)
        return gateway is not None and self._class_controller(gateway).startswith(_CILIUM)

    def outside(self, namespace: str, name: str) -> tuple[Peer, ...]:
        """Where a Gateway's requests come from whose load balancer is outside the cluster; empty for any other."""
        gateway = self.gateway(namespace, name)
        if gateway is None:
            return ()
        from cilium_policies.evidence import load_balancers  # few builds hold a Gateway or an Ingress

        class_name = text(gateway.spec.get("gatewayClassName"))
        return load_balancers.clients(self._given, self._class_controller(gateway), class_name)

    def proxy(self, namespace: str, name: str) -> Proxy:
        """How its controller's proxies differ from the Gateway API."""
        made = self.workloads(namespace, name)
        gateway = self.gateway(namespace, name)
        controller = self._class_controller(gateway) if gateway is not None else ""
        for proxy in self._cluster.proxies.values():
            owned = proxy.owner and any(proxy.owner in workload.labels for workload in made)
            if owned or (proxy.controller and controller.startswith(proxy.controller)):
                return proxy
        return Proxy()

    def _class_controller(self, gateway: Object) -> str:
        class_name = text(gateway.spec.get("gatewayClassName"))
        for one in self._cluster.inventory.of("GatewayClass"):
            if one.name == class_name:
                return text(one.spec.get("controllerName"))
        made = (one.controller for one in self._cluster.proxies.values() if class_name in one.classes)
        return _CILIUM[0] if class_name == "cilium" else next(made, "")

    def _made_for(self, namespace: str, name: str) -> Iterator[Workload]:
        for proxy in self._proxies:
            for workload in self._by_label.get((proxy.owner, name), ()):
                own = workload.labels.get(proxy.owner_namespace, namespace) == namespace
                if own and self._may_serve(workload, namespace, proxy):
                    yield workload
        for workload in self._by_label.get((STANDARD, name), ()):
            if workload.namespace == namespace and not workload.labels.keys() & self._owners:
                yield workload
        for workload in self._by_source.get(("Gateway", namespace, name), ()):
            if not workload.labels.keys() & {*self._owners, STANDARD}:
                yield workload

    def _may_serve(self, workload: Workload, namespace: str, proxy: Proxy) -> bool:
        """Proxies stand in their Gateway's namespace or in their controller's: a label alone anybody may write."""
        return not workload.rendered or workload.namespace in (namespace, *_places(self._cluster, proxy))

    def _shared(self, namespace: str, name: str) -> list[Workload]:
        """Proxies that serve every Gateway of a class: Envoy Gateway's merged ones, or a controller that is
        its own proxy and lies behind a Service with the listener's port."""
        gateway = self.gateway(namespace, name)
        if gateway is None or self.outside(namespace, name):
            return []
        class_name = text(gateway.spec.get("gatewayClassName"))
        of_class = ((one, self._by_label.get((one.owner_class, class_name), ())) for one in self._proxies)
        merged = [pod for one, pods in of_class for pod in pods if self._may_serve(pod, namespace, one)]
        made_for_each = (one.controller for one in self._proxies if one.controller)
        if merged or self._class_controller(gateway).startswith((*_CILIUM, *made_for_each)):
            return merged
        return self.controllers(
            namespace, GATEWAY_API, "gatewayclasses/status", self._class_controller(gateway), class_name
        )

    def ingress_class(self, one: Object) -> tuple[Peer, ...]:
        """The controller's pods for an Ingress, by its class, or the proxy that it makes for this one; the
        config's gateways where neither is shown."""
        if own := self._by_source.get(("Ingress", one.namespace, one.name)):
            return self._peers_or_given(own)
        name = ingress_class(one)
        classes = self._cluster.inventory.of("IngressClass")
        chosen = [entry for entry in classes if entry.name == name] if name else _default(classes)
        controller = text(chosen[0].spec.get("controller")) if chosen else ""
        if controller.startswith(_CILIUM) or (not chosen and name == "cilium"):
            return (INGRESS,)
        if not name and not chosen and self._cluster.settings.platform.name == "gke":
            name = "gce"  # what GKE takes an Ingress without a class for
        from cilium_policies.evidence import load_balancers

        if outside := load_balancers.of_ingress(self._cluster, self._given, one, controller, name, chosen):
            return outside
        found = self.controllers(
            one.namespace, "networking.k8s.io", "ingresses/status", controller, name, *chosen[:1]
        )
        return self._peers_or_given(found)

    def of_group(self, group: str, namespace: str) -> tuple[Peer, ...]:
        """The proxies that read the routing resources of an API group (`traefik.io`) in a namespace."""
        return self._peers_or_given(self.controllers(namespace, group, "", group.partition(".")[0]))

    def _peers_or_given(self, found: list[Workload]) -> tuple[Peer, ...]:
        peers = tuple(dict.fromkeys(end for workload in found for end in ends(workload)))
        return peers or self._given.gateways

    def controllers(self, namespace: str, group: str, resource: str, *names: str | Object) -> list[Workload]:
        """Workloads whose role lets them act on a resource of an API group ("" any) in a namespace, and those that
        the catalogue calls proxies; where that is more than one program, those that speak of these names."""
        key = (group, resource)
        if key not in self._controllers:
            self._controllers[key] = list(self._allowed(group, resource))
        allowed = [one for one, reach in self._controllers[key] if reach & {EVERYWHERE, namespace}]
        asked = (tuple(dict.fromkeys([*allowed, *self._shared_proxies])), names)
        if asked not in self._narrowed:
            self._narrowed[asked] = self._without_controllers(_narrowed(*asked))
        return self._narrowed[asked]

    def _without_controllers(self, found: list[Workload]) -> list[Workload]:
        """A controller whose release has proxies of its own, as the catalogue knows them, carries no requests."""
        apart = {(one.namespace, one.release) for one in found if one.release and one in self._given.proxies}
        return [
            one for one in found if one in self._given.proxies or (one.namespace, one.release) not in apart
        ]

    def _serves(self, workload: Workload) -> bool:
        """Whether requests may come through it: it is in the host's network, or has a port on which a proxy is called:
        80 or 443 of its own or of a Service, a published one, one on the host."""
        if workload.host_network or workload in self._given.proxies:
            return True
        return bool(workload.ports) and (
            any(
                service.is_published or any(entry.port in _HTTP for entry in service.ports)
                for service in self._cluster.services_for(workload)
            )
            or any(port.number in _HTTP for port in workload.ports)
            or any(True for _ in host_ports(workload))
        )

    def _allowed(self, group: str, resource: str) -> Iterator[tuple[Workload, frozenset[str]]]:
        for workload in self._cluster.workloads:
            if not self._serves(workload):
                continue  # hook Jobs share their controller's account; others write an Ingress's status, too
            access = self._cluster.access
            reach = access.acts(workload.namespace, workload.service_account, group, resource)
            if reach:
                yield workload, reach


def _default(classes: list[Object]) -> list[Object]:
    marked = [
        one for one in classes if one.annotations.get("ingressclass.kubernetes.io/is-default-class") == "true"
    ]
    return marked or (classes if len(classes) == 1 else [])


def _narrowed(found: tuple[Workload, ...], names: tuple[str | Object, ...]) -> list[Workload]:
    """A class object carries its controller's release labels; else the controller says the class's or the
    controller's name in its arguments, image, chart or component."""
    if len(found) < 2:
        return list(found)
    for name in names:
        if isinstance(name, Object):
            key = "app.kubernetes.io/instance"
            release = name.labels.get(key)
            same = [one for one in found if release and one.labels.get(key) == release]
        else:
            same = [one for one in found if name and _speaks_of(one, name)]
        if same:
            return same
    return [] if any(names) else list(found)


def _class_of(values: Mapping, name: str, said: bool = False) -> bool:
    """Whether values of a release call a class so (`ingressClassResource: {name: internal}`)."""
    return any(
        _class_of(value, name, said or "class" in key.lower())
        if isinstance(value, dict)
        else value == name and (said or "class" in key.lower())
        for key, value in values.items()
    )


def _speaks_of(workload: Workload, name: str) -> bool:
    word = name.rpartition("/")[2] if name.startswith("k8s.io/") else name.partition(".")[0].partition("/")[0]
    if any(name in found.value for found in workload.texts if found.is_arguments):
        return True
    if name in (workload.name, workload.release) or _class_of(workload.values, name):
        return True
    images = (image.rpartition("/")[2].partition("@")[0].partition(":")[0] for image in workload.images)
    return any(_has_word(word, one) for one in (workload.component, workload.chart, *images))


def _has_word(word: str, told: str) -> bool:
    """`nginx` in `ingress-nginx` and `nginx-ingress`, `ingress-nginx` in `rke2-ingress-nginx`; but the first part
    alone of a name that says more (`ingress` of `ingress.k8s.aws`) is no name of a program."""
    return bool(word) and word not in _USUAL_NAMES and f"-{word}-" in f"-{told.replace('_', '-')}-"
