"""Whatever stands in values, patches and custom resources: no crash, and nothing invented that has no name."""

from __future__ import annotations

from cilium_policies.catalogue.load import load
from cilium_policies.evidence.told import told
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object
from cilium_policies.workloads import flux, rendered
from cilium_policies.workloads.inventory import write
from cilium_policies.workloads.operator_workloads import operator_workloads
from cilium_policies.workloads.releases import app_template, charts
from cilium_policies.workloads.releases.collect import collect
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CATALOGUE = load()
CHARTS = sorted(CATALOGUE.head["charts"])
KINDS = sorted(CATALOGUE.head["kinds"])
WORDS = """
controllers containers initContainers service ports http port targetPort route parentRefs hostnames rules backendRefs
ingress hosts paths serviceMonitor podMonitor enabled main app name env envFrom image repository tag probes liveness
custom spec type persistence configMaps data rbac roles bindings subjects serviceAccount identifier global labels pod
defaultPodOptions hostNetwork networkpolicies ciliumNetworkPolicies rawResources manifest kind apiVersion metadata
server fullnameOverride nameOverride replicas selector metrics provider kubernetes listeners infrastructure postBuild
substitute targetNamespace patches target patch op path value postRenderers kustomize portRange start end annotations
""".split()  # noqa: SIM905 -- the words that code looks for
TEXTS = st.sampled_from(
    [
        "true",
        "false",
        "80",
        "x",
        "",
        "{{ .Release.Name }}",
        "{{ .Values.x }}",
        "${APP}",
        "a.b",
        "-",
        "[",
        "~1",
    ]
)
VALUES = st.recursive(
    st.none() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=25,
)
TREES = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def helm_release(values, chart: str, version: str, extra) -> Object:
    spec = {**extra, "chart": {"spec": {"chart": chart, "version": version}}, "values": values}
    metadata = {"name": "demo", "namespace": "apps"}
    body = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": metadata,
        "spec": spec,
    }
    return Object(body)


@MANY
@given(TREES, TREES, st.sampled_from(["", "2.6.0", "3.7.3", "4.1.1", "5.3.0", "x"]), TREES)
def test_app_template(values, controllers, version, extra):
    values = {**values, "controllers": {"main": {**controllers, "containers": {"app": controllers}}}}
    shown = Inventory([helm_release(values, "app-template", version, extra)])
    (one,) = collect(shown)
    found = app_template.expand(one)
    assert all(each.kind and each.name for each in found)
    shown.add(found)
    rendered.workloads(shown)
    rendered.services(shown)


@MANY
@given(TREES, st.sampled_from([*CHARTS, "unheard-of"]), TREES)
def test_charts(values, chart, extra):
    (one,) = collect(Inventory([helm_release(values, chart, "1.0.0", extra)]))
    workloads, services, _ = charts.every([one], CATALOGUE)
    assert all(each.name and each.namespace for each in (*workloads, *services))


@MANY
@given(TREES, st.sampled_from(KINDS), TREES)
def test_custom_resources(spec, kind, metadata):
    group, _, name = kind.rpartition("/")
    version = f"{group}/v1" if group else "v1"
    metadata = {**metadata, "name": "one", "namespace": "apps"}
    body = {"apiVersion": version, "kind": name, "metadata": metadata, "spec": spec}
    found, _ = operator_workloads(Inventory([Object(body)]), CATALOGUE, [])
    assert all(each.name and each.kind for each in found)


@MANY
@given(
    st.lists(TREES, max_size=4),
    st.sampled_from(["Kustomization", "ConfigMap", "Secret", "Deployment", "Gateway"]),
)
def test_substitution_and_condensing(trees, kind):
    group = "kustomize.toolkit.fluxcd.io/v1" if kind == "Kustomization" else "v1"
    objects = [Object({**tree, "apiVersion": group, "kind": kind}) for tree in trees]
    found = flux.resolve(objects)
    assert [one.kind for one in found] == [kind] * len(trees)
    for one in found:
        assert isinstance(one.body, dict)
    text = write.write_inventory(found, {}, CATALOGUE, told)
    write.SavedInventory(write.parse(text.encode())).others(found)
