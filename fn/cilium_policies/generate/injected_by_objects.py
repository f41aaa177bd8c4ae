"""Injections that an object asks for in namespaces which it chooses: no label or annotation of theirs tells of it, as
the injector writes its own mark there while it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from cilium_policies.catalogue.conditions import Beginning, at, holds
from cilium_policies.catalogue.injects import ByObject, Injection
from cilium_policies.kube.objects import mapping
from cilium_policies.kube.selectors import selects_namespace
from cilium_policies.lean import Any
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload


def chosen(
    cluster: Cluster, injections: Iterable[Injection], tags: Callable[[Workload], dict[str, str]]
) -> Iterator[tuple[Workload, Injection]]:
    """Whom the objects of the input have injected; `tags` are the labels and annotations of a pod."""
    asked = [
        (one, [(each, selector) for each in one.by_objects for selector in _selectors(cluster, each)])
        for one in injections
    ]
    asked = [(one, selectors) for one, selectors in asked if selectors]
    if not asked:
        return
    labels = {one.name: one.labels for one in cluster.inventory.of("Namespace", group="")}
    for workload in cluster.workloads:
        if workload.host_network:
            continue
        space = workload.namespace
        for one, selectors in asked:
            meant = any(_means(each, selector, space, labels.get(space, {})) for each, selector in selectors)
            if meant and not one.forbidden(tags(workload)):
                yield workload, one


def _selectors(cluster: Cluster, each: ByObject) -> Iterator[Any]:
    """The selector of each object that asks for it; empty where it means every namespace."""
    for one in cluster.inventory.of(each.kind, group=each.group):
        if not holds(each.when, Beginning(body=one.body)):
            continue
        for found in (at(one.body, path) for path in each.has):
            if found is not None:
                yield at(mapping(found), each.namespaces) if each.namespaces else None


def _means(each: ByObject, selector: Any, namespace: str, labels: dict[str, str]) -> bool:
    if each.but and re.fullmatch(each.but, namespace):
        return False
    return not selector or selects_namespace(selector, namespace, labels)
