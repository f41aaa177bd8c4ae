"""What a single build says it could not know."""

from cilium_policies.config.model import ClusterConfig, Config
from cilium_policies.config.peer import ConfigPeer

from tests.support import deployment, made, namespace, service

CLIENT = deployment("shop/web", extra="env:\n- {name: API_URL, value: 'http://api.back.svc:8080'}\n")
ROUTE = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: outer, namespace: network}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""
INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
"""


def said(*documents: str, config: Config | None = None) -> list[str]:
    return [one.message for one in made(*documents, config=config).plan.findings if one.severity == "warning"]


def lines(*documents: str, config: Config | None = None) -> list[str]:
    """All that is said of the Ingress: what is found, what is not known, and what is guessed."""
    plan = made(*documents, config=config).plan
    left = [f"{one}: {one.sentence}" for one in (*plan.uncovered, *plan.guessed)]
    return [one for one in (*said(*documents, config=config), *left) if one.startswith("Ingress shop/web")]


def test_an_address_of_another_build_is_told_once() -> None:
    (line,) = [one for one in said(namespace("shop"), CLIENT) if "back" in one]
    assert "does not show" in line
    assert "shop/web" in line
    shown = said(
        namespace("shop"), namespace("back"), CLIENT, deployment("back/api"), service("back/api", port=8080)
    )
    assert not any("does not show" in one for one in shown)


def test_a_route_whose_gateway_is_elsewhere_is_told() -> None:
    assert any("Gateway network/outer" in one for one in said(namespace("shop"), CLIENT, ROUTE))


def test_a_gateway_that_is_elsewhere_is_told_once_however_many_routes_name_it() -> None:
    second = ROUTE.replace("{name: web, namespace: shop}", "{name: second, namespace: shop}")
    told = [one for one in said(namespace("shop"), CLIENT, ROUTE, second) if "Gateway network/outer" in one]
    assert len(told) == 1
    assert "(2 routes name it)" in told[0]


def test_an_ingress_whose_controller_is_elsewhere_is_told() -> None:
    shop = (namespace("shop"), CLIENT, service("shop/web"), INGRESS)
    (line,) = lines(*shop)
    assert line.startswith("Ingress shop/web ingress and egress: its controller is not in this input")
    known = Config(mode="enforce", cluster=ClusterConfig(gateways=(ConfigPeer("namespace", "network"),)))
    assert lines(*shop, config=known) == []
