"""What the spec of an operator's object says of its pods, and which of its fields are for other pods of its."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import MadeBy
from cilium_policies.kube.objects import Mapping, at, mapping, mappings, strings, text
from cilium_policies.lean import Any


def elsewhere(catalogue: Catalogue, group: str, kind: str, entry: MadeBy) -> Callable[[str], bool]:
    """Whether the field at a path of an object is for other pods than these: it stands in a section that switches
    others of its workloads on (`spec.transformer`), but for those around its own, or in another member of the list or
    mapping for each of whose members there are such pods."""
    own = entry.enabled if isinstance(entry.enabled, str) else ""
    every = (one.enabled for _, one in catalogue.made_by(group, kind) if isinstance(one.enabled, str))
    sections = tuple(one for one in dict.fromkeys(every) if not _is_below(own, one))

    def found(path: str) -> bool:
        if any(_is_below(path, one) for one in sections):
            return True
        return (
            entry.member != ""
            and path != entry.each
            and _is_below(path, entry.each)
            and not _is_below(path, entry.member)
        )

    return found


def _is_below(path: str, section: str) -> bool:
    return path.startswith(section) and path[len(section) :][:1] in ("", ".", "[")


# The fields below which operators take a template of their pods; of several kinds of pods none speaks for all.
_TEMPLATES = (
    "podTemplate",
    "podTemplateSpec",
    "template",
    "daemonSet",
    "deployment",
    "statefulSet",
    "pod",
    "spec",
)


def host_network_of(spec: Mapping) -> object:
    """`hostNetwork` of an object's spec, or of the template of its pods; None where neither says it."""
    told = spec.get("hostNetwork")
    below = (spec[key] for key in _TEMPLATES if told is None and isinstance(spec.get(key), dict))
    return told if told is not None else next(filter(None, map(host_network_of, below)), None)


def account_of(spec: Mapping, is_elsewhere: Callable[[str], bool]) -> str:
    """`serviceAccountName` of an object's spec, or of the first template of its pods that names one; also by its older
    name `serviceAccount`, which holds a mapping where it is another thing."""
    keys = ("serviceAccountName", "serviceAccount")
    named = (text(one.get(key)) for one in _own(spec, "spec", is_elsewhere) for key in keys)
    return next(filter(None, named), "")


# The fields of operators' objects that hold metadata of pods: CloudNativePG's `inheritedMetadata`, `podMetadata` of
# Prometheus, MariaDB and Dragonfly, the templates of ECK (`podTemplate`), Strimzi (`template.pod`) and Kubernetes, the
# list of them of Altinity's ClickHouse (`podTemplates`).
_POD_METADATA = ("inheritedMetadata", "inheritMetadata", "podMetadata")
_POD_TEMPLATES = ("podTemplate", "pod", "template")


def annotations_of(spec: Mapping, is_elsewhere: Callable[[str], bool]) -> dict[str, str]:
    """The annotations that an object's spec gives to its pods."""
    found: dict[str, str] = {}
    for one in _own(spec, "spec", is_elsewhere):
        for key, told in one.items():
            if key == "podAnnotations":
                found |= strings(told)
            elif key in _POD_METADATA:
                found |= strings(mapping(told).get("annotations"))
            elif key in _POD_TEMPLATES:
                found |= strings(at(mapping(told), "metadata", "annotations"))
            elif key == "podTemplates":
                for each in mappings(told):
                    found |= strings(at(each, "metadata", "annotations"))
    return found


def _own(spec: Any, path: str, is_elsewhere: Callable[[str], bool], depth: int = 6) -> Iterator[Mapping]:
    """The mappings of an object's spec that are for these pods, each before those within it."""
    if is_elsewhere(path):
        return
    if isinstance(spec, list):
        for place, one in enumerate(spec):
            yield from _own(one, f"{path}[{place}]", is_elsewhere, depth - 1)
    elif isinstance(spec, dict) and depth:
        yield spec
        for key, one in spec.items():
            if isinstance(one, (dict, list)):
                yield from _own(one, f"{path}.{key}", is_elsewhere, depth - 1)
