"""Whether something beside their labels tells what rendered pods are, where their entry names no image of its own, as
anybody can write a label: an image that others run as well, their chart, the object that an operator makes them from, a
role binding, a sibling of their release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.recognise import is_image, repository_of
from cilium_policies.kube import registries
from cilium_policies.kube.access_rules import Bindings
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import walk_strings
from cilium_policies.workloads.model import Workload

Namespaces = Mapping[
    str, tuple[str, ...]
]  # by component the patterns of those that the config believes it in
_CHART_LABELS = ("helm.sh/chart", "chart")
_OTHERS = 3  # namespaces besides the pod's own whose pods come from a cache


def is_publishers(one: Workload, component: Component) -> bool:
    """Whether an image that tells what a pod is comes from where only its publisher can put it, be it through a cache
    of the cluster's."""
    return any(
        registries.is_publishers(repository, path)
        for repository in (*map(repository_of, one.images), *one.origins)
        for path in component.images
    )


def trace(workloads: list[Workload]) -> None:
    """Sets `origins`: where images come from that stand in a cache of another registry. One that several other
    namespaces run their pods from is the cluster's; a cache that a namespace alone names is somebody's own."""
    users: dict[str, set[str]] = {}
    found: list[tuple[Workload, list[tuple[str, str]]]] = []
    for one in workloads:
        if known := _cached(one):
            found.append((one, known))
            for cache, _ in known:
                users.setdefault(cache, set()).add(one.namespace)
    for one, known in found:
        shared = (origin for cache, origin in known if len(users[cache] - {one.namespace}) >= _OTHERS)
        one.origins = tuple(shared)


def _cached(one: Workload) -> list[tuple[str, str]]:
    found = (registries.cached(repository_of(image)) for image in one.images if image.count("/") > 1)
    return [each for each in found if each is not None]


def caches(workloads: Iterable[Workload]) -> dict[str, str]:
    """The caches of the cluster, each with the registry whose images it holds."""
    users: dict[tuple[str, str], set[str]] = {}
    for one in workloads:
        for cache, origin in _cached(one) if one.origins else ():
            users.setdefault((cache, origin.partition("/")[0]), set()).add(one.namespace)
    return {cache: origin for (cache, origin), places in users.items() if len(places) > _OTHERS}


def has_role(one: Workload, bindings: Callable[[], Bindings]) -> bool:
    """Whether a role is bound to the pods' own service account."""
    own = one.service_account not in ("", "default")
    return own and bindings().of(one.namespace, one.service_account) is not None


def believe(workloads: list[Workload], namespaces: Namespaces) -> None:
    """Takes back what the config does not believe of workloads in their namespace."""
    for one in workloads if namespaces else ():
        if not is_recognised(one, namespaces):
            one.component = ""


def is_recognised(one: Workload, namespaces: Namespaces) -> bool:
    """Whether the config lets a workload of this namespace be the component that it is taken for."""
    patterns = namespaces.get(one.component)
    return patterns is None or any(fnmatchcase(one.namespace, pattern) for pattern in patterns)


def is_proven(one: Workload, namespace: str, group: str, bindings: Callable[[], Bindings]) -> bool:
    """Whether more than labels and images say that pods act on objects of an API group in a namespace: they are of a
    release or an operator's object, it is their own namespace, or a role of it reads the group everywhere."""
    return not one.by_marks or one.namespace == namespace or one.namespace in bindings().readers(group)


def vouch(
    workloads: list[Workload], catalogue: Catalogue, inventory: Inventory, bindings: Callable[[], Bindings]
) -> None:
    """Sets `by_image` of those pods."""
    bare: list[tuple[Workload, Component]] = []
    proper: dict[tuple[str, str], set[str]] = {}  # charts by the releases that show one of their images
    for one in workloads:
        component = catalogue.get(one.component) if one.rendered and one.component else None
        if component is None:
            continue
        if component.images:
            if one.by_label and one.by_image and one.release:
                charts = proper.setdefault((one.namespace, one.release), set())
                charts.update(each.chart for each in component.charts)
        elif one.by_label and not one.by_user:
            bare.append((one, component))
    places = {(one.component, one.namespace) for one in workloads} if bare else set()
    for one, component in bare:
        charts = {each.chart for each in component.charts}
        one.by_image = (
            _is_of_chart(one, charts)
            or any(
                is_image(repository_of(image), ending) for image in one.images for ending in component.runs
            )
            or not charts.isdisjoint(proper.get((one.namespace, one.release), ()))
            or _has_object(one, component, inventory, places)
            or has_role(one, bindings)
        )


def _is_of_chart(one: Workload, charts: set[str]) -> bool:
    """Whether a chart's label, which holds its version as well, names one of these charts."""
    own = one.source.labels if one.source is not None else {}
    said = [labels.get(key, "") for labels in (own, one.labels) for key in _CHART_LABELS]
    return any(text == chart or text.startswith(f"{chart}-") for text in said for chart in charts if text)


def _has_object(
    one: Workload, component: Component, inventory: Inventory, places: set[tuple[str, str]]
) -> bool:
    """Whether an object stands in the pods' namespace, names it, or has no namespace of its own, of which an operator
    makes such pods; or an operator that makes them in its own namespace stands there."""
    for made in component.made_by:
        beside = made.namespace == "operator" and (made.operator, one.namespace) in places
        for each in inventory.of(made.kind, group=made.group):
            if beside or each.namespace in ("", one.namespace):
                return True
            if made.namespace and any(value == one.namespace for _, value in walk_strings(each.spec)):
                return True
    return False
