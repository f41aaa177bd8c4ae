"""Every Helm release that an input shows without rendering it: of Flux, K3s, Argo CD and kustomize's `helmCharts`."""

from __future__ import annotations

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import mapping
from cilium_policies.workloads.owned import installed
from cilium_policies.workloads.releases import argo, inflated, k3s
from cilium_policies.workloads.releases.release import FLUX, Release, flux_release


def collect(inventory: Inventory) -> list[Release]:
    """In input order within a kind."""
    flux = (one for one in inventory.of("HelmRelease", group=FLUX) if one.name)
    here = (one for one in flux if not mapping(one.spec.get("kubeConfig")))  # the others: another cluster
    found = [flux_release(one, inventory) for one in here]
    found += k3s.collect(inventory)
    found += argo.collect(inventory)
    found += inflated.collect(inventory)
    return _not_installed(found, installed(inventory)) if found else found


def _not_installed(found: list[Release], shown: set[tuple[str, str, str]]) -> list[Release]:
    """Those whose objects the input does not show as well: rendered by a tool, or dumped from a cluster."""
    return [
        one
        for one in found
        if not shown.intersection((
            ("helm", one.namespace, one.name),
            ("flux" if one.source.kind == "HelmRelease" else "", one.source.namespace, one.source.name),
            ("argo" if one.source.kind == "Application" else "", "", one.source.name),
        ))
    ]  # fmt: skip
