"""Releases that kustomize would inflate: `helmCharts` of a Kustomization and HelmChartInflationGenerator."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, mapping, mappings, text
from cilium_policies.workloads.releases import release as releases

_GROUP = "kustomize.config.k8s.io"


def collect(inventory: Inventory) -> list[releases.Release]:
    """One release for each chart; a values file beside the kustomization is not part of the input."""
    found = []
    for one in inventory.of("Kustomization", group=_GROUP):
        found += [_release(one, chart) for chart in mappings(one.body.get("helmCharts"))]
        found += [_release(one, chart) for chart in _old(one)]
    for one in inventory.of("HelmChartInflationGenerator"):
        found.append(_release(one, {**one.body, "name": one.body.get("name") or one.body.get("chartName")}))
    return found


def _old(one: Object) -> Iterator[Mapping]:
    for chart in mappings(one.body.get("helmChartInflationGenerator")):
        yield {**chart, "name": chart.get("chartName"), "version": chart.get("chartVersion")}


def _release(one: Object, chart: Mapping) -> releases.Release:
    given = (chart.get("namespace"), chart.get("releaseNamespace"), one.body.get("namespace"))
    namespace = next(filter(None, map(text, given)), one.namespace)
    name = text(chart.get("releaseName")) or text(chart.get("name"))
    made = releases.Release(
        one, namespace, name, mapping(chart.get("valuesInline")) or mapping(chart.get("values"))
    )
    made.chart = releases.chart_name(text(chart.get("name")))
    made.version = text(chart.get("version"))
    made.repository = text(chart.get("repo")) or text(chart.get("chartRepo"))
    return made
