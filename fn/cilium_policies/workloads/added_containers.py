"""Containers that a controller adds to the pods which an object of its chooses, as the catalogue's `adds` tells: no
manifest of the pods shows them, and everything that is read of a pod's own containers is read of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.conditions import at
from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, mapping, mappings, strings, text
from cilium_policies.kube.objects import at as exactly
from cilium_policies.kube.selectors import selects

_NAME = "kubernetes.io/metadata.name"
_FILLED = r"\{([\w.]+)\|?([^{}]*)\}"  # a field of the member, else the text behind the stroke


class AddedContainers:
    """Look-ups of one input: the objects that add containers, each with its row of the catalogue."""

    def __init__(self, inventory: Inventory, catalogue: Catalogue) -> None:
        self._inventory = inventory
        table = catalogue.head["adds"]
        self._rows: list[tuple[Mapping, Object]] = [
            (row, one)
            for kind in table
            for _, row in table[kind]
            for one in inventory.of(kind, group=text(row.get("group")))
        ]

    def to(self, owner: Object, template: Mapping) -> Mapping:
        """A pod template with what is added to its pods."""
        chosen = [(row, one) for row, one in self._rows if self._chooses(row, one, owner, template)]
        if not chosen:
            return template
        spec = dict(mapping(template.get("spec")))
        containers = [each for row, one in chosen for each in _containers(row, one)]
        volumes = [
            each for row, one in chosen if "volumes" in row for each in mappings(at(one.body, row["volumes"]))
        ]
        spec["containers"] = [*mappings(spec.get("containers")), *containers]
        spec["volumes"] = [*mappings(spec.get("volumes")), *volumes]
        return {**template, "spec": spec}

    def _chooses(self, row: Mapping, one: Object, owner: Object, template: Mapping) -> bool:
        labels = strings(exactly(template, "metadata", "labels"))
        if "pods" in row:
            return self._is_within(row, one, owner.namespace) and selects(
                at(one.body, text(row["pods"])), labels
            )
        wanted = mapping(row.get("of"))
        kind, name, selector = (at(one.body, wanted[key]) for key in ("kind", "name", "labels"))
        meant = text(kind).partition(".")[0]
        if one.namespace != owner.namespace or meant not in (owner.kind, "Pod"):
            return False
        if meant == "Pod" and owner.kind != "Pod":  # of what makes pods their labels alone are known
            return not name and selects(selector, labels)
        return text(name) in ("", owner.name) and (selector is None or selects(selector, owner.labels))

    def _is_within(self, row: Mapping, one: Object, namespace: str) -> bool:
        """Whether an object that is no namespace's adds to pods of this one."""
        named = text(at(one.body, text(row.get("namespace")))) if "namespace" in row else ""
        if named:
            return named == namespace
        selector = at(one.body, text(row.get("namespaces"))) if "namespaces" in row else None
        if selector is None:
            return True
        space = self._inventory.get("Namespace", "", namespace)
        return selects(selector, {_NAME: namespace, **(space.labels if space is not None else {})})


def _containers(row: Mapping, one: Object) -> Iterator[Mapping]:
    """The containers as they stand in the object, or one of the row's image with an argument for each member of a
    list."""
    for path in texts(row.get("containers")):
        yield from mappings(at(one.body, path))
    if image := text(row.get("image")):
        members = mappings(at(one.body, text(row.get("each"))))
        yield {
            "name": one.name,
            "image": image,
            "args": [_filled(text(row["arg"]), each) for each in members],
        }


def _filled(template: str, member: Mapping) -> str:
    return re.sub(_FILLED, lambda found: text(at(member, found[1])) or found[2], template)
