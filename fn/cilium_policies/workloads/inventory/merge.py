"""What other builds of the same cluster hold, as the inventory tells: peers of this build's pods, never subjects."""

from __future__ import annotations

from collections.abc import Callable

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.document.finding import ERROR, WARNING, Finding, RefusedError
from cilium_policies.document.source import Source
from cilium_policies.kube.objects import Object, mapping
from cilium_policies.kube.reading import Objects
from cilium_policies.lean import TYPE_CHECKING

if TYPE_CHECKING:
    from cilium_policies.workloads.inventory.told import Read

_KIND = "ClusterInventory"


def other_builds(
    read: Objects,
    sources: list[Source],
    name: str,
    given: tuple[str, bytes] | None,
    catalogue: Catalogue,
    reader: Callable[[], Read],
) -> tuple[list[Object], list[Finding]]:
    """The objects of the other builds, and whether the inventory is older than this one.

    `given` is the file of the command line, `name` that of `spec.inventory`, found among the input's local-config
    objects. Neither: nothing is known beside the input. `reader` brings what finds the
    addresses in a text. Raises RefusedError where a name is not there.
    """
    if given is None and not name:
        return [], []
    from cilium_policies.workloads.inventory.write import (
        SavedInventory,
        parse,
    )  # builds without an inventory do not pay for it

    if given is not None:
        try:
            body = parse(given[1], given[0])
        except RefusedError:
            if f"kind: {_KIND}".encode() in given[1]:
                raise
            body = {}  # several documents, or a text of another kind
        if mapping(body).get("kind") != _KIND:
            raise _refused(f"{given[0]} is not a {_KIND}", "make one with `cilium-policies inventory`")
    else:
        body = _named(read, name)
    known = SavedInventory(body)
    files = {source.file: source.data for source in sources}
    older = [] if known.knows(files) else known.outdated(read.objects, catalogue, reader())
    cure = "regenerate the inventory (cilium-policies inventory)"
    told = [Finding(WARNING, line, cure, path="spec.inventory") for line in older]
    return known.others(read.objects, files), told


def _named(read: Objects, name: str) -> dict[str, object]:
    for one in read.local:
        if one.kind == _KIND and one.name == name:
            return one.body
    raise _refused(
        f"spec.inventory: the input holds no {_KIND} called {name}",
        "add it to the resources (it is local-config), or use --inventory FILE",
    )


def _refused(message: str, cure: str) -> RefusedError:
    return RefusedError(Finding(ERROR, message, cure, path="spec.inventory"))
