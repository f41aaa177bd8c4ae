"""Pods that a program makes while it runs and that no object of the input stands for: agents of a CI server,
notebooks of users, tasks of a scheduler. The catalogue's `makes` says how they are labelled.
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.labels import stable
from cilium_policies.kube.objects import Mapping, strings, text
from cilium_policies.workloads.model import Workload


def children(workloads: list[Workload], catalogue: Catalogue) -> Iterator[Workload]:
    """One workload a kind of pods and maker; none where the input shows such pods beside it."""
    makes = catalogue.head["makes"]
    makers = [one for one in workloads if one.component in makes]
    shown = {(one.namespace, one.component) for one in workloads} if makers else set()
    for maker in makers:
        for row in makes[maker.component]:
            name = text(row.get("component"))
            labels = _labels(row, maker)
            if labels and catalogue.get(name) is not None and (maker.namespace, name) not in shown:
                shown.add((maker.namespace, name))
                yield _child(name, labels, row, maker)


def _child(name: str, labels: dict[str, str], row: Mapping, maker: Workload) -> Workload:
    made = Workload(maker.namespace, f"{maker.name}-{text(row.get('workload')) or 'pods'}", "Pod")
    made.labels = labels
    made.selector = stable(labels) or dict(labels)
    made.component = name
    made.instance, made.release, made.chart = maker.instance or maker.name, maker.release, maker.chart
    made.values, made.where = maker.values, maker.where
    made.brought = maker.brought
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
