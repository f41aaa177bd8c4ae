"""What k3s runs by itself: peers everywhere, policies beside the default-deny of its namespace and nowhere else."""

from __future__ import annotations

from cilium_policies.cilium.model import Policy
from cilium_policies.config.model import ClusterConfig, Config

from tests.support import deployment, namespace, policies, service

BROUGHT = {"kube-system/metrics-server", "kube-system/local-path-provisioner", "kube-system/traefik"}
INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
spec:
  ingressClassName: traefik
  rules:
  - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""
BOUND = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: metrics, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: metrics}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
"""


def k3s(*documents: str, **fields: object) -> dict[str, Policy]:
    config = Config(mode="enforce", cluster=ClusterConfig(distribution="k3s"), **fields)  # type: ignore[arg-type]
    return policies(*documents, config=config)


def labels(policy: Policy) -> dict[str, str]:
    return {one.key: one.values[0] for one in policy.specs[0].subject.requirements}


def test_they_stand_beside_the_default_deny_of_their_namespace_with_their_real_labels() -> None:
    found = k3s(namespace("kube-system"))
    assert found.keys() >= BROUGHT | {"kube-system/default-deny", "kube-system/allow-dns-server"}
    assert labels(found["kube-system/metrics-server"]) == {"k8s-app": "metrics-server"}
    assert labels(found["kube-system/local-path-provisioner"]) == {"app": "local-path-provisioner"}


def test_a_namespace_that_the_config_names_counts_too() -> None:
    assert k3s(namespace("shop"), include=("*", "kube-system")).keys() >= BROUGHT


def test_no_default_deny_no_policies_of_theirs() -> None:
    foo = deployment("kube-system/foo")
    assert not BROUGHT & k3s(namespace("shop")).keys()
    assert not BROUGHT & k3s(namespace("kube-system"), exclude=("kube-system",)).keys()
    assert set(k3s(foo, declared_only=True)) == {"kube-system/foo"}


def test_what_the_input_shows_is_not_brought_again() -> None:
    shown = deployment(
        "shop/metrics",
        labels="k8s-app: metrics-server",
        image="registry.k8s.io/metrics-server/metrics-server:v0.8.0",
    )
    found = k3s(namespace("kube-system"), namespace("shop"), shown, BOUND)
    assert "kube-system/metrics-server" not in found
    assert "kube-system/traefik" in found


def test_what_only_calls_itself_so_takes_nobodys_place() -> None:
    """Anybody can write a label and an image in a namespace of his own; a ClusterRoleBinding is the platform's word."""
    shown = deployment(
        "shop/metrics",
        labels="k8s-app: metrics-server",
        image="registry.k8s.io/metrics-server/metrics-server:v0.8.0",
    )
    for more in ((), (BOUND.replace("Cluster", ""),), (BOUND.replace("name: default", "name: other"),)):
        assert "kube-system/metrics-server" in k3s(namespace("kube-system"), namespace("shop"), shown, *more)


def test_a_build_without_their_namespace_knows_them_as_peers() -> None:
    found = k3s(namespace("shop"), deployment("shop/web"), service("shop/web"), INGRESS)
    [rule] = found["shop/web"].specs[0].ingress or ()
    assert [one.values for one in rule.endpoints[0].requirements] == [("kube-system",), ("traefik",)]


AKS_INGRESS = INGRESS.replace(
    "ingressClassName: traefik", "ingressClassName: webapprouting.kubernetes.azure.com"
)
AKS_GATEWAY = """apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: partners, namespace: aks-istio-ingress}
spec:
  selector: {istio: aks-istio-ingressgateway-internal}
  servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: ["*"]
  gateways: [aks-istio-ingress/partners]
  http: [{route: [{destination: {host: web.shop.svc.cluster.local, port: {number: 80}}}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: shop}
spec: {gatewayClassName: azure-alb-external, listeners: [{name: http, port: 80, protocol: HTTP}]}
"""


def _peers(rules: object) -> set[tuple[str, ...]]:
    return {
        tuple(sorted(one.values[0] for one in end.requirements))
        for rule in rules or ()  # type: ignore[attr-defined]
        for end in rule.endpoints or ()
    }


def test_what_add_ons_of_aks_route_comes_from_their_pods() -> None:
    """Neither stands in a manifest: an Ingress names the class of one, a Gateway's selector the other's proxies, and a
    Gateway of a load balancer outside has no proxies that would stand in their place."""
    found = policies(namespace("shop"), deployment("shop/web"), service("shop/web"), AKS_INGRESS)
    assert ("app-routing-system", "nginx") in _peers(found["shop/web"].specs[0].ingress)
    found = policies(namespace("shop"), deployment("shop/web"), service("shop/web"), AKS_GATEWAY)
    assert ("aks-istio-ingress", "aks-istio-ingressgateway-internal") in _peers(
        found["shop/web"].specs[0].ingress
    )


def test_the_side_car_of_aks_add_on_calls_its_own_control_plane() -> None:
    asked = namespace("shop").replace("metadata:", "metadata:\n  labels: {istio.io/rev: asm-1-27}", 1)
    found = policies(asked, deployment("shop/web"))
    assert ("aks-istio-system", "istiod") in _peers(found["shop/web"].specs[0].egress)
