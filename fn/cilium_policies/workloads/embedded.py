"""Objects of Kubernetes that stand within custom resources: the route of a Grafana object names the Gateway it means,
and the operator makes it as it stands there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from cilium_policies.catalogue.conditions import Beginning, at, holds
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.document.parse import parsed
from cilium_policies.kube.access_rules import Bindings
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, flag, mapping, mappings, strings, text, with_texts


def embedded(objects: list[Object], catalogue: Catalogue) -> Iterator[Object]:
    """The objects that the catalogue's `embeds` finds in these, but for those that stand in the input themselves."""
    table = catalogue.head["embeds"]
    if not table:
        return
    present = {(one.kind, one.namespace, one.name) for one in objects}
    settings = cache(lambda name, namespace, group: _settings(objects, name, namespace, group))
    for one in objects:
        for _, row in table.get(one.kind, ()):
            if one.group != text(row.get("group")):
                continue
            told = _with_settings(one, row, settings)
            if not holds(row.get("when"), Beginning(body=told.body)):
                continue
            held = at(one.body, text(row["field"])) if "field" in row else None
            for made in _made(told, row, mappings(held) or [mapping(held)]):
                if (made.kind, made.namespace, made.name) not in present:
                    yield made


def _made(one: Object, row: Mapping, held: list[Mapping]) -> Iterator[Object]:
    """Called as the row says, else as the object within is; `spec` is what the operator adds to its own, `renamed` how
    its fields are called there."""
    from cilium_policies.workloads.templates import filled  # few inputs hold such objects

    added = with_texts(mapping(row.get("spec")), lambda told: filled(told, one))
    renamed = strings(row.get("renamed"))
    for each in held:
        metadata = mapping(each.get("metadata"))
        name = filled(text(row.get("object")), one) or text(metadata.get("name"))
        if text(each.get("kind")) not in ("", text(row.get("as"))):
            continue
        own = mapping(each if flag(row.get("bare")) else each.get("spec"))
        spec = {**added, **{renamed.get(key, key): value for key, value in own.items()}}
        called = {"name": name} if name else {}
        if (name or metadata.get("generateName")) and spec:
            body = {
                "apiVersion": text(row.get("version")),
                "kind": text(row.get("as")),
                "metadata": {**metadata, **called, "namespace": one.namespace},
                "spec": spec,
            }
            yield Object(body, one.where)


def _with_settings(one: Object, row: Mapping, settings: Callable[[str, str, str], Mapping]) -> Object:
    """The object as its operator sees it, with what the operator sets for all at `spec.settings`."""
    place = mapping(row.get("settings"))
    if not place:
        return one
    told = settings(text(place.get("name")), text(place.get("namespace")), one.group)
    return Object({**one.body, "spec": {**one.spec, "settings": told}}, one.where)


def _settings(objects: list[Object], name: str, namespace: str, group: str) -> Mapping:
    """What an operator's own ConfigMap says, JSON or YAML below each key: that of the customary namespace, else the
    only one of a namespace that has a role for these objects everywhere. Whoever else writes one of that name would
    choose who may call others' pods."""
    every = [each for each in objects if each.kind == "ConfigMap" and each.name == name]
    chosen = [each for each in every if each.namespace == namespace]
    chosen = chosen or [each for each in every if _is_operators(each.namespace, objects, group)]
    data = strings(chosen[0].body.get("data")) if len(chosen) == 1 else {}
    return {key: parsed(value) for key, value in data.items()}


def _is_operators(namespace: str, objects: list[Object], group: str) -> bool:
    """Whether a ClusterRoleBinding gives an account of this namespace a role for objects of this API group."""
    proven = Bindings(Inventory(objects)).everywhere([(group, "")])
    return any(where == namespace for where, _ in proven)
