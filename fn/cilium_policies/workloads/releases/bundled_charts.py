"""Charts that K3s or RKE2 brings by itself, as HelmChartConfigs set them: their objects (HelmCharts) stand on the
servers' disks and in no manifest."""

from __future__ import annotations

from cilium_policies.catalogue.distributions import Distribution
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object
from cilium_policies.workloads.model import Service, Workload
from cilium_policies.workloads.releases import chart_values, charts
from cilium_policies.workloads.releases.chart_objects import chart_objects
from cilium_policies.workloads.releases.k3s import GROUP, written_values
from cilium_policies.workloads.releases.release import Release
from cilium_policies.workloads.releases.values import merge

_KIND, _CHART = "HelmChartConfig", "HelmChart"
_PREFIX = "rke2-"  # before what RKE2 packs, whoever publishes it
_DNS = "dns"  # the role of what allow-dns-server looks after, whoever brings it
_DEFINITIONS = ("-crd", "-crds")


def configured(
    config: Object, made: Workload, chart: str, catalogue: Catalogue
) -> tuple[list[Service], list[Object]]:
    """The Services by which pods that a distribution brings by a chart are published, and the objects and monitors that
    its values ask for; the pods get these values, and what they say of others to call."""
    known = catalogue.by_chart(chart)
    part = next((one for one in known if one[0].name == made.component and not one[1].values), None)
    if part is None:
        return [], []
    release = _release(config, chart, made.values)
    target = charts.target_of(release, catalogue, *part, known, made)
    made.values = release.values
    behind = [one for one in target.services if one.is_published]
    return behind, [*chart_objects(release, catalogue), *chart_values.monitors(release, [target])]


def others(
    platform: Distribution, workloads: list[Workload], catalogue: Catalogue, shown: Inventory
) -> list[Service]:
    """Adds what comes of charts that a HelmChartConfig sets, and of which nobody else tells here: the parts that the
    catalogue knows of such a chart (Hubble's of Cilium), or one workload for all that it may make."""
    told = {one.config for one in platform.brings}
    present = {one.component for one in workloads}
    services: list[Service] = []
    for config in shown.of(_KIND, group=GROUP):
        chart = config.name.removeprefix(_PREFIX)
        elsewhere = config.name in told or shown.get(_CHART, config.namespace, config.name) is not None
        known = catalogue.by_chart(chart)
        is_dns = any(one.data.get("role") == _DNS for one, _ in known)
        if elsewhere or is_dns or chart.endswith(_DEFINITIONS):
            continue
        release = _release(config, chart if known else config.name, {})
        made, behind, objects = charts.workloads_of(release, catalogue)
        fresh = [one for one in made if not one.component or one.component not in present]
        for one in fresh:
            one.brought = True
        workloads += fresh
        services += behind if len(fresh) == len(made) else ()
        shown.add(objects)
    return services


def _release(config: Object, chart: str, values: Mapping) -> Release:
    """The release of a chart that such an object lays its values over."""
    made = Release(config, config.namespace, config.name, merge(values, written_values(config)))
    made.chart = chart
    return made
