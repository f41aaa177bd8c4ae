"""What the Gateway API and Envoy Gateway's own objects say of a Gateway's proxies: one place for all who ask."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, text
from cilium_policies.kube.selectors import selects

GATEWAY_API = "gateway.networking.k8s.io"
# Labels that controllers put on the proxies they make for one Gateway: the standard one (GEP-1762; in the Gateway's own
# namespace) and Envoy Gateway's (in any namespace, so it names the Gateway's too; of merged Gateways the class alone).
# envoyproxy/gateway:internal/infrastructure/kubernetes/proxy and internal/utils/misc.go
STANDARD = "gateway.networking.k8s.io/gateway-name"
OWNER = "gateway.envoyproxy.io/owning-gateway-name"
OWNER_NAMESPACE = "gateway.envoyproxy.io/owning-gateway-namespace"
OWNER_CLASS = "gateway.envoyproxy.io/owning-gatewayclass"
SHIFT = 10_000  # Envoy Gateway listens on a privileged port plus this
_SETTINGS = "EnvoyProxy"


def listeners(inventory: Inventory, gateway: Object) -> Iterator[Mapping]:
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
