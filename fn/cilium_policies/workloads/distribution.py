"""Pods that a Kubernetes distribution brings by itself: they stand in no manifest of the user's."""

from __future__ import annotations

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.inventory import Inventory
from cilium_policies.workloads.model import Workload

_NAMESPACE = "kube-system"
# distribution → catalogue components of its own pods; CoreDNS is looked after by allow-dns-server
_BRINGS = {"k3s": ("metrics-server", "local-path-provisioner", "traefik")}


def brought(
    distribution: str, shown: Inventory, workloads: list[Workload], catalogue: Catalogue
) -> list[Workload]:
    """The distribution's own pods that the input does not show, where it brings policies to their namespace."""
    policed = shown.get("Namespace", "", _NAMESPACE) or any(one.namespace == _NAMESPACE for one in workloads)
    present = {one.component for one in workloads}
    found = []
    for name in _BRINGS.get(distribution, ()):
        component = catalogue.get(name)
        if component is None or name in present or not policed:
            continue
        made = Workload(_NAMESPACE, name, "Deployment")
        made.labels = made.selector = {
            key: value for key, value in component.match[0].items() if value != "*"
        }
        made.component = made.instance = name
        found.append(made)
    return found
