"""Secrets and ConfigMaps that operators write for an object of the input: the addresses in them, nothing secret.

`written(inventory, catalogue) -> list[Object]`. Applications refer to them by name (`DATABASE_URL` from key `uri` of
Secret `shop-db-app`), and no manifest holds them; what stands in them is known all the same: the catalogue's `writes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.conditions import at_any
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, mapping, strings, text
from cilium_policies.lean import Any
from cilium_policies.workloads.releases.values import read
from cilium_policies.workloads.templates import filled

_VIA = r"\{via\.([\w.]+)\}"


class Told(Object):
    """Such an object: what stands in it is the catalogue's text, so no value of it is taken for a credential."""

    __slots__ = ()

    @property
    def is_told(self) -> bool:
        return True


def written(inventory: Inventory, catalogue: Catalogue) -> list[Object]:
    """Those that the input does not hold itself, each with its object's place in the input."""
    found: dict[tuple[str, str, str], Object] = {}
    for group, kind in sorted(inventory.kinds):
        for row in catalogue.written(group, kind):
            for one in inventory.of(kind, group=group):
                for made in _made(one, row, inventory):
                    key = (made.kind, made.namespace, made.name)
                    if "{" not in made.name and inventory.get(*key) is None:
                        found.setdefault(key, made)
    return list(found.values())


def _made(one: Object, row: Mapping, inventory: Inventory) -> Iterator[Object]:
    when, via = mapping(row.get("when")), mapping(row.get("via"))
    if when and not at_any(one.body, when.get("has"), when):
        return
    if via:
        kind, called = group_kind(text(via.get("object")))[1], text(read(one.body, text(via.get("field"))))
        other = inventory.get(kind, "", called)
        if other is None or not at_any(other.body, via.get("has"), via):
            return
        row = {**row, "data": {key: _of(value, other) for key, value in strings(row.get("data")).items()}}
    for each in _each(one, text(row.get("each"))):
        body = {
            "apiVersion": "v1",
            "kind": text(row.get("kind")) or "Secret",
            "metadata": {"name": _said(text(row.get("name")), one, each), "namespace": one.namespace},
        }
        holds = {key: _said(value, one, each) for key, value in strings(row.get("data")).items()}
        body["data" if body["kind"] == "ConfigMap" else "stringData"] = holds
        yield Told(body, one.where)


def _of(template: str, other: Object) -> str:
    """A template with what stands in the object that this one names: `{via.parameters.objectStoreName}`."""
    return re.sub(_VIA, lambda found: text(read(other.body, found[1])), template)


def _each(one: Object, path: str) -> Iterator[Any]:
    """The members of a list, or the keys of a mapping; once where the row names neither."""
    if not path:
        yield None
    else:
        members = read(one.body, path)
        if isinstance(members, (list, dict)):
            yield from members


def _said(template: str, one: Object, each: Any) -> str:
    """A template with the object's and the member's own texts in it; what the member lacks stays as it is."""
    if isinstance(each, dict):
        for key, value in strings(each).items():
            template = template.replace(f"{{each.{key}}}", value)
    elif isinstance(each, str):
        template = template.replace("{each}", each)
    return filled(template, one)
