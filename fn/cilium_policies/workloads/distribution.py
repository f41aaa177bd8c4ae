"""Pods that a Kubernetes distribution brings by itself: they stand in no manifest of the user's."""

from __future__ import annotations

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.workloads.model import Workload

_NAMESPACE = "kube-system"
# distribution → (catalogue component, labels of its pods there); CoreDNS is looked after by allow-dns-server
# (k3s-io/k3s: manifests/metrics-server, manifests/local-storage.yaml, the labels of the Traefik chart)
_BRINGS = {
    "k3s": (
        ("metrics-server", {"k8s-app": "metrics-server"}),
        ("local-path-provisioner", {"app": "local-path-provisioner"}),
        ("traefik", {"app.kubernetes.io/name": "traefik"}),
    )
}


def brought(distribution: str, workloads: list[Workload], catalogue: Catalogue) -> list[Workload]:
    """The distribution's own pods that the input does not show: peers in every build, subjects only where the
    default-deny of their namespace is written. `workloads` are recognised."""
    present = {one.component for one in workloads}
    found = []
    for name, labels in _BRINGS.get(distribution, ()):
        if name in present or catalogue.get(name) is None:
            continue
        made = Workload(_NAMESPACE, name, "Deployment")
        made.labels = made.selector = labels
        made.component = made.instance = name
        made.brought = True
        found.append(made)
    return found
