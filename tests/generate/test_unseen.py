"""What a single build says it could not know."""

from tests.support import deployment, made, namespace, service

CLIENT = deployment("shop/web", extra="env:\n- {name: API_URL, value: 'http://api.back.svc:8080'}\n")
ROUTE = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: outer, namespace: network}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""


def said(*documents: str) -> list[str]:
    return [one.message for one in made(*documents).plan.findings if one.severity == "warning"]


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
