"""Where the pod template stands in each kind that makes pods, and what is read from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, port_number, sequence, text
from cilium_policies.kube.ports import TRANSPORTS, Port
from cilium_policies.kube.templates import templates
from cilium_policies.lean import Any

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
_GROUPS = {"Rollout": ("argoproj.io",), "Pod": ("",), "ReplicationController": ("",)}
# Their specs hold values of charts and patches, which only look like pod templates, and are long.
_VALUES = frozenset(("HelmRelease", "HelmChart", "Application", "ApplicationSet", "Kustomization"))
_USUAL_GROUPS = ("apps", "batch", "extensions")
WORKLOAD_KINDS = frozenset(_TEMPLATES)
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
TASKS = ("Job", "CronJob")  # which end, and serve nobody
_TESTS = frozenset(("test", "test-success", "test-failure"))  # hooks that `helm test` runs
_NO_PODS: Mapping = {}  # kept in place of a template: a custom resource is not searched for one again and again


def pod_template(one: Object) -> Mapping | None:
    """The mapping with the pods' `metadata` and `spec`; None where the kind makes no pods."""
    if one.template is None:
        found = _template(one)
        one.template = _NO_PODS if found is None else found
    return None if one.template is _NO_PODS else one.template


def _template(one: Object) -> Mapping | None:
    path = _TEMPLATES.get(one.kind)
    if path is None or not _is_usual(one):
        return next(templates(one.spec), None) if "." in one.group and one.kind not in _VALUES else None
    return mapping(at(one.body, *path))


def _is_usual(one: Object) -> bool:
    """Whether the kind is the one that everybody means: others have a Job of their own (batch.volcano.sh)."""
    groups = _GROUPS.get(one.kind, _USUAL_GROUPS)
    return one.group in groups or (not one.group and one.kind not in _GROUPS)


def is_test(one: Object | None) -> bool:
    """Whether its pods only try out a release, when somebody asks Helm for it: a client of the program, no instance."""
    hooks = one.annotations.get("helm.sh/hook", "") if one is not None else ""
    return "test" in hooks and not _TESTS.isdisjoint(map(str.strip, hooks.split(",")))


def pod_spec(one: Object | None) -> Mapping:
    """The pods' `spec`; empty where there is no object, or it makes no pods."""
    template = pod_template(one) if one is not None else None
    return mapping(template.get("spec")) if template is not None else {}


def containers(spec: Mapping) -> list[Mapping]:
    """Containers of a pod spec, then its init containers (sidecars among them)."""
    main, first = mappings(spec.get("containers")), spec.get("initContainers")
    return main + mappings(first) if first else main


def commands_beside(container: Mapping) -> list[list[Any]]:
    """The words of each command that runs in a container beside its program, with its network: of a probe, and of a
    hook of its life. Requests that these name otherwise the kubelet makes."""
    beside = [container[key] for key in PROBES if key in container]
    if "lifecycle" in container:
        beside += mapping(container["lifecycle"]).values()
    return [sequence(at(one, "exec", "command")) for one in beside if isinstance(one, dict) and "exec" in one]


def container_ports(within: Iterable[Mapping]) -> Iterator[Port]:
    """The ports that containers declare."""
    for container in within:
        for entry in mappings(container.get("ports")):
            number = port_number(entry.get("containerPort"))
            protocol = text(entry.get("protocol")) or "TCP"
            if number and protocol in TRANSPORTS:
                yield Port(number, protocol, text(entry.get("name")))


def published_ports(spec: Mapping) -> Iterator[Mapping]:
    """The ports of a pod spec that its node has as well, as hostPorts."""
    for container in containers(spec):
        for entry in mappings(container.get("ports")):
            if port_number(entry.get("hostPort")) and port_number(entry.get("containerPort")):
                yield entry


def mounted(spec: Mapping) -> Iterator[tuple[tuple[str, str], set[str] | None]]:
    """Kind and name of the ConfigMaps and Secrets of a pod spec's volumes, each with the keys that become files; None
    for all of them."""
    for volume in mappings(spec.get("volumes")):
        projected = mappings(at(volume, "projected", "sources")) if "projected" in volume else []
        for source in (volume, *projected):
            for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
                if field not in source:
                    continue
                one = mapping(source[field])
                keys = {text(item.get("key")) for item in mappings(one.get("items"))}
                if name := text(one.get("secretName")) or text(one.get("name")):
                    yield (kind, name), keys or None
