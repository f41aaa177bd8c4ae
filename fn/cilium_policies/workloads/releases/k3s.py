"""Releases that K3s's and RKE2's helm-controller makes from HelmChart and HelmChartConfig objects."""

from __future__ import annotations

from cilium_policies.document.parse import parsed
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, mapping, text
from cilium_policies.workloads.releases import release as releases
from cilium_policies.workloads.releases.values import merge

GROUP = "helm.cattle.io"


def collect(inventory: Inventory) -> list[releases.Release]:
    """One release for each HelmChart; a HelmChartConfig of the same name lays its values over the chart's."""
    configs = {(one.namespace, one.name): one for one in inventory.of("HelmChartConfig", group=GROUP)}
    return [
        _release(one, configs.get((one.namespace, one.name)))
        for one in inventory.of("HelmChart", group=GROUP)
    ]


def _release(one: Object, config: Object | None) -> releases.Release:
    spec = one.spec
    values = merge(written_values(one), mapping(spec.get("values")))
    values = merge(values, {})
    releases.assign(values, mapping(spec.get("set")))
    if config is not None:
        values = merge(values, written_values(config))
    made = releases.Release(one, text(spec.get("targetNamespace")) or one.namespace, one.name, values)
    made.chart = releases.chart_name(text(spec.get("chart")))
    made.version = text(spec.get("version"))
    made.repository = text(spec.get("repo")) or text(spec.get("chart"))
    return made


def written_values(one: Object) -> Mapping:
    """The values that a HelmChart, or a HelmChartConfig, holds as text."""
    return parsed(text(one.spec.get("valuesContent")))
