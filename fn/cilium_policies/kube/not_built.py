"""What `build` did not build: the objects that say so, and the namespaces whose pods the input does not show."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object, at, text
from cilium_policies.kube.reading import API

NOT_BUILT = f"{API}/not-built"  # the reason
NAMESPACES = f"{API}/not-built-namespaces"  # where its files say their objects go, separated by commas
ELSEWHERE = f"{API}/not-in-repository"  # why the files are not here: no failure, but nobody knows the pods
_BUILDERS = ("Kustomization", "Application", "ApplicationSet")


def not_built(inventory: Inventory) -> list[Object]:
    """The Flux Kustomizations and Argo CD Applications of the input that could not be built."""
    return _marked(inventory, NOT_BUILT)


def not_here(inventory: Inventory) -> list[Object]:
    """Those whose files are in another repository."""
    return _marked(inventory, ELSEWHERE)


def _marked(inventory: Inventory, mark: str) -> list[Object]:
    return [one for one in inventory.of(*_BUILDERS) if not one.where.elsewhere and mark in one.annotations]


def namespaces_of(one: Object) -> Iterator[str]:
    """The namespaces that an object which was not built would put pods into, as far as it tells."""
    yield text(one.spec.get("targetNamespace")) or text(at(one.spec, "destination", "namespace"))
    yield from one.annotations.get(NAMESPACES, "").split(",")


def reason(one: Object) -> str:
    """`Kustomization media/web was not built: why`."""
    return f"{one} was not built: {one.annotations[NOT_BUILT]}"
