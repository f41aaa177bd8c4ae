"""Custom resources that charts write from their values: what makes the pods is then the operator, not the chart.

`implied(release) -> list[Object]`. The catalogue's `madeBy` entries know the pods of these objects.
"""

from __future__ import annotations

from cilium_policies.kube.objects import Mapping, Object, flag, mapping, strings
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.releases.naming import Names
from cilium_policies.workloads.releases.release import Release
from cilium_policies.workloads.releases.values import merge, read, scalar


class _Row(NamedTuple):
    """`enabled` is the value that switches the object (with its default), `spec` where its spec stands;
    `name` and `short` are its name, the second where `cleanPrometheusOperatorObjectNames` is set."""

    api_version: str
    kind: str
    enabled: str
    default: bool
    spec: str
    name: str
    short: str = ""
    service: tuple[str, int] = ("", 0)
    defaults: Mapping = {}  # noqa: RUF012


class _Chart(NamedTuple):
    """`name` is what the chart calls itself, `cut` the length to which its full name is cut."""

    rows: tuple[_Row, ...]
    name: str
    cut: int = 63


_MONITORING = "monitoring.coreos.com/v1"
_VICTORIA = "operator.victoriametrics.com/v1beta1"
_CHARTS = {
    # kube-prometheus-stack 75 to 88: templates/_helpers.tpl, templates/prometheus/prometheus.yaml
    "kube-prometheus-stack": _Chart(
        (
            _Row(_MONITORING, "Prometheus", "prometheus.enabled", True, "prometheus.prometheusSpec",
                 "{fullname}-prometheus", "{fullname}", ("{fullname}-prometheus", 9090)),
            _Row(_MONITORING, "Alertmanager", "alertmanager.enabled", True, "alertmanager.alertmanagerSpec",
                 "{fullname}-alertmanager", "{fullname}", ("{fullname}-alertmanager", 9093)),
            _Row(_MONITORING, "ThanosRuler", "thanosRuler.enabled", False, "thanosRuler.thanosRulerSpec",
                 "{fullname}-thanos-ruler", "{fullname}", ("{fullname}-thanos-ruler", 10902)),
        ),
        "kube-prometheus-stack",
        26,
    ),
    # victoria-metrics-k8s-stack 0.40 to 0.70: templates/victoria-metrics-operator
    "victoria-metrics-k8s-stack": _Chart(
        (
            _Row(_VICTORIA, "VMSingle", "vmsingle.enabled", True, "vmsingle.spec", "{fullname}"),
            _Row(_VICTORIA, "VMCluster", "vmcluster.enabled", False, "vmcluster.spec", "{fullname}",
                 defaults={"vmselect": {"port": "8481"}, "vminsert": {"port": "8480"}, "vmstorage": {"port": "8482"}}),
            _Row(_VICTORIA, "VMAgent", "vmagent.enabled", True, "vmagent.spec", "{fullname}",
                 defaults={"selectAllByDefault": "true"}),
            _Row(_VICTORIA, "VMAlert", "vmalert.enabled", True, "vmalert.spec", "{fullname}"),
            _Row(_VICTORIA, "VMAlertmanager", "alertmanager.enabled", True, "alertmanager.spec", "{fullname}"),
            _Row(_VICTORIA, "VMAuth", "vmauth.enabled", False, "vmauth.spec", "{fullname}"),
        ),
        "victoria-metrics-k8s-stack",
    ),
    # flux-instance: the object is always called flux
    "flux-instance": _Chart(
        (_Row("fluxcd.controlplane.io/v1", "FluxInstance", "", True, "instance", "flux"),), "flux-instance"
    ),
}  # fmt: skip
_DNS = "kube-system"
_SELECTED = ("serviceMonitor", "podMonitor", "probe", "scrapeConfig", "rule")


def implied(release: Release) -> list[Object]:
    """The custom resources of a release, and the Services that the chart puts before their pods."""
    chart = _CHARTS.get(release.chart)
    if chart is None:
        return []
    names = Names(release, chart.name, "", chart.cut)
    found: list[Object] = []
    for row in chart.rows:
        if not row.enabled or flag(read(release.values, row.enabled), row.default):
            found += _objects(release, names, row)
    if release.chart == "kube-prometheus-stack" and flag(read(release.values, "coreDns.enabled"), True):
        found += _dns_monitor(release, names)
    return found


def _dns_monitor(release: Release, names: Names) -> list[Object]:
    """The stack scrapes the cluster's DNS through a Service of its own (templates/exporters/core-dns)."""
    block = mapping(read(release.values, "coreDns.service"))
    labels = {"app": "kube-prometheus-stack-coredns"}
    port = scalar(block.get("targetPort")) or "9153"
    spec = {
        "selector": strings(block.get("selector")) or {"k8s-app": "kube-dns"},
        "ports": [{"name": "http-metrics", "port": port, "targetPort": port}],
    }
    monitor = {
        "selector": {"matchLabels": {**labels, "release": release.name}},
        "namespaceSelector": {"matchNames": [_DNS]},
        "endpoints": [{"port": "http-metrics"}],
    }
    name = names.fill("{fullname}-coredns")
    return [
        _object(release, "v1", "Service", name, {"spec": spec}, labels, namespace=_DNS),
        _object(release, _MONITORING, "ServiceMonitor", name, {"spec": monitor}, labels),
    ]


def _objects(release: Release, names: Names, row: _Row) -> list[Object]:
    clean = flag(release.values.get("cleanPrometheusOperatorObjectNames"))
    name = names.fill(row.short if clean and row.short else row.name)
    spec = merge(row.defaults, mapping(read(release.values, row.spec)))
    if row.kind == "Prometheus":
        spec = {**spec, **_selectors(release, spec)}
    account = scalar(read(release.values, f"{row.enabled.partition('.')[0]}.serviceAccount.name"))
    if row.service[0]:
        spec["serviceAccountName"] = account or names.fill(row.service[0])
    made = [_object(release, row.api_version, row.kind, name, {"spec": spec})]
    if row.service[0]:
        made.append(_service(release, names.fill(row.service[0]), row, name))
    return made


def _selectors(release: Release, spec: Mapping) -> Mapping:
    """Unless told otherwise the chart selects the monitors that carry its release label, in all namespaces."""
    made: Mapping = {}
    for stem in _SELECTED:
        chosen = mapping(spec.get(f"{stem}Selector"))
        if not chosen and flag(spec.get(f"{stem}SelectorNilUsesHelmValues"), True):
            chosen = {"matchLabels": {"release": release.name}}
        made[f"{stem}Selector"] = chosen
        made[f"{stem}NamespaceSelector"] = mapping(spec.get(f"{stem}NamespaceSelector"))
    return made


def _service(release: Release, name: str, row: _Row, owner: str) -> Object:
    block = mapping(read(release.values, f"{row.enabled.partition('.')[0]}.service"))
    kind = row.kind.lower() if row.kind != "ThanosRuler" else "thanos-ruler"
    port = {
        "name": "http-web",
        "port": scalar(block.get("port")) or str(row.service[1]),
        "targetPort": str(row.service[1]),
    }
    selector = {"app.kubernetes.io/name": kind, "app.kubernetes.io/instance": owner}
    spec: Mapping = {"selector": selector, "ports": [port], "type": scalar(block.get("type")) or "ClusterIP"}
    for field in ("loadBalancerSourceRanges", "externalIPs", "externalTrafficPolicy"):
        if block.get(field):
            spec[field] = block[field]
    labels = {"app": f"{release.chart}-{kind}", "self-monitor": "true"}
    return _object(release, "v1", "Service", name, {"spec": spec}, labels, strings(block.get("annotations")))


def _object(
    release: Release,
    api_version: str,
    kind: str,
    name: str,
    body: Mapping,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    namespace: str = "",
) -> Object:
    metadata = {
        "name": name,
        "namespace": namespace or release.namespace,
        "labels": {"release": release.name, "app.kubernetes.io/instance": release.name, **(labels or {})},
        "annotations": {"meta.helm.sh/release-name": release.name, **(annotations or {})},
    }
    return Object(
        {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}, release.source.where
    )
