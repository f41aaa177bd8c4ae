"""Pods that a program makes while it runs and that no object of the input stands for: agents of a CI server,
notebooks of users, tasks of a scheduler. The catalogue's `makes` says how they are labelled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.recognise import may_be_part
from cilium_policies.kube.access_rules import EVERYWHERE, Bindings
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.labels import stable
from cilium_policies.kube.names import is_namespace
from cilium_policies.kube.objects import Mapping, flag, strings, text
from cilium_policies.workloads.configs import Configs
from cilium_policies.workloads.model import Text, Workload
from cilium_policies.workloads.sidecars import Sidecars
from cilium_policies.workloads.vouched import has_role, is_publishers


def children(
    workloads: list[Workload], catalogue: Catalogue, bindings: Callable[[], Bindings], shown: Inventory
) -> Iterator[Workload]:
    """One workload a kind of pods and maker; none where the input shows such pods beside it."""
    makes, sidecars, configs = catalogue.head["makes"], Sidecars(shown, bindings), Configs(shown)
    named = [one for one in workloads if one.component in makes]
    makers = [one for one in named if _may_make(one, catalogue, bindings)]
    standing: dict[tuple[str, str], list[Workload]] = {}
    for one in workloads if makers else ():
        standing.setdefault((one.namespace, one.component), []).append(one)
    kinds = [text(row.get("component")) for rows in makes.values() for row in rows] if makers else []
    for maker in makers:
        found = (*maker.texts, *sidecars.of(maker))
        for row in makes[maker.component]:
            name = text(row.get("component"))
            labels = _labels(row, maker)
            if not (labels and catalogue.get(name) is not None and _is_made_by(row, maker)):
                continue
            told = tuple(_told(row, found))
            namespace = _namespace(row, maker, (*told, *found))
            beside = standing.get((namespace, name), [])
            if kinds.count(name) > 1:  # several kinds, told by their labels
                beside = [one for one in beside if labels.items() <= one.labels.items()]
            if not beside:
                made = _child(name, labels, row, maker, namespace, told)
                for each in _mounted(row, found):
                    made.texts += configs.of("ConfigMap", namespace, each)
                if namespace != maker.namespace and not _may_in(maker, namespace, bindings):
                    made.asked_by = maker.namespace
                standing.setdefault((namespace, name), []).append(made)
                yield made


def _is_made_by(row: Mapping, maker: Workload) -> bool:
    """Whether the row means this one of its entry's pods, and their configuration asks for what they make, where they
    make it only then."""
    if not may_be_part(strings(row.get("maker")), maker.labels, by_label=maker.by_label):
        return False
    pattern = text(row.get("asked"))
    return not pattern or any(re.search(pattern, f"{one.field}: {one.value}") for one in maker.texts)


def _may_make(one: Workload, catalogue: Catalogue, bindings: Callable[[], Bindings]) -> bool:
    """A label alone, or an image of anybody's, makes no pods: who does has a role of his own."""
    if not one.by_marks or (one.by_label and one.by_image):
        return True
    component = catalogue.get(one.component)
    published = one.by_image and component is not None and is_publishers(one, component)
    return published or has_role(one, bindings)


def _may_in(maker: Workload, namespace: str, bindings: Callable[[], Bindings]) -> bool:
    """Whether a role lets the maker have pods in another namespace: then that one, or the platform, has agreed."""
    reach = bindings().reach(maker.namespace, maker.service_account, "", "pods")
    return bool(reach & {EVERYWHERE, namespace})


def _namespace(row: Mapping, maker: Workload, told: tuple[Text, ...]) -> str:
    """Where the maker's configuration says that they run: the group of the row's pattern; else beside the maker."""
    return _found(row, "namespace", told) or maker.namespace


def _found(row: Mapping, field: str, told: tuple[Text, ...]) -> str:
    """The name that a pattern of the row finds in the maker's configuration; "" for none."""
    pattern = text(row.get(field))
    found = (re.search(pattern, _said(one), re.MULTILINE) for one in told if pattern)
    return next((one[1] for one in found if one and is_namespace(one[1])), "")


def _mounted(row: Mapping, of_maker: tuple[Text, ...]) -> list[str]:
    """The ConfigMaps that its configuration has them mount, by the row's pattern."""
    pattern = text(row.get("mounts"))
    found = (re.findall(pattern, _said(one), re.MULTILINE) for one in of_maker if pattern)
    return list(dict.fromkeys(name for names in found for name in names))


def _said(one: Text) -> str:
    """A text as it may stand in a file: one line under its key, a chart's value under its path."""
    return one.value if "\n" in one.value else f"{one.field or one.key}: {one.value}"


def _told(row: Mapping, of_maker: tuple[Text, ...]) -> Iterator[Text]:
    """What of the maker's configuration is about them: all of it, or what stands below the keys that the row names."""
    keys = [text(key) for key in row.get("below") or ()]
    if not keys:
        yield from of_maker
        return
    for one in of_maker:
        if one.kind in ("value", "field") and not frozenset(keys).isdisjoint(one.field.split(".")):
            yield one
        elif "\n" in one.value and (kept := "\n".join(_below(one.value, keys))):
            yield one._replace(value=kept)


def _below(value: str, keys: list[str]) -> Iterator[str]:
    """The lines of a YAML text below these keys."""
    begins = re.compile(rf"([ \t]*)(?:- )?[\"']?(?:{'|'.join(map(re.escape, keys))})[\"']?:\s*$")
    depth = -1
    for line in value.split("\n"):
        begun = begins.match(line) if depth < 0 or (line.strip() and _depth(line) <= depth) else None
        if begun is not None:
            depth = len(begun[1])
        elif depth >= 0 and line.strip() and not _is_deeper(line, depth):
            depth = -1
        elif depth >= 0:
            yield line


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _is_deeper(line: str, depth: int) -> bool:
    """Whether a line belongs to a key of this depth: YAML lets the items of its list stand as far in as itself."""
    far = _depth(line)
    return far > depth or (far == depth and line.lstrip().startswith("- "))


def _child(
    name: str, labels: dict[str, str], row: Mapping, maker: Workload, namespace: str, told: tuple[Text, ...]
) -> Workload:
    made = Workload(namespace, f"{maker.name}-{text(row.get('workload')) or 'pods'}", "Pod")
    made.labels = labels
    made.annotations = strings(row.get("annotations"))
    made.selector = stable(labels) or dict(labels)
    made.component = name
    made.instance, made.release, made.chart = maker.instance or maker.name, maker.release, maker.chart
    made.values, made.where = maker.values, maker.where
    made.brought, made.maker = maker.brought, maker
    if flag(row.get("like")) or flag(row.get("told")):
        made.texts = tuple(one for one in told if not one.is_arguments)
    if flag(row.get("like")):
        made.service_account = maker.service_account
    if account := _found(row, "account", told):
        made.service_account = account
    return made


def _labels(row: Mapping, maker: Workload) -> dict[str, str]:
    """Those that are written, with the maker's release, and those that are the maker's own."""
    told = {"{release}": maker.release or maker.instance or maker.name, "{name}": maker.name}
    labels = {}
    for key, value in strings(row.get("labels")).items():
        for part, name in told.items():
            value = value.replace(part, name)
        labels[key] = value
    for key in row.get("inherit") or ():
        if key in maker.labels:
            labels[key] = maker.labels[key]
    return labels
