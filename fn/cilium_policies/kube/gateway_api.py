"""What the Gateway API and Envoy Gateway's own objects say of a Gateway's proxies: one place for all who ask."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.document.finding import ERROR, RefusedError
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, at, integer, mapping, mappings, sequence, text
from cilium_policies.kube.selectors import selects, selects_namespace
from cilium_policies.lean import NamedTuple

GATEWAY_API = "gateway.networking.k8s.io"
# The label that controllers put on the proxies they make for one Gateway, in the Gateway's own namespace (GEP-1762).
STANDARD = "gateway.networking.k8s.io/gateway-name"
_SETTINGS = "EnvoyProxy"


class Proxy(NamedTuple):
    """How a controller's proxies of a Gateway differ from the Gateway API; `proxy:` of their catalogue entry.

    `controller` is what the controllerName of its classes begins with; `owner`, `owner_namespace` and `owner_class` are
    labels that name the Gateway, its namespace (proxies may run in the controller's) and, where Gateways share proxies,
    the class. `shift` is added to the port of a privileged listener (`unshifted`: by some versions, so that the pods
    listen on either port), `namespace` is where the controller usually runs, `classes` are the GatewayClasses that it
    makes itself, so that they stand in no manifest, and `policies` the kinds (`group/Kind`) that are attached to a
    Gateway or a route and name what its proxies call beside the backends. `status` is a port that the proxies' Service
    has beside the listeners, `service` that one's usual type.
    """

    controller: str = ""
    owner: str = ""
    owner_namespace: str = ""
    owner_class: str = ""
    shift: int = 0
    namespace: str = ""
    classes: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    unshifted: bool = False
    status: int = 0
    service: str = "LoadBalancer"

    def ports(self, listener: int) -> tuple[int, ...]:
        """Where the pods listen for a listener's port."""
        if listener >= 1024 or not self.shift:
            return (listener,)
        return (listener + self.shift, listener) if self.unshifted else (listener + self.shift,)


def listeners(inventory: Inventory, gateway: Object) -> Iterator[Mapping]:
    """The Gateway's listeners, and those that listener sets add. Raises RefusedError for a port above all ports."""
    yield from _listeners(gateway)
    for one in inventory.of("ListenerSet", "XListenerSet"):
        parent = mapping(one.spec.get("parentRef"))
        namespace = text(parent.get("namespace")) or one.namespace
        named = (namespace, text(parent.get("name"))) == (gateway.namespace, gateway.name)
        if named and takes_listeners(inventory, gateway, one.namespace):
            yield from _listeners(one)


def _listeners(one: Object) -> Iterator[Mapping]:
    for listener in mappings(one.spec.get("listeners")):
        if (integer(listener.get("port")) or 0) > 65535:
            message = f"{one} has a listener on port {listener['port']}, and the API server takes none such"
            raise RefusedError(one.finding(ERROR, message, "ports go from 1 to 65535"))
        yield listener


def takes_listeners(inventory: Inventory, gateway: Object, namespace: str) -> bool:
    """Whether a Gateway lets listener sets of a namespace add to it (`allowedListeners`): nobody, unless it says whom.
    What is not shown, the labels of a Namespace, admits."""
    spaces = mapping(at(gateway.spec, "allowedListeners", "namespaces"))
    chosen = text(spaces.get("from"))
    if chosen == "Selector":
        space = inventory.get("Namespace", "", namespace)
        return space is None or selects_namespace(spaces.get("selector"), namespace, space.labels)
    return chosen == "All" or (chosen == "Same" and namespace == gateway.namespace)


def http3(inventory: Inventory, gateway: Object) -> set[str]:
    """Names of a Gateway's listeners with HTTP/3 (Envoy Gateway's ClientTrafficPolicy), "" for all."""
    found = set()
    for one in inventory.of("ClientTrafficPolicy"):
        if one.namespace == gateway.namespace and isinstance(one.spec.get("http3"), dict):
            for target in targets_of(one):
                if text(target.get("kind")) == "Gateway" and text(target.get("name")) == gateway.name:
                    found.add(text(target.get("sectionName")))
            for chosen in mappings(one.spec.get("targetSelectors")):
                if text(chosen.get("kind")) == "Gateway" and selects(chosen, gateway.labels):
                    found.add("")
    return found


def settings(inventory: Inventory, gateway: Object) -> Object | None:
    """The EnvoyProxy that holds for a Gateway: its own, else its class's."""
    own = mapping(at(gateway.body, "spec", "infrastructure", "parametersRef"))
    if text(own.get("kind")) == _SETTINGS:
        return inventory.get(_SETTINGS, gateway.namespace, text(own.get("name")))
    for one in inventory.of("GatewayClass"):
        shared = mapping(one.spec.get("parametersRef"))
        if one.name == text(gateway.spec.get("gatewayClassName")) and text(shared.get("kind")) == _SETTINGS:
            return inventory.get(_SETTINGS, text(shared.get("namespace")), text(shared.get("name")))
    return None


def targets_of(policy: Object) -> list[Mapping]:
    """`targetRef` and `targetRefs` of a policy attachment."""
    return [*mappings(policy.spec.get("targetRefs")), *filter(None, [mapping(policy.spec.get("targetRef"))])]


def only_redirects(route: Object) -> bool:
    """Whether a route sends all requests to another address, as one from http to https does for every name of a
    Gateway: of a name that no other route serves it tells nothing."""
    rules = mappings(route.spec.get("rules"))
    return bool(rules) and all(
        not rule.get("backendRefs")
        and any(one.get("type") == "RequestRedirect" for one in mappings(rule.get("filters")))
        for rule in rules
    )


def gateways_named(route: Object) -> list[str]:
    """The Gateways that a VirtualService names; `mesh` means the clients."""
    return [name for name in map(text, sequence(route.spec.get("gateways"))) if name not in ("", "mesh")]


def delegate(route: Object, row: Mapping) -> tuple[str, str] | None:
    """Namespace and name of the VirtualService to which a row of another one leaves its requests."""
    left = mapping(row.get("delegate"))
    return (text(left.get("namespace")) or route.namespace, text(left.get("name"))) if left else None


def ingress_class(one: Object) -> str:
    """The class that an Ingress names; "" where it names none."""
    return text(one.spec.get("ingressClassName")) or one.annotations.get("kubernetes.io/ingress.class", "")
