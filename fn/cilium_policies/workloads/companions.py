"""Programs beside the one that a release is called after: a cache or a converter carries its name, not its image."""

from __future__ import annotations

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.recognise import by_image, is_image, part_of, recognise, repository_of
from cilium_policies.workloads.model import Workload


def tell_apart(workloads: list[Workload], catalogue: Catalogue) -> None:
    """Among the pods of one release that one label gave a component, those of another image are not that component
    where a sibling has its image: they are what their own image says, or nothing known. So it is in a namespace where
    no label tells of a release, if the image is not even called so."""
    groups: dict[tuple[str, str, str], list[Workload]] = {}
    for one in workloads:
        if one.rendered and one.component and one.images:
            groups.setdefault((one.namespace, one.release, one.component), []).append(one)
    for (_, release, name), group in groups.items():
        component = catalogue.get(name)
        if component is None or len(group) < 2:
            continue
        proper = [one for one in group if _has_image(one, component, catalogue)]
        if proper:
            for one in group:
                alike = not release and one.by_image
                if one not in proper and not alike and _by_one_label(one, component):
                    _as_its_image_says(one, catalogue)


def _has_image(workload: Workload, component: Component, catalogue: Catalogue) -> bool:
    repositories = [repository_of(image) for image in workload.images]
    if any(is_image(one, end) for one in repositories for end in component.images):
        return True
    return any(component.name in by_image(catalogue, [image]) for image in workload.images)


def _by_one_label(workload: Workload, component: Component) -> bool:
    """Whether no entry of several labels fits: charts' own pods carry more than a name."""
    return not any(len(wanted) > 1 and part_of(wanted, workload.labels) for wanted in component.match)


def _as_its_image_says(workload: Workload, catalogue: Catalogue) -> None:
    found = recognise(catalogue, labels={}, images=workload.images, name=workload.name, kind=workload.kind)
    workload.component = found.name if found else ""
    workload.by_label = not found
