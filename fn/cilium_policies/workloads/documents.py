"""Objects that stand in documents of ConfigMaps, which a program applies to itself and for which it runs pods: the
outposts of a blueprint. `documents(objects, catalogue)`; the catalogue's `documents` says which."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.conditions import at
from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.document.parse import parsed
from cilium_policies.kube.objects import Mapping, Object, flag, mapping, mappings, strings, text
from cilium_policies.lean import Any


def documents(objects: list[Object], catalogue: Catalogue) -> Iterator[Object]:
    """One for each member of a document's list that the catalogue knows, of several of one name the first."""
    rows = [row for known in catalogue.head["documents"].values() for _, row in known]
    words = [text(row.get("of")) for row in rows]
    found: dict[tuple[str, str, str], Object] = {}
    for one in objects:
        if one.kind != "ConfigMap" or not one.holds_one([word.encode() for word in words]):
            continue
        for held in strings(one.body.get("data")).values():
            if not any(word in held for word in words):
                continue
            document = parsed(held)
            for row in rows:
                for member in mappings(at(document, text(row.get("list")))):
                    if (made := _made(one, member, row)) is not None:
                        found.setdefault((made.kind, made.namespace, made.name), made)
    return iter(found.values())


def _made(one: Object, member: Mapping, row: Mapping) -> Object | None:
    """Members of another kind make none, nor those that say what the row's `not` names, or lack what it needs."""
    excluded = mapping(row.get("not"))
    if text(at(member, text(row.get("field")))) != text(row.get("of")):
        return None
    if any(text(at(member, path)) in texts(told) for path, told in excluded.items()):
        return None
    if any(at(member, path) is None for path in texts(row.get("has"))):
        return None
    name = next(filter(None, (text(at(member, path)) for path in texts(row.get("name")))), "")
    if flag(row.get("slug")):
        name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not name:
        return None
    place = text(at(member, text(row["namespace"]))) if "namespace" in row else ""
    metadata = {"name": name}
    if not flag(row.get("clusterWide")):
        metadata["namespace"] = place or one.namespace
    spec = _without_references(at(member, text(row.get("spec"))))
    body = {
        "apiVersion": text(row.get("version")),
        "kind": text(row.get("as")),
        "metadata": metadata,
        "spec": spec,
    }
    return Object(body, one.where)


def _without_references(tree: Any) -> Any:
    """The tree with the value alone of each reference by one: `[provider, [name, shop]]`, below its tag."""
    if isinstance(tree, dict):
        return {key: _without_references(value) for key, value in tree.items()}
    if not isinstance(tree, list):
        return tree
    if len(tree) == 2 and isinstance(tree[0], str) and isinstance(tree[1], list):
        pair = tree[1]
        if len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str):
            return pair[1]
    return [_without_references(one) for one in tree]
