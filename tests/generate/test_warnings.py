"""What in the input will not do what its author thinks: Services, open NetworkPolicies, refused policies."""

from __future__ import annotations

from cilium_policies.document.finding import Finding
from cilium_policies.generate.warnings import warnings

from tests.support import cluster, deployment, namespace, service

WEB = deployment("shop/web")
OPEN = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - ports: [{port: 8080}]
"""
REFUSED = """apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: mine, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
  - fromEntities: [host]
    toPorts: [{ports: [{port: "8080", protocol: HTTP}]}]
"""


def said(*documents: str, chosen: str = "shop") -> list[Finding]:
    return list(warnings(cluster(namespace("shop"), *documents), {chosen}))


def test_a_service_without_pods() -> None:
    assert said(WEB, service("shop/web")) == []
    [found] = said(WEB, service("shop/gone"))
    assert "Service shop/gone selects no pod that the input shows" in found.message
    assert (found.index, found.line > 0, found.cure) == (2, True, "correct its selector")
    assert said(WEB, service("shop/gone"), chosen="other") == []


def test_a_service_whose_pods_an_operator_may_make_is_not_judged() -> None:
    database = (
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db, namespace: shop}\nspec: {}\n"
    )
    assert said(database, service("shop/gone")) == []


def test_an_open_network_policy_beside_a_tight_one() -> None:
    [found] = said(WEB, OPEN)
    assert (
        "NetworkPolicy/shop/open: spec.ingress[0].from: lets everybody into shop/web on its ports"
        in found.message
    )
    everywhere = OPEN.replace("  - ports: [{port: 8080}]\n", "  - {}\n")
    assert "on every port" in said(WEB, everywhere)[0].message
    assert said(WEB, OPEN.replace("  - ports", "  - from: [{podSelector: {}}]\n    ports")) == []
    by_expression = OPEN.replace(
        "{matchLabels: {app: web}}", "{matchExpressions: [{key: app, operator: Exists}]}"
    )
    assert "lets everybody into shop/web" in said(WEB, by_expression)[0].message


def test_a_policy_that_the_engine_would_refuse() -> None:
    [found] = said(WEB, REFUSED)
    assert "the API server refuses it" in found.message
    assert "protocol" in found.message
    assert said(WEB, REFUSED.replace("HTTP", "TCP")) == []
    assert said(WEB, REFUSED.replace("HTTP", "${PROTOCOL}")) == []


def test_releases_with_values_from_one_place_are_one_line() -> None:
    """A Kustomization often gives all releases of a cluster the same ConfigMap."""
    release = (
        "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        "metadata: {{name: {}, namespace: shop}}\n"
        "spec: {{chart: {{spec: {{chart: web}}}}, valuesFrom: [{{kind: ConfigMap, name: {}}}]}}\n"
    )
    found = said(*(release.format(*names) for names in (("a", "all"), ("b", "own"), ("c", "all"))))
    assert [one.message for one in found if "which is not read" in one.message] == [
        "some of the values of HelmRelease shop/a and 1 more are in ConfigMap shop/all, which is not read",
        "some of the values of HelmRelease shop/b are in ConfigMap shop/own, which is not read",
    ]
