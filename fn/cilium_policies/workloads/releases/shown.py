"""All Helm releases of an input at once: what they make joins the objects, the workloads and the Services."""

from __future__ import annotations

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.inventory import Inventory
from cilium_policies.workloads.model import Service, Workload
from cilium_policies.workloads.releases import app_template, charts, release


def add_releases(shown: Inventory, catalogue: Catalogue) -> tuple[list[Workload], list[Service]]:
    """The workloads and Services of releases that only the catalogue can tell of. What values tell in full is
    added to the inventory as the objects that `helm template` would print."""
    rest = []
    for found in release.collect(shown):
        if app_template.recognises(found):
            shown.add(app_template.expand(found))
        else:
            rest.append(found)
    workloads, services, written = charts.every(rest, catalogue)
    shown.add(written)
    return workloads, services
