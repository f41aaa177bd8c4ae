"""Where the pod template stands in each kind that makes pods, and what is read from it."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings

# kind → the path below the object at which its pod template (metadata and spec) stands
_TEMPLATES: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Rollout": ("spec", "template"),
    "Pod": (),
}
_GROUPS = {"Rollout": "argoproj.io"}
WORKLOAD_KINDS = frozenset(_TEMPLATES)


def pod_template(one: Object) -> Mapping | None:
    """The mapping with the pods' `metadata` and `spec`; None where the kind makes no pods."""
    path = _TEMPLATES.get(one.kind)
    if path is None or (one.kind in _GROUPS and one.group != _GROUPS[one.kind]):
        return None
    return mapping(at(one.body, *path))


def pod_spec(one: Object | None) -> Mapping:
    """The pods' `spec`; empty where there is no object, or it makes no pods."""
    return mapping(mapping(pod_template(one) if one is not None else None).get("spec"))


def containers(spec: Mapping) -> Iterator[Mapping]:
    """Containers of a pod spec, then its init containers (sidecars among them)."""
    yield from mappings(spec.get("containers"))
    yield from mappings(spec.get("initContainers"))
