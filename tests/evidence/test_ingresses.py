from __future__ import annotations

from cilium_policies.evidence import external_names, ingresses
from cilium_policies.evidence.edge import NamespacePeer
from cilium_policies.evidence.given import NOTHING_GIVEN, Given
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.model import Workload

from tests.evidence.shown import cluster, deployment, flows, service
from tests.support import bound

_APP = deployment("web", "[{containerPort: 8080, name: http}]") + service(
    "web", "[{name: http, port: 80, targetPort: http}]"
)


def _controller(
    name: str, args: str, group: str = "networking.k8s.io", resource: str = "ingresses/status"
) -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: edge}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      serviceAccountName: {name}
      containers: [{{name: proxy, image: "registry.invalid/{name}", args: {args}, ports: [{{containerPort: 443}}]}}]
---
""" + bound(f"edge/{name}", f"apiGroups: [{group}], resources: [{resource}], verbs: [update]")


def _ingress(spec: str) -> str:
    return f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: shop}}
spec: {spec}
---
"""


_RULES = "rules: [{host: a.invalid, http: {paths: [{path: /, backend: {service: {name: web, port: {name: http}}}}]}}]"


def _found(text: str, given: Given = NOTHING_GIVEN) -> set[str]:
    return flows(ingresses.edges(cluster(text), given))


def test_ingress_leads_from_the_only_controller_to_the_pod_port() -> None:
    assert _found(_APP + _controller("lb", "[]") + _ingress(f"{{{_RULES}}}")) == {
        "edge/lb > shop/web 8080/TCP"
    }


def test_class_chooses_among_controllers() -> None:
    controllers = _controller("one", "[--ingress-class=inner]") + _controller(
        "two", "[--ingress-class=outer]"
    )
    text = _APP + controllers + _ingress(f"{{ingressClassName: outer, {_RULES}}}")
    assert _found(text) == {"edge/two > shop/web 8080/TCP"}


def test_default_backend() -> None:
    spec = "{defaultBackend: {service: {name: web, port: {number: 80}}}}"
    assert _found(_APP + _controller("lb", "[]") + _ingress(spec)) == {"edge/lb > shop/web 8080/TCP"}


def test_cilium_class_is_the_entity_ingress() -> None:
    assert _found(_APP + _ingress(f"{{ingressClassName: cilium, {_RULES}}}")) == {
        "ingress > shop/web 8080/TCP"
    }


def test_without_a_controller_only_the_configs_gateways_count() -> None:
    text = _APP + _ingress(f"{{ingressClassName: nginx, {_RULES}}}")
    assert _found(text) == set()
    assert _found(text, Given(gateways=(NamespacePeer("edge"),))) == {"edge/* > shop/web 8080/TCP"}


def test_traefik_route_with_a_weighted_service() -> None:
    text = (
        _APP
        + _controller("traefik", "[]", "traefik.io", "ingressroutes")
        + """
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: web, namespace: shop}
spec: {routes: [{match: "Host(`a.invalid`)", services: [{kind: TraefikService, name: both}]}]}
---
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {name: both, namespace: shop}
spec: {weighted: {services: [{name: web, port: 80}]}}
"""
    )
    assert _found(text) == {"edge/traefik > shop/web 8080/TCP"}
    assert _found(text.replace("weighted:", "highestRandomWeight:")) == {"edge/traefik > shop/web 8080/TCP"}
    alias = "{type: ExternalName, externalName: api.vendor.com}"
    named = (
        text
        + f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: far, namespace: shop}}\nspec: {alias}\n"
    )
    named = named.replace("[{name: web, port: 80}]", "[{name: far, port: 443}]")
    found = flows(external_names.edges(cluster(named), NOTHING_GIVEN))
    assert found == {"edge/traefik > internet:api.vendor.com 443/TCP"}


def test_istio_gateway_selects_its_pods_by_label() -> None:
    labelled = deployment("ingressgateway", namespace="istio-ingress")
    text = (
        _APP
        + """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: edge}
spec: {selector: {app: ingressgateway}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  gateways: [edge/public, mesh]
  http: [{route: [{destination: {host: web.shop.svc.cluster.local, port: {number: 80}}}]}]
---
"""
    )
    led = {"istio-ingress/ingressgateway > shop/web 8080/TCP"}
    assert _found(text + labelled) == set(), "the selector of a Gateway finds anybody's pods"
    image = '"registry.invalid/ingressgateway:1"'
    assert _found(text + labelled.replace(image, "docker.io/istio/proxyv2:1.29.0")) == led
    injected = "metadata: {annotations: {inject.istio.io/templates: gateway}, labels: {app: ingressgateway}}"
    labels = "metadata: {labels: {app: ingressgateway}}"
    assert _found(text + labelled.replace(image, "auto").replace(labels, injected)) == led
    assert _found(text + labelled.replace("istio-ingress", "edge")) == {
        "edge/ingressgateway > shop/web 8080/TCP"
    }


def test_a_virtual_service_leaves_requests_to_another() -> None:
    """The delegate has no gateways of its own, and a delegate of its is none."""
    proxies = deployment("gw", namespace="edge")
    text = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: edge}
spec: {selector: {app: gw}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root, namespace: edge}
spec:
  hosts: [a.acme.com]
  gateways: [public]
  http: [{delegate: {name: web, namespace: shop}}, {delegate: {name: gone}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {http: [{delegate: {name: root, namespace: edge}}, {route: [{destination: {host: web}}]}]}
---
"""
    assert _found(_APP + text + proxies) == {"edge/gw > shop/web 8080/TCP"}


def test_a_virtual_service_whose_gateway_is_not_shown() -> None:
    text = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {hosts: [a.acme.com], gateways: [GATEWAY], http: [{route: [{destination: {host: web}}]}]}
---
"""
    shown = cluster(_APP + text.replace("GATEWAY", "edge/public"))
    [note] = ingresses.unseen(shown, NOTHING_GIVEN)
    assert [str(one) for one in note.behind] == ["Deployment shop/web"]
    given = Given(gateways=(NamespacePeer("edge"),))
    assert list(ingresses.unseen(shown, given)) == []
    assert flows(ingresses.edges(shown, given)) == {"edge/* > shop/web 8080/TCP"}
    assert list(ingresses.unseen(cluster(_APP + text.replace("GATEWAY", "mesh")), NOTHING_GIVEN)) == []


def test_proxy_that_is_made_for_one_ingress() -> None:
    proxy = Workload("mesh", "ts-web", "Ingress")
    body = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "shop"},
    }
    proxy.source = Object(body)
    shown = cluster(_APP + _controller("lb", "[]") + _ingress(f"{{{_RULES}}}"), proxy)
    assert flows(ingresses.edges(shown, NOTHING_GIVEN)) == {"mesh/ts-web > shop/web 8080/TCP"}


def test_of_several_releases_the_one_whose_values_name_the_class_serves_it():
    def release(name: str, values: dict) -> Workload:
        made = Workload("edge", name, "Deployment")
        made.labels = made.selector = {"app": name}
        made.values = values
        return made

    inner = release("inner", {"controller": {"ingressClassResource": {"name": "lan", "default": "true"}}})
    outer = release("outer", {"controller": {"ingressClassResource": {"name": "wan"}, "note": "lan"}})
    shown = cluster(_APP + _ingress(f"{{ingressClassName: lan, {_RULES}}}"), inner, outer)
    given = NOTHING_GIVEN._replace(proxies=(inner, outer))
    assert flows(ingresses.edges(shown, given)) == {"edge/inner > shop/web 8080/TCP"}
