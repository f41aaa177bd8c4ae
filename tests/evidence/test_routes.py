from __future__ import annotations

import pytest
from cilium_policies.evidence import listeners, routes
from cilium_policies.evidence.edge import NamespacePeer
from cilium_policies.evidence.given import NOTHING_GIVEN, Given

from tests.evidence.shown import cluster, deployment, flows, service
from tests.support import bound

_APP = deployment("web", "[{containerPort: 8080, name: http}]") + service(
    "web", "[{name: http, port: 80, targetPort: http}]"
)


def _proxy(name: str, labels: str, namespace: str = "edge") -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{proxy: {name}}}}}
  template: {{metadata: {{labels: {{proxy: {name}, {labels}}}}}, spec: {{containers: [{{name: envoy, image: envoy}}]}}}}
---
"""


def _standard(name: str) -> str:
    return _proxy(name, f"gateway.networking.k8s.io/gateway-name: {name}")


def _gateway(name: str = "inner", spec: str = "", class_name: str = "some", more: str = "") -> str:
    everybody = "allowedRoutes: {namespaces: {from: All}}"
    spec = spec or (
        f"[{{name: web, port: 80, protocol: HTTP, {everybody}}},"
        f" {{name: tls, port: 443, protocol: HTTPS, {everybody}}}]"
    )
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: edge}}
spec: {{gatewayClassName: {class_name}, listeners: {spec}{more}}}
---
"""


def _route(
    backend: str = "{name: web, port: 80}",
    parent: str = "{name: inner, namespace: edge}",
    kind: str = "HTTPRoute",
    filters: str = "[]",
) -> str:
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata: {{name: web, namespace: shop}}
spec: {{parentRefs: [{parent}], rules: [{{backendRefs: [{backend}], filters: {filters}}}]}}
---
"""


def _found(text: str, given: Given = NOTHING_GIVEN) -> set[str]:
    return flows(routes.edges(cluster(text), given))


def test_route_opens_the_backends_pod_port_to_its_own_gateway_only() -> None:
    text = _APP + _standard("inner") + _standard("outer") + _gateway() + _gateway("outer") + _route()
    assert _found(text) == {"edge/inner > shop/web 8080/TCP"}


_CONTROLLER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: envoy}
spec:
  selector: {matchLabels: {app: controller}}
  template:
    metadata: {labels: {app: controller}}
    spec: {serviceAccountName: gateways, containers: [{name: c, image: x}]}
---
""" + bound(
    "envoy/gateways", "apiGroups: [gateway.networking.k8s.io], resources: [gateways/status], verbs: [update]"
)


def test_proxies_of_envoy_gateway_live_beside_their_controller() -> None:
    owner = (
        "gateway.envoyproxy.io/owning-gateway-name: inner, gateway.envoyproxy.io/owning-gateway-namespace: "
    )
    text = (
        _APP
        + _proxy("mine", owner + "edge", "envoy")
        + _proxy("other", owner + "else", "envoy")
        + _proxy("stranger", owner + "edge", "elsewhere")
        + _gateway()
        + _route()
    )
    assert not {one for one in _found(text) if "/mine" in one or "/stranger" in one}, (
        "a label alone is no proof"
    )
    assert _found(text + _CONTROLLER) == {"envoy/mine > shop/web 8080/TCP"}


@pytest.mark.parametrize(
    ("allowed", "passes"),
    [
        ("", True),  # unsaid: whether anybody consents is the plan's question
        (", allowedRoutes: {namespaces: {from: Same}}", False),
        (", allowedRoutes: {namespaces: {from: All}}", True),
        (", allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {routes: 'yes'}}}}", False),
        (", allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: shop}}}}", True),
    ],
)
def test_a_gateway_admits_the_routes_of_the_namespaces_it_names(allowed: str, passes: bool) -> None:
    text = (
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: shop}}\n---\n"
        + _APP
        + _standard("inner")
        + _gateway(spec=f"[{{name: web, port: 80, protocol: HTTP{allowed}}}]")
        + _route()
    )
    assert bool(_found(text)) is passes


def test_unseen_gateway_is_found_by_the_labels_of_its_proxies_and_noted() -> None:
    shown = cluster(_APP + _route())
    assert flows(routes.edges(shown, NOTHING_GIVEN)) == {
        "edge[gateway.networking.k8s.io/gateway-name=inner] > shop/web 8080/TCP",
        "edge[gateway.envoyproxy.io/owning-gateway-name=inner,gateway.envoyproxy.io/owning-gateway-namespace=edge]"
        " > shop/web 8080/TCP",
        "envoy-gateway-system[gateway.envoyproxy.io/owning-gateway-name=inner,"
        "gateway.envoyproxy.io/owning-gateway-namespace=edge] > shop/web 8080/TCP",
    }
    assert [str(note.subject) for note in routes.unseen(shown, NOTHING_GIVEN)] == ["HTTPRoute shop/web"]


def test_config_names_the_gateway_that_is_not_shown() -> None:
    given = Given(gateways=(NamespacePeer("edge"),))
    shown = cluster(_APP + _route())
    assert flows(routes.edges(shown, given)) == {"edge/* > shop/web 8080/TCP"}
    assert list(routes.unseen(shown, given)) == []


@pytest.mark.parametrize(
    "more",
    [
        _gateway(class_name="cilium"),
        _gateway(class_name="mine")
        + "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: mine}\n"
        + "spec: {controllerName: io.cilium/gateway-controller}\n---\n",
    ],
)
def test_ciliums_own_gateway_is_the_entity_ingress(more: str) -> None:
    assert _found(_APP + more + _route()) == {"ingress > shop/web 8080/TCP"}


def test_mirror_filter_and_backend_of_another_namespace() -> None:
    far = deployment("far", namespace="b") + service("far", "[{port: 80, targetPort: 9000}]", namespace="b")
    mirror = "[{type: RequestMirror, requestMirror: {backendRef: {name: far, namespace: b, port: 80}}}]"
    text = _APP + far + _standard("inner") + _gateway() + _route(filters=mirror)
    assert _found(text) == {"edge/inner > shop/web 8080/TCP", "edge/inner > b/far 9000/TCP"}


def test_udp_route_takes_the_udp_port_of_a_number() -> None:
    ports = "[{name: u, port: 53, protocol: UDP, targetPort: 1053}, {name: t, port: 53, targetPort: 2053}]"
    text = deployment("web") + service("web", ports) + _standard("inner") + _gateway()
    assert _found(text + _route("{name: web, port: 53}", kind="UDPRoute")) == {
        "edge/inner > shop/web 1053/UDP"
    }
    assert _found(text + _route("{name: web, port: 53}", kind="TCPRoute")) == {
        "edge/inner > shop/web 2053/TCP"
    }


def test_mesh_route_has_no_gateway() -> None:
    assert _found(_APP + _standard("inner") + _route(parent="{kind: Service, name: web}")) == set()


_SETS = ", allowedListeners: {namespaces: {from: All}}"


def test_listener_set_leads_to_its_gateway() -> None:
    entry = """
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: set, namespace: shop}
spec: {parentRef: {name: inner, namespace: edge}}
---
"""
    text = _APP + _standard("inner") + entry + _route(parent="{kind: ListenerSet, name: set}")
    assert _found(text) == {"edge/inner > shop/web 8080/TCP"}
    assert _found(text + _gateway(more=_SETS)) == {"edge/inner > shop/web 8080/TCP"}
    assert _found(text + _gateway()) == set(), "a Gateway takes no listener set that it does not allow"


def _clients(text: str) -> set[str]:
    return {
        flow
        for flow in flows(listeners.edges(cluster(text), NOTHING_GIVEN))
        if flow.startswith(("world", "cidr"))
    }


def test_listeners_are_open_to_the_world_on_the_proxys_ports() -> None:
    assert _clients(_standard("inner") + _gateway()) == {
        "world > edge/inner 80/TCP",
        "world > edge/inner 443/TCP",
    }


def test_the_listeners_of_a_listener_set_are_the_gateways() -> None:
    """A team adds a port to the shared Gateway: its clients reach the same proxies."""
    entry = """
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: set, namespace: shop}
spec: {parentRef: {name: inner, namespace: edge}, listeners: [{name: more, port: 9443, protocol: HTTPS}]}
---
"""
    found = _clients(_standard("inner") + _gateway(more=_SETS) + entry)
    assert "world > edge/inner 9443/TCP" in found
    assert "world > edge/inner 443/TCP" in found
    for said in ("", _SETS.replace("All", "Same"), _SETS.replace("All", "None")):
        assert "world > edge/inner 9443/TCP" not in _clients(_standard("inner") + _gateway(more=said) + entry)


_ENVOY = _proxy(
    "inner",
    "gateway.envoyproxy.io/owning-gateway-name: inner, gateway.envoyproxy.io/owning-gateway-namespace: edge",
)


def test_envoy_gateway_shifts_privileged_ports_and_http3_has_a_udp_twin() -> None:
    policy = """
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: ClientTrafficPolicy
metadata: {name: p, namespace: edge}
spec: {targetRefs: [{kind: Gateway, name: inner, group: gateway.networking.k8s.io}], http3: {}}
---
"""
    spec = (
        "[{name: web, port: 80, protocol: HTTP}, {name: tls, port: 443, protocol: HTTPS},"
        " {name: alt, port: 8443, protocol: HTTPS}]"
    )
    assert _clients(_ENVOY + _gateway(spec=spec) + policy) == {
        "world > edge/inner 10080/TCP",
        "world > edge/inner 10443/TCP",
        "world > edge/inner 10443/UDP",
        "world > edge/inner 8443/TCP",
        "world > edge/inner 8443/UDP",
    }


def _settings(kubernetes: str) -> str:
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: some}}
spec:
  controllerName: gateway.envoyproxy.io/gatewayclass-controller
  parametersRef: {{kind: EnvoyProxy, name: p, namespace: edge}}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {{name: p, namespace: edge}}
spec: {{provider: {{type: Kubernetes, kubernetes: {kubernetes}}}}}
---
"""


def test_settings_of_envoy_gateway() -> None:
    unpublished = _settings("{envoyService: {type: ClusterIP}}")
    unshifted = _settings("{useListenerPortAsContainerPort: true}")
    narrowed = _settings("{envoyService: {loadBalancerSourceRanges: [198.51.100.0/24]}}")
    spec = "[{name: tls, port: 443, protocol: HTTPS}]"
    assert _clients(_ENVOY + _gateway(spec=spec) + unpublished) == set()
    assert _clients(_ENVOY + _gateway(spec=spec) + unshifted) == {"world > edge/inner 443/TCP"}
    assert _clients(_ENVOY + _gateway(spec=spec) + narrowed) == {
        "cidr:198.51.100.0/24 > edge/inner 10443/TCP"
    }


def test_a_balancer_before_the_proxies_that_hides_its_clients_is_admitted_beside_their_ranges() -> None:
    to_pods = "annotations: {service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip}"
    set_so = _settings(f"{{envoyService: {{loadBalancerSourceRanges: [198.51.100.0/24], {to_pods}}}}}")
    shown = f"""
apiVersion: v1
kind: Service
metadata: {{name: s, namespace: edge, {to_pods}}}
spec:
  type: LoadBalancer
  loadBalancerSourceRanges: [198.51.100.0/24]
  selector: {{proxy: inner}}
  ports: [{{port: 443, targetPort: 10443}}]
"""
    for more in (set_so, shown):
        assert _clients(_ENVOY + _gateway(spec="[{name: tls, port: 443, protocol: HTTPS}]") + more) == {
            f"cidr:{one} > edge/inner 10443/TCP"
            for one in ("198.51.100.0/24", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
        }


def test_service_of_the_proxies_decides_where_it_is_shown() -> None:
    text = _ENVOY + _gateway(spec="[{name: tls, port: 443, protocol: HTTPS}]")
    shown = """
apiVersion: v1
kind: Service
metadata: {{name: s, namespace: edge}}
spec: {{type: {}, selector: {{proxy: inner}}, ports: [{{port: 443, targetPort: 9443}}]}}
"""
    assert _clients(text + shown.format("LoadBalancer")) == {"world > edge/inner 9443/TCP"}
    assert _clients(text + shown.format("ClusterIP")) == set()
