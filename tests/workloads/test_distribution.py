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
