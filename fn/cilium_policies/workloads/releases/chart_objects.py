"""Custom resources that charts write from their values: what makes the pods is then the operator, not the chart.

`chart_objects(release, catalogue) -> list[Object]`. Which they are the catalogue's `creates` says; its `madeBy`
entries know the pods of these objects.
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.labels import INSTANCE, RELEASE_NAME
from cilium_policies.kube.objects import (
    Mapping,
    Object,
    flag,
    integer,
    mapping,
    mappings,
    sequence,
    strings,
    text,
)
from cilium_policies.lean import Any
from cilium_policies.workloads.releases.naming import Names
from cilium_policies.workloads.releases.release import Release
from cilium_policies.workloads.releases.value_texts import VALUES
from cilium_policies.workloads.releases.values import merge, read, scalar
from cilium_policies.workloads.releases.whole_objects import whole_objects

_DNS = "kube-system"
_SELECTED = ("serviceMonitor", "podMonitor", "probe", "scrapeConfig", "rule")


def chart_objects(release: Release, catalogue: Catalogue) -> list[Object]:
    """The custom resources of a release, and the Services that the chart puts before their pods."""
    found: list[Object] = []
    for row in catalogue.created(release.chart):
        if row.get("each"):
            found += _members(release, row)
        elif _is_made(release, row):
            found += _objects(release, _names(release, row), row)
        monitor = mapping(row.get("dnsMonitor"))
        if monitor and flag(read(release.values, f"{text(monitor.get('values'))}.enabled"), True):
            found += _dns_monitor(release, _names(release, row), row, monitor)
    return [*found, *whole_objects(release)]


def _is_made(release: Release, row: Mapping) -> bool:
    """Whether the values switch it on, and whatever else the chart asks for."""
    switch, publisher = text(row.get("enabled")), text(row.get("publisher"))
    if publisher not in release.repository.lower():  # another's chart of that name
        return False
    if not all(flag(read(release.values, one)) for one in map(text, sequence(row.get("needs")))):
        return False
    return not switch or flag(read(release.values, switch), flag(row.get("default"), True))


def _names(release: Release, row: Mapping) -> Names:
    return Names(release, text(row.get("name")) or release.chart, "", integer(row.get("cut")) or 63)


def _dns_monitor(release: Release, names: Names, row: Mapping, monitor: Mapping) -> list[Object]:
    """A stack scrapes the cluster's DNS through a Service of its own, which no other chart brings."""
    block = mapping(read(release.values, f"{text(monitor.get('values'))}.service"))
    name = names.fill(text(monitor.get("name")))
    labels = {"app": name}
    port = scalar(block.get("targetPort")) or "9153"
    spec = {
        "selector": strings(block.get("selector")) or {"k8s-app": "kube-dns"},
        "ports": [{"name": "http-metrics", "port": port, "targetPort": port}],
    }
    scrape = {
        "selector": {"matchLabels": {**labels, INSTANCE: release.name}},
        "namespaceSelector": {"matchNames": [_DNS]},
        "endpoints": [{"port": "http-metrics"}],
    }
    api_version, kind = f"{text(row.get('group'))}/{text(row.get('version'))}", text(monitor.get("kind"))
    return [
        _object(release, "v1", "Service", name, {"spec": spec}, labels, namespace=_DNS),
        _object(release, api_version, kind, name, {"spec": scrape}, labels),
    ]


def _objects(release: Release, names: Names, row: Mapping) -> list[Object]:
    renamed, service = mapping(row.get("renamed")), mapping(row.get("service"))
    other = bool(renamed) and flag(read(release.values, text(renamed.get("value"))))
    name = names.fill(text((renamed if other else row).get("object")))
    namespace = names.fill(text(row.get("namespace")))
    spec = merge(mapping(row.get("defaults")), mapping(read(release.values, text(row.get("spec")))))
    if row.get("selects"):
        spec = {**spec, **_selectors(release, spec)}
    if row.get("kind") == "Gateway" and isinstance(spec.get("listeners"), dict):
        spec["listeners"] = [_listener(*one) for one in spec["listeners"].items()]
    block = mapping(read(release.values, text(row.get("enabled")).rpartition(".")[0]))
    if service:
        account = scalar(mapping(block.get("serviceAccount")).get("name"))
        spec["serviceAccountName"] = account or names.fill(text(service.get("name")))
    api_version = f"{text(row.get('group'))}/{text(row.get('version'))}"
    body: Mapping = {"spec": spec, **_beside(release, text(row.get("spec")))}
    made = [_object(release, api_version, text(row.get("kind")), name, body, namespace=namespace)]
    if service:
        made.append(_service(release, names.fill(text(service.get("name"))), service, name, block))
    further = (
        one for one in mappings(row.get("headless")) if flag(read(release.values, text(one["enabled"])))
    )
    return [*made, *(_discovery(release, names.fill(text(one.get("name"))), one, name) for one in further)]


def _members(release: Release, row: Mapping) -> Iterator[Object]:
    """An object for each member of a list, called as it says: `cephFileSystems[].name`."""
    api_version = f"{text(row.get('group'))}/{text(row.get('version'))}"
    for member in mappings(read(release.values, text(row.get("each")))):
        if name := scalar(member.get("name")):
            spec = mapping(read(member, text(row.get("spec"))))
            yield _object(release, api_version, text(row.get("kind")), name, {"spec": spec})


def _beside(release: Release, spec: str) -> Mapping:
    """The values around a spec, of which the chart makes the program's configuration (`alertmanager.config`)."""
    above, _, last = spec.rpartition(".")
    values = {key: value for key, value in mapping(read(release.values, above)).items() if key != last}
    return {VALUES: values} if above and values else {}


def _listener(name: str, values: Any) -> Mapping:
    """A listener of a Gateway, which values give by its name, with the namespaces whose routes it takes: a mapping as
    in the Gateway API or, before, one word."""
    policy = mapping(values).get("namespacePolicy")
    spaces = policy if isinstance(policy, dict) else {"from": scalar(policy) or "Same"}
    return {**mapping(values), "name": name, "allowedRoutes": {"namespaces": spaces}}


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


def _service(release: Release, name: str, service: Mapping, owner: str, values: Mapping) -> Object:
    block = mapping(values.get("service"))
    app, number = text(service.get("app")), text(service.get("port"))
    port = {"name": "http-web", "port": scalar(block.get("port")) or number, "targetPort": number}
    selector = {"app.kubernetes.io/name": app, INSTANCE: owner}
    spec: Mapping = {"selector": selector, "ports": [port], "type": scalar(block.get("type")) or "ClusterIP"}
    for field in ("loadBalancerSourceRanges", "externalIPs", "externalTrafficPolicy"):
        if block.get(field):
            spec[field] = block[field]
    labels = {"app": f"{release.chart}-{app}", "self-monitor": "true"}
    return _object(release, "v1", "Service", name, {"spec": spec}, labels, strings(block.get("annotations")))


def _discovery(release: Release, name: str, service: Mapping, owner: str) -> Object:
    """A Service whose name stands for each of the pods: of Prometheus' side-cars, which Thanos asks."""
    ports = [{**one, "targetPort": one.get("port")} for one in mappings(service.get("ports"))]
    selector = {"app.kubernetes.io/name": text(service.get("app")), INSTANCE: owner}
    return _object(
        release, "v1", "Service", name, {"spec": {"selector": selector, "ports": ports, "clusterIP": "None"}}
    )


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
        "labels": {"release": release.name, INSTANCE: release.name, **(labels or {})},
        "annotations": {RELEASE_NAME: release.name, **(annotations or {})},
    }
    return Object(
        {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}, release.source.where
    )
