"""All Helm releases of an input at once: what they make joins the objects, the workloads and the Services."""

from __future__ import annotations

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.inventory import Inventory
from cilium_policies.workloads.configs import Configs, named_by_values
from cilium_policies.workloads.makers import Maker
from cilium_policies.workloads.model import Service, Workload
from cilium_policies.workloads.releases import app_template, charts, release
from cilium_policies.workloads.releases.app_names import CHART
from cilium_policies.workloads.releases.collect import collect
from cilium_policies.workloads.releases.newer_charts import newer_chart
from cilium_policies.workloads.releases.unknown_parts import unknown_parts


def add_releases(
    shown: Inventory, catalogue: Catalogue, partial: list[Maker] | None = None
) -> tuple[list[Workload], list[Service]]:
    """The workloads and Services of releases that only the catalogue can tell of. What values tell in full is
    added to the inventory as the objects that `helm template` would print. `partial` is given the releases that make
    pods which the config leaves out, or which the catalogue does not know."""
    rest = []
    for found in collect(shown):
        # What the catalogue knows of a chart goes before the look of its values.
        known = found.chart != CHART and bool(catalogue.by_chart(found.chart))
        if app_template.recognises(found) and not known:
            shown.add(app_template.expand(found))
        else:
            rest.append(found)
    workloads, services, written = charts.every(rest, catalogue)
    shown.add(written)
    configs = Configs(shown)
    for one in workloads:  # as of a pod that mounts them
        told = dict.fromkeys(named_by_values(one))
        one.texts += tuple(each for name in told for each in configs.of("ConfigMap", one.namespace, name))
    if partial is not None:
        for each in rest:
            off, place = catalogue.left_out(each.chart), each.namespace
            partial += (Maker(each.source, part=name, namespace=place) for name in off)
            partial += unknown_parts(each, catalogue)
            partial += newer_chart(each, catalogue)
    return [one for one in workloads if not _is_uncertain(one, shown)], services


def _is_uncertain(one: Workload, shown: Inventory) -> bool:
    """CoreDNS's label is a value of its chart (`k8sAppLabelOverride`): where that may stand in values that the input
    does not show, the DNS pods count as not shown, and both usual labels are let in."""
    if one.component != "coredns" or one.source is None or one.source.kind != "HelmRelease":
        return False
    return "k8sAppLabelOverride" not in one.values and bool(release.unread_values(one.source, shown))
