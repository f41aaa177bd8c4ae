"""Whether the input shows all of a workload's configuration, so that what it does not name is not called."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import flag, mapping, mappings, text
from cilium_policies.lean import Any
from cilium_policies.workloads.model import NO_IMAGES, Workload

# Keys under which pod templates, charts' values and custom resources name an object that holds configuration.
_HOLDERS = {
    "secretref": "Secret",
    "secretkeyref": "Secret",
    "secretname": "Secret",
    "existingsecret": "Secret",
    "existingsecretname": "Secret",
    "envfromsecret": "Secret",
    "configmapref": "ConfigMap",
    "configmapkeyref": "ConfigMap",
    "configmap": "ConfigMap",
    "existingconfigmap": "ConfigMap",
}


def is_shown(workload: Workload, inventory: Inventory) -> bool:
    """Whether every Secret, ConfigMap and values object that a workload's own object names stands readable in the
    input, or in the inventory beside it: a build then gives the same policies as the whole."""
    source = workload.source
    if source is None or (workload.images and set(workload.images) <= set(NO_IMAGES)):
        return False
    if any(
        not _is_readable(inventory, text(one.get("kind")), source.namespace, text(one.get("name")))
        or text(one.get("kind")) == "Secret"
        for one in mappings(source.spec.get("valuesFrom"))
    ):
        return False
    places = (source.namespace, workload.namespace)
    trees = (source.body.get("spec"), workload.values)
    return all(
        any(_is_readable(inventory, kind, place, name) for place in places)
        for tree in trees
        for kind, name in _named(tree)
    )


def _named(tree: Any) -> Iterator[tuple[str, str]]:
    """(kind, name) of every object that holds configuration, at whatever depth it is named."""
    if isinstance(tree, list):
        for one in tree:
            yield from _named(one)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            kind = _HOLDERS.get(key.lower())
            name = _name_of(value) if kind else ""
            if kind and name:
                yield kind, name
            elif key == "secret" and isinstance(value, dict) and (name := text(value.get("secretName"))):
                yield "Secret", name
            else:
                yield from _named(value)


def _name_of(value: Any) -> str:
    if isinstance(value, dict):
        return "" if flag(value.get("optional")) else text(value.get("name"))
    return text(value)


def _is_readable(inventory: Inventory, kind: str, namespace: str, name: str) -> bool:
    one = inventory.get(kind, namespace, name)
    return one is not None and "sops" not in one.body


def mentions(workload: Workload) -> Iterator[str]:
    """Every text of a workload's own object and of what it mounts: names of Secrets among them."""
    for found in workload.texts:
        yield found.value
    source = workload.source
    yield from strings_of(source.body.get("spec") if source is not None else None)
    yield from strings_of(workload.values)


def strings_of(tree: Any) -> Iterator[str]:
    """Every text in a tree, keys aside."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, list):
        for one in tree:
            yield from strings_of(one)
    elif isinstance(tree, dict):
        for one in mapping(tree).values():
            yield from strings_of(one)
