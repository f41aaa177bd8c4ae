"""Which releases an input shows: chart, version, name, namespace and values of each."""

from __future__ import annotations

import pytest
from cilium_policies.function import Options, run
from cilium_policies.workloads.releases.release import chart_name

from tests.workloads.inputs import releases

HELM_RELEASE = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: apps}
spec:
  chartRef: {kind: OCIRepository, name: chart}
  values: {a: {b: "1", c: "2"}}
"""
OCI = """
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: chart, namespace: %s}
spec: {url: oci://ghcr.io/group/helm/app-template, ref: {tag: 5.1.0}}
"""


def test_the_chart_is_the_last_element_of_the_repository():
    (found,) = releases(HELM_RELEASE + "---" + OCI % "apps")
    assert (found.chart, found.version, found.name, found.namespace) == (
        "app-template",
        "5.1.0",
        "web",
        "apps",
    )


def test_a_source_in_another_namespace_is_found_by_its_reference():
    text = HELM_RELEASE.replace("name: chart}", "name: chart, namespace: flux-system}", 1)
    assert releases(text + "---" + OCI % "flux-system")[0].chart == "app-template"


def test_a_source_whose_namespace_a_later_layer_sets_is_found_when_only_one_is_meant():
    other = OCI % "two"
    assert releases(HELM_RELEASE + "---" + OCI % "_")[0].chart == "app-template"
    assert (
        releases(HELM_RELEASE + "---" + OCI % "one" + "---" + other.replace("app-template", "redis"))[0].chart
        == ""
    )


def test_without_the_source_only_its_name_is_known():
    (found,) = releases(HELM_RELEASE)
    assert (found.chart, found.hint, found.version) == ("", "chart", "")


def test_target_namespace_prefixes_the_name_unless_one_is_given():
    target = HELM_RELEASE.replace("spec:", "spec:\n  targetNamespace: media")
    assert [(one.namespace, one.name) for one in releases(target)] == [("media", "media-web")]
    named = target.replace("spec:", "spec:\n  releaseName: site")
    assert [(one.namespace, one.name) for one in releases(named)] == [("media", "site")]


def test_a_long_name_is_cut_with_a_hash_as_flux_does():
    (found,) = releases(HELM_RELEASE.replace("name: web", "name: " + "x" * 60))
    assert len(found.name) == 53
    assert found.name.startswith("x" * 40 + "-")


def test_values_from_config_maps_lie_below_the_releases_own():
    text = HELM_RELEASE.replace(
        "  values:",
        "  valuesFrom:\n  - {kind: ConfigMap, name: base}\n"
        "  - {kind: ConfigMap, name: one, valuesKey: k, targetPath: d.e}\n  values:",
    )
    maps = """
apiVersion: v1
kind: ConfigMap
metadata: {name: base, namespace: apps}
data: {values.yaml: "a: {b: 9, z: 3}"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: one, namespace: apps}
data: {k: hello}
"""
    (found,) = releases(text + "---" + maps)
    assert found.values == {"a": {"b": "1", "c": "2", "z": "3"}, "d": {"e": "hello"}}


def test_a_value_with_a_path_of_its_own_lies_above_the_releases_own():
    """fluxcd/pkg chartutil/values.go: a reference with a targetPath overwrites all, in a list too."""
    text = HELM_RELEASE.replace(
        "  values:",
        "  valuesFrom:\n  - {kind: ConfigMap, name: one, valuesKey: k, targetPath: a.b}\n  values:",
    )
    told = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: apps}\ndata: {k: hello}\n"
    assert releases(text + told)[0].values == {"a": {"b": "hello", "c": "2"}}


def test_values_in_secrets_are_not_read():
    text = HELM_RELEASE.replace("  values:", "  valuesFrom: [{kind: Secret, name: base}]\n  values:")
    secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: base, namespace: apps}\n"
    secret += "stringData: {values.yaml: 'q: 1'}"
    assert releases(text + secret)[0].values == {"a": {"b": "1", "c": "2"}}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("oci://ghcr.io/bjw-s-labs/helm/app-template", "app-template"),
        ("stable/redis", "redis"),
        ("./charts/web/", "web"),
        ("https://host/x/web-app-1.2.3.tgz", "web-app"),
        ("oci://host:5000/charts/redis:1.0", "redis"),
        ("redis", "redis"),
        ("", ""),
    ],
)
def test_chart_names(written: str, name: str):
    assert chart_name(written) == name


def test_k3s_charts_read_values_as_yaml_text():
    (found,) = releases("""
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: traefik, namespace: kube-system}
spec:
  chart: https://%{KUBERNETES_API}%/static/charts/traefik-27.0.201+up27.0.2.tgz
  targetNamespace: ingress
  valuesContent: "a: {b: 1}"
  set: {c.d: "true"}
---
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: traefik, namespace: kube-system}
spec: {valuesContent: "a: {b: 2}"}
""")
    assert (found.chart, found.namespace, found.name) == ("traefik", "ingress", "traefik")
    assert found.values == {"a": {"b": "2"}, "c": {"d": "true"}}


def test_argo_applications_give_a_release_for_each_helm_source():
    found = releases("""
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec:
  destination: {namespace: web}
  sources:
    - {repoURL: https://charts, chart: redis, targetRevision: 1.2.3, helm: {releaseName: cache, valuesObject: {a: "1"}}}
    - {repoURL: https://git, path: charts/front, helm: {values: "b: 2", parameters: [{name: "c[1].d", value: x}]}}
    - {repoURL: https://git, path: manifests}
    - {repoURL: https://git, ref: values, helm: {values: "z: 1"}}
""")
    assert [(one.chart, one.name, one.namespace, one.version) for one in found] == [
        ("redis", "cache", "web", "1.2.3"),
        ("front", "shop", "web", ""),
    ]
    assert found[0].values == {"a": "1"}
    assert found[1].values == {"b": "2", "c": [None, {"d": "x"}]}


def test_argo_application_sets_over_lists():
    found = releases("""
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shops, namespace: argocd}
spec:
  generators: [{list: {elements: [{name: one}, {name: two}]}}, {git: {}}]
  template:
    metadata: {name: "shop-{{name}}"}
    spec: {destination: {namespace: "{{ .name }}"}, source: {chart: redis}}
""")
    assert [(one.name, one.namespace) for one in found] == [("shop-one", "one"), ("shop-two", "two")]


def test_a_set_whose_parameters_a_plugin_knows_makes_the_one_release_that_its_template_tells():
    """Nothing stands open in its name, place and chart, so no other Application can come of it; what is filled in
    elsewhere is not known. With a name that is, several may come, of which nothing is known."""
    text = """
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shops, namespace: argocd}
spec:
  goTemplate: true
  generators: [{plugin: {configMapRef: {name: x}}}]
  template:
    metadata: {name: %s}
    spec:
      destination: {namespace: shops}
      source: {chart: redis, repoURL: "https://charts", helm: {values: "host: {{ .shop_host }}"}}
"""
    (one,) = releases(text % "shop")
    assert (one.name, one.namespace, one.chart, one.values) == (
        "shop", "shops", "redis", {"host": "${shop_host}"},
    )  # fmt: skip
    assert releases(text % '"shop-{{ .x }}"') == []
    application = """---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec: {destination: {namespace: shops}, source: {chart: redis, repoURL: "https://charts"}}
"""
    assert [one.source.kind for one in releases(text % "shop" + application)] == ["Application"]
    pods = """---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: shop-redis
  namespace: shops
  annotations: {argocd.argoproj.io/tracking-id: "shop:apps/StatefulSet:shops/shop-redis"}
spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: []}}}
"""
    assert releases(text % "shop" + pods) == []


def test_kustomize_helm_charts():
    (found,) = releases("""
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: web
helmCharts:
  - {name: redis, repo: https://charts, version: 1.0.0, releaseName: cache, valuesInline: {a: "1"}}
""")
    assert (found.chart, found.name, found.namespace, found.values) == ("redis", "cache", "web", {"a": "1"})


def test_charts_that_kustomize_inflates_get_their_policies():
    """A kustomization itself is applied to no cluster, but it says what will be."""
    text = """apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: web
helmCharts:
- {name: external-dns, repo: https://charts, releaseName: dns}
"""
    outcome = run([("kustomization.yaml", text.encode())], Options(only_policies=True))
    assert outcome.code == 0, outcome.stderr
    assert b"\n  name: external-dns-dns\n  namespace: web\n" in outcome.stdout

    without = run(
        [("kustomization.yaml", text.partition("helmCharts")[0].encode())], Options(only_policies=True)
    )
    assert (without.code, without.stdout) == (0, b"")


def test_a_release_for_another_cluster_is_none_of_this_one():
    assert releases(HELM_RELEASE.replace("spec:", "spec:\n  kubeConfig: {secretRef: {name: remote}}")) == []
