"""Names that a tree shows: they may pass in an inventory, whatever stands around them."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.kube.objects import Object


def names_of(found: Iterable[Object]) -> set[str]:
    """Names, namespaces and labels of objects: words that may pass, whatever stands around them."""
    names: set[str] = set()
    for one in found:
        names.update((one.name, one.namespace, *one.labels, *one.labels.values()))
    return names - {""}


def services_of(found: Iterable[Object]) -> set[str]:
    """Names of the Services that the tree shows, alone and with their namespaces."""
    services = [one for one in found if one.kind == "Service"]
    return {name for one in services for name in (one.name, f"{one.name}.{one.namespace}")}
