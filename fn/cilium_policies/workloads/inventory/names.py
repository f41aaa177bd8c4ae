"""Names that an inventory shows: they may pass in its texts, whatever stands around them."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.kube.objects import Object


def names_of(found: Iterable[Object]) -> set[str]:
    """Names, namespaces and labels of objects."""
    names: set[str] = set()
    for one in found:
        names.update((one.name, one.namespace, *one.labels, *one.labels.values()))
    return names - {""}


def services_of(found: Iterable[Object]) -> set[str]:
    """Names of the Services among these objects, alone and with their namespaces."""
    services = [one for one in found if one.kind == "Service"]
    return {name for one in services for name in (one.name, f"{one.name}.{one.namespace}")}
