"""What objects say of pods that they choose and do not make, as the catalogue tells: containers that a controller adds
to them (`adds`), of which all is read that is read of a pod's own, and what they call (`tells`: the queue by whose
length they are scaled)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.conditions import Beginning, at, holds
from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, mapping, mappings, strings, text
from cilium_policies.kube.objects import at as exactly
from cilium_policies.kube.pods import containers, mounted
from cilium_policies.kube.selectors import selects, selects_namespace
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.model import Text

_SOURCES = {
    "secretRef": "Secret",
    "configMapRef": "ConfigMap",
    "secretKeyRef": "Secret",
    "configMapKeyRef": "ConfigMap",
}
_FILLED = r"\{([\w.]+)\|?([^{}]*)\}"  # a field of the member, else the text behind the stroke


if TYPE_CHECKING:
    # By namespace and name: place in the order of all, the catalogue's row, the object
    _Rows = dict[tuple[str, str] | None, list[tuple[int, Mapping, Object]]]


class Chosen:
    """Look-ups of one input: the objects that choose pods, each with its row of the catalogue."""

    def __init__(self, inventory: Inventory, catalogue: Catalogue) -> None:
        self._inventory = inventory
        self._adds, self._tells = (_found(self._rows(catalogue.head[table])) for table in ("adds", "tells"))

    def _rows(self, table: Mapping) -> Iterator[tuple[Mapping, Object]]:
        for kind in sorted({kind for _, kind in self._inventory.kinds}.intersection(table)):
            for _, row in table[kind]:
                yield from ((row, one) for one in self._inventory.of(kind, group=text(row.get("group"))))

    def to(self, owner: Object, template: Mapping) -> Mapping:
        """A pod template with the containers that are added to its pods."""
        asked = _asked(self._adds, owner)
        chosen = [(row, one) for row, one in asked if self._chooses(row, one, owner, template)]
        if not chosen:
            return template
        spec = dict(mapping(template.get("spec")))
        added = [each for row, one in chosen for each in _containers(row, one)]
        volumes = [
            each for row, one in chosen if "volumes" in row for each in mappings(at(one.body, row["volumes"]))
        ]
        told = [secret for row, one in chosen if (secret := _secret(row, one))]
        own = [_telling(each, told) if told else each for each in mappings(spec.get("containers"))]
        spec["containers"] = [*own, *added]
        spec["volumes"] = [*mappings(spec.get("volumes")), *volumes]
        return {**template, "spec": spec}

    def told(self, owner: Object, template: Mapping) -> Iterator[Text]:
        """What other objects say that its pods call, where a part of their own configuration is not shown: what is
        shown in full says for itself whom they call."""
        for row, one in _asked(self._tells, owner):
            if self._chooses(row, one, owner, template) and self._is_hidden(owner, template):
                for member in mappings(at(one.body, text(row["each"]))):
                    for found, _ in said_of(member, row):
                        yield Text("entry", one.name, found, one, text(row["each"]))

    def _chooses(self, row: Mapping, one: Object, owner: Object, template: Mapping) -> bool:
        labels = strings(exactly(template, "metadata", "labels"))
        if "pods" in row:
            return self._is_within(row, one, owner.namespace) and selects(
                at(one.body, text(row["pods"])), labels
            )
        if "of" not in row:
            return (one.kind, one.namespace, one.name) == (owner.kind, owner.namespace, owner.name)
        wanted = mapping(row["of"])
        kind, name = (at(one.body, wanted[key]) for key in ("kind", "name"))
        selector = at(one.body, wanted["labels"]) if "labels" in wanted else None
        meant = text(kind).partition(".")[0] or text(wanted.get("usual"))
        if one.namespace != owner.namespace or meant not in (owner.kind, "Pod"):
            return False
        if meant == "Pod" and owner.kind != "Pod":  # of what makes pods their labels alone are known
            return not name and selects(selector, labels)
        return text(name) in ("", owner.name) and (selector is None or selects(selector, owner.labels))

    def _is_hidden(self, owner: Object, template: Mapping) -> bool:
        """Whether the pods are told something by a ConfigMap or Secret that the input does not hold."""
        spec = mapping(template.get("spec"))
        named = {source for source, _ in mounted(spec)}
        for container in containers(spec):
            for entry in (*mappings(container.get("envFrom")), *mappings(container.get("env"))):
                held = mapping(entry.get("valueFrom")) or entry
                for key, kind in _SOURCES.items():
                    if name := text(exactly(held, key, "name")):
                        named.add((kind, name))
        return any(self._inventory.get(kind, owner.namespace, name) is None for kind, name in named)

    def _is_within(self, row: Mapping, one: Object, namespace: str) -> bool:
        """Whether an object that is no namespace's means pods of this one."""
        named = text(at(one.body, text(row.get("namespace")))) if "namespace" in row else ""
        if named:
            return named == namespace
        selector = at(one.body, text(row.get("namespaces"))) if "namespaces" in row else None
        if selector is None:
            return True
        space = self._inventory.get("Namespace", "", namespace)
        return selects_namespace(selector, namespace, space.labels if space is not None else {})


def _found(rows: Iterable[tuple[Mapping, Object]]) -> _Rows:
    """The rows by namespace and name of what they may choose; None for those that choose by labels anywhere, the name
    "" for those of a namespace."""
    found: _Rows = {}
    for number, (row, one) in enumerate(rows):
        name = text(at(one.body, mapping(row["of"])["name"])) if "of" in row else one.name
        key = None if "pods" in row else (one.namespace, name)
        found.setdefault(key, []).append((number, row, one))
    return found


def _asked(rows: _Rows, owner: Object) -> Iterator[tuple[Mapping, Object]]:
    """Those that may choose the pods of an owner, in the order of the catalogue and the input."""
    if not rows:
        return
    keys = dict.fromkeys((None, (owner.namespace, ""), (owner.namespace, owner.name)))
    for _, row, one in sorted((each for key in keys for each in rows.get(key, ())), key=lambda each: each[0]):
        yield row, one


def _secret(row: Mapping, one: Object) -> str:
    """The Secret whose entries the pods are told (a ServiceBinding's), where the object names one."""
    if "variables" not in row or not holds(row.get("when"), Beginning(body=one.body)):
        return ""
    return text(at(one.body, text(row["variables"])))


def _telling(container: Mapping, secrets: list[str]) -> Mapping:
    added = [{"secretRef": {"name": name}} for name in secrets]
    return {**container, "envFrom": [*mappings(container.get("envFrom")), *added]}


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


def said_of(member: Mapping, row: Mapping) -> Iterator[tuple[str, str]]:
    """What the `says` of a row tell of a member of an object, or of the object itself, each with the path of the first
    field that it is made of."""
    for each in mappings(row.get("says")):
        template = text(each["text"])
        if holds(each.get("when"), Beginning(body=member)) and (found := _filled(template, member)):
            first = re.search(_FILLED, template)
            yield found, first[1] if first is not None else ""


def _filled(template: str, member: Mapping) -> str:
    """The template with the member's fields; "" where one is not set and nothing stands behind its stroke."""
    found = {match[0]: text(at(member, match[1])) or match[2] for match in re.finditer(_FILLED, template)}
    return re.sub(_FILLED, lambda match: found[match[0]], template) if all(found.values()) else ""
