"""Flux's post-renderers: kustomize patches that a HelmRelease lays over what its chart makes.

`rendered(release, objects) -> list[Object]` for synthesised objects, `adapt(release, workloads)` for predicted
pods: of their templates only what the catalogue cannot know is read (labels, hostNetwork, account).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.document.finding import RefusedError
from cilium_policies.document.parse import load
from cilium_policies.kube.objects import Mapping, Object, at, flag, mapping, mappings, strings, text
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.releases.release import Release


class _Patch(NamedTuple):
    """`operations` of JSON 6902, or a strategic merge patch; `target` says what it is for ("" any)."""

    kind: str
    name: str
    operations: list[Mapping]
    merged: Mapping


def rendered(release: Release, objects: list[Object]) -> list[Object]:
    """The objects as the post-renderers leave them; the very same objects where there are none."""
    patches = list(_patches(release))
    if not patches:
        return objects
    found = []
    for one in objects:
        body = one.body
        for patch in patches:
            if _fits(patch, one.kind, one.name):
                body = _applied(body, patch)
        found.append(one if body is one.body else Object(body, one.where, one.item))
    return found


def adapt(release: Release, workloads: list[Workload]) -> None:
    """Lays the patches of pod templates over predicted pods."""
    patches = list(_patches(release))
    for one in workloads if patches else ():
        spec = {"hostNetwork": str(one.host_network).lower(), "serviceAccountName": one.service_account}
        body: Mapping = {"spec": {"template": {"metadata": {"labels": one.labels}, "spec": spec}}}
        for patch in patches:
            if _fits(patch, one.kind, one.name):
                body = _applied(body, patch)
        template = mapping(at(body, "spec", "template"))
        one.labels = strings(at(template, "metadata", "labels"))
        one.selector = {
            key: value for key, value in one.selector.items() if one.labels.get(key, value) == value
        }
        one.host_network = flag(at(template, "spec", "hostNetwork"))
        one.service_account = text(at(template, "spec", "serviceAccountName")) or one.service_account


def _patches(release: Release) -> Iterator[_Patch]:
    for renderer in mappings(release.source.spec.get("postRenderers")):
        for entry in mappings(at(renderer, "kustomize", "patches")):
            target = mapping(entry.get("target"))
            try:
                value = load(text(entry.get("patch")).encode())
            except RefusedError:
                continue  # Flux refuses it too
            kind = text(target.get("kind")) or text(at(value, "kind"))
            name = text(target.get("name")) or text(at(value, "metadata", "name"))
            if kind or name:
                yield _Patch(kind, name, mappings(value), mapping(value))


def _fits(patch: _Patch, kind: str, name: str) -> bool:
    """kustomize anchors the expressions of a target."""
    try:
        return (not patch.kind or bool(re.fullmatch(patch.kind, kind))) and (
            not patch.name or bool(re.fullmatch(patch.name, name))
        )
    except re.error:
        return False


def _applied(body: Mapping, patch: _Patch) -> Mapping:
    if patch.merged:
        changes = {key: value for key, value in patch.merged.items() if key not in ("apiVersion", "kind")}
        return mapping(_merged(body, changes))
    for operation in patch.operations:
        path = [_unescaped(key) for key in text(operation.get("path")).split("/")[1:]]
        if path:
            body = mapping(_operated(body, path, text(operation.get("op")), operation.get("value")))
    return body


def _unescaped(key: str) -> str:
    return key.replace("~1", "/").replace("~0", "~")


def _merged(below: Any, above: Any) -> Any:
    """A strategic merge as far as it matters here: mappings deeply, lists of named entries by name."""
    if isinstance(below, dict) and isinstance(above, dict):
        made = dict(below)
        for key, value in above.items():
            if value is None:
                made.pop(key, None)
            else:
                made[key] = _merged(made.get(key), value)
        return made
    if isinstance(below, list) and isinstance(above, list) and all("name" in one for one in mappings(above)):
        changed = {text(one.get("name")): one for one in mappings(above)}
        kept = [_merged(one, changed.pop(text(at(one, "name")), {})) for one in below]
        return kept + list(changed.values())
    return above


def _operated(value: Any, path: list[str], operation: str, new: Any) -> Any:
    """One JSON 6902 operation (add, replace, remove) on a copy; one that does not fit changes nothing."""
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        if rest:
            return {**value, key: _operated(value.get(key, {}), rest, operation, new)}
        made = {name: member for name, member in value.items() if name != key}
        return made if operation == "remove" else {**made, key: new}
    if isinstance(value, list):
        return _operated_list(value, key, rest, operation, new)
    return value


def _operated_list(value: list[Any], key: str, rest: list[str], operation: str, new: Any) -> list[Any]:
    if key == "-" and operation == "add" and not rest:
        return [*value, new]
    if not key.isdigit() or int(key) >= len(value):
        return value
    number = int(key)
    if rest:
        return [*value[:number], _operated(value[number], rest, operation, new), *value[number + 1 :]]
    middle = {"remove": [], "add": [new, value[number]]}.get(operation, [new])
    return [*value[:number], *middle, *value[number + 1 :]]
