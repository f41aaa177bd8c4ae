"""Controllers of an app-template release: Deployments, StatefulSets, DaemonSets, CronJobs and Jobs."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, Object, at, mapping, strings
from cilium_policies.lean import Any
from cilium_policies.workloads.releases.app_containers import container, enabled_containers
from cilium_policies.workloads.releases.app_names import Frame
from cilium_policies.workloads.releases.app_objects import account_name
from cilium_policies.workloads.releases.values import enabled, scalar

_KINDS = {
    "deployment": ("apps/v1", "Deployment"),
    "statefulset": ("apps/v1", "StatefulSet"),
    "daemonset": ("apps/v1", "DaemonSet"),
    "cronjob": ("batch/v1", "CronJob"),
    "job": ("batch/v1", "Job"),
}
_OPTIONS = ("hostNetwork", "dnsPolicy", "dnsConfig", "hostAliases", "hostname", "shareProcessNamespace")


def workloads(frame: Frame) -> Iterator[Object]:
    """One workload for each enabled controller."""
    for key, controller in frame.controllers.items():
        version, kind = _KINDS.get(scalar(controller.get("type")) or "deployment", ("", ""))
        if not kind:
            continue
        name = frame.object_name("controller", key, controller, len(frame.controllers))
        template: Mapping = {
            "metadata": _pod_metadata(frame, key, controller),
            "spec": _pod_spec(frame, key, controller),
        }
        yield frame.made(
            version, kind, name, controller, {"spec": _spec(frame, kind, key, controller, template)}
        )


def _spec(frame: Frame, kind: str, key: str, controller: Mapping, template: Mapping) -> Mapping:
    if kind == "CronJob":
        schedule = at(controller, "cronjob", "schedule")
        return {"schedule": schedule, "jobTemplate": {"spec": {"template": template}}}
    if kind == "Job":
        return {"template": template}
    spec: Mapping = {"selector": {"matchLabels": frame.controller_selector(key)}, "template": template}
    if kind != "DaemonSet":
        spec["replicas"] = controller.get("replicas") or "1"
    if kind == "StatefulSet":
        spec["serviceName"] = _governing_service(frame, controller)
    return spec


def _governing_service(frame: Frame, controller: Mapping) -> str:
    said = at(controller, "statefulset", "serviceName")
    if isinstance(said, dict):
        return frame.service_name(scalar(said.get("identifier")))
    return scalar(said) or frame.fullname


def _pod_metadata(frame: Frame, key: str, controller: Mapping) -> Mapping:
    annotations = {
        **strings(at(frame.values, "defaultPodOptions", "annotations")),
        **strings(at(controller, "pod", "annotations")),
    }
    return {"labels": pod_labels(frame, key, controller), "annotations": annotations}


def pod_labels(frame: Frame, key: str, controller: Mapping) -> dict[str, str]:
    """The labels that the pods surely carry."""
    common = strings(at(frame.values, "defaultPodOptions", "labels"))
    own = strings(at(controller, "pod", "labels"))
    wide: dict[str, str] = {}
    if at(frame.values, "global", "propagateGlobalMetadataToPods") == "true":
        wide = strings(at(frame.values, "global", "labels"))
    selector = frame.controller_selector(key)
    if frame.major >= 5 or not frame.major:
        # 5.x lets a pod's labels replace the default ones, and lets the selector's win over both
        return {**wide, **(own or common), **selector}
    if common and len(frame.controllers) > 1 and scalar(controller.get("type")) in ("cronjob", "job"):
        # 3.x and 4.x write the controller label into the shared map of default labels, so that it may be
        # another controller's; the API server refuses that for all but Jobs
        selector.pop(frame.controller_label, None)
    return {**wide, **selector, **common, **own}


def _option(frame: Frame, controller: Mapping, name: str) -> Any:
    """A pod option: the controller's own before the release's; an empty one counts as none."""
    own = at(controller, "pod", name)
    return own if own not in (None, "", {}, []) else at(frame.values, "defaultPodOptions", name)


def _pod_spec(frame: Frame, key: str, controller: Mapping) -> Mapping:
    spec: Mapping = {"serviceAccountName": account_name(frame, controller)}
    for name in _OPTIONS:
        if (value := _option(frame, controller, name)) not in (None, "", {}, []):
            spec[name] = value
    token = _option(frame, controller, "automountServiceAccountToken")
    if token is None and frame.major:
        token = "true" if frame.major < 5 else "false"
    if token is not None:
        spec["automountServiceAccountToken"] = token
    spec["containers"] = [
        container(frame, key, controller, *one) for one in enabled_containers(controller, "containers")
    ]
    if inits := enabled_containers(controller, "initContainers"):
        spec["initContainers"] = [container(frame, key, controller, *one, init=True) for one in inits]
    if volumes := list(_volumes(frame, key)):
        spec["volumes"] = volumes
    return spec


def _volumes(frame: Frame, controller: str) -> Iterator[Mapping]:
    """The volumes that hold configuration or a token; disks tell nothing of the network."""
    for key, entry in mapping(frame.values.get("persistence")).items():
        if not isinstance(entry, dict) or not enabled(entry) or not _mounted(entry, controller):
            continue
        kind = scalar(entry.get("type"))
        name = scalar(entry.get("name"))
        if kind == "configMap":
            found = frame.named("configMap", "configMaps").get(scalar(entry.get("identifier")))
            yield {"name": key, "configMap": {"name": name or found or ""}}
        elif kind == "secret":
            found = frame.named("secret", "secrets").get(scalar(entry.get("identifier")))
            yield {"name": key, "secret": {"secretName": name or found or ""}}
        elif kind == "custom":
            yield {"name": key, **mapping(entry.get("volumeSpec"))}


def _mounted(entry: Mapping, controller: str) -> bool:
    advanced = mapping(entry.get("advancedMounts"))
    return not advanced or bool(entry.get("globalMounts")) or controller in advanced
