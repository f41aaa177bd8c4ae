"""Objects of Kubernetes that stand within custom resources: the route of a Grafana object names the Gateway it means,
and the operator makes it as it stands there."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.conditions import at
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.objects import Object, mapping, text


def embedded(objects: list[Object], catalogue: Catalogue) -> Iterator[Object]:
    """The objects that the catalogue's `embeds` finds in these, but for those that stand in the input themselves."""
    table = catalogue.head["embeds"]
    if not table:
        return
    present = {(one.kind, one.namespace, one.name) for one in objects}
    for one in objects:
        for _, row in table.get(one.kind, ()):
            held = (
                mapping(at(one.body, text(row.get("field")))) if one.group == text(row.get("group")) else {}
            )
            spec = mapping(held.get("spec"))
            key = (text(row.get("as")), one.namespace, text(row.get("object")).replace("{name}", one.name))
            if spec and key not in present:
                metadata = {**mapping(held.get("metadata")), "name": key[2], "namespace": one.namespace}
                body = {
                    "apiVersion": text(row.get("version")),
                    "kind": key[0],
                    "metadata": metadata,
                    "spec": spec,
                }
                yield Object(body, one.where)
