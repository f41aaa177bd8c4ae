"""Objects that a controller made, as a running cluster shows them beside what made them.

In a build every object stands for its pods. A dump of a cluster (`kubectl get … -o yaml`) also holds the ReplicaSets
of Deployments, the Pods of both and the Jobs of CronJobs: where the owner is there they say nothing new. Pods whose
owner is not there (or is a custom resource) are one workload an owner, by the labels that all of them share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.labels import RELEASE_NAME
from cilium_policies.kube.objects import Mapping, Object, at, flag, mapping, mappings, strings, text
from cilium_policies.kube.pods import WORKLOAD_KINDS, containers, pod_template
from cilium_policies.lean import NamedTuple

_RUNS = ("Pod", "ReplicaSet", "Job")  # of which an owner makes many; the others are one workload each
_ENDED = ("Succeeded", "Failed")
_ABOVE = {"ReplicaSet": ("Deployment", "Rollout"), "Job": ("CronJob",)}
_TEMPLATE_HASH = "pod-template-hash"
_RUN = r"-\d{6,}\Z"  # a CronJob's Job ends in the minutes since 1970


class Made(NamedTuple):
    """What stands for pods: an object with its pod template, and the name and kind of what owns it ("" for itself)."""

    one: Object
    template: Mapping
    name: str = ""
    kind: str = ""


def standing(inventory: Inventory) -> Iterator[Made]:
    """The objects of an input that stand for pods, in input order within a kind."""
    folded: dict[_Key, list[Object]] = {}
    made: list[tuple[Object, _Key | None]] = []
    for one in inventory.of(*sorted(WORKLOAD_KINDS)):
        owner = {} if ended(one) else controller(one)
        if ended(one) or (owner and _is_shown(inventory, one, owner)):
            continue
        key = _key(one, owner) if owner and one.kind in _RUNS else None
        if key is None or key not in folded:
            made.append((one, key))
        if key is not None:
            folded.setdefault(key, []).append(one)
    for one, key in made:
        template = pod_template(one)
        if template is not None and key is None:
            yield Made(one, template)
        elif template is not None and key is not None:
            kind = key.kind if one.kind == "Pod" and key.kind != "Node" else ""
            yield Made(one, _common(template, folded[key]), key.name, kind)


class _Key(NamedTuple):
    """What pods of one owner share: programs too, as an owner may run several."""

    namespace: str
    kind: str
    name: str
    programs: tuple[str, ...]


def _key(one: Object, owner: Mapping) -> _Key:
    kind, name = _root(one, owner)
    spec = mapping(mapping(pod_template(one)).get("spec"))
    return _Key(one.namespace, kind, name, tuple(sorted(text(it.get("name")) for it in containers(spec))))


def ended(one: Object) -> bool:
    """Whether the object is a Pod that runs no more: it connects to nobody."""
    return one.kind == "Pod" and text(at(one.body, "status", "phase")) in _ENDED


def controller(one: Object) -> Mapping:
    """The owner that manages the object, empty without one."""
    owners = mappings(one.metadata.get("ownerReferences"))
    if not owners:
        return {}
    return next((owner for owner in owners if flag(owner.get("controller"))), owners[0])


def _root(one: Object, owner: Mapping) -> tuple[str, str]:
    """The kind and name of the topmost owner that the object's own text tells of."""
    kind, name = text(owner.get("kind")), text(owner.get("name"))
    if kind == "ReplicaSet":
        mark = one.labels.get(_TEMPLATE_HASH, "")
        if mark and name.endswith(f"-{mark}"):
            return "Deployment", name[: -len(mark) - 1]
    if kind == "Job" and re.search(_RUN, name):
        return "CronJob", re.sub(_RUN, "", name)
    if kind == "Node":  # a static pod is called after its node
        return kind, one.name.removesuffix(f"-{name}")
    return kind, name


def _is_shown(inventory: Inventory, one: Object, owner: Mapping) -> bool:
    """Whether a workload above the object is in the input."""
    own, (kind, name) = text(owner.get("kind")), _root(one, owner)
    if own in WORKLOAD_KINDS and inventory.get(own, one.namespace, text(owner.get("name"))):
        return True
    above = (kind, *_ABOVE.get(own, ()))
    return any(each in WORKLOAD_KINDS and inventory.get(each, one.namespace, name) for each in above)


def _common(template: Mapping, members: Iterable[Object]) -> Mapping:
    """The template with the labels that the pods of all members carry."""
    labels = [strings(at(pod_template(one), "metadata", "labels")).items() for one in members]
    if len(labels) < 2:
        return template
    shared = dict(set(labels[0]).intersection(*map(set, labels[1:])))
    ordered = {key: value for key, value in dict(labels[0]).items() if key in shared}
    return {**template, "metadata": {**mapping(template.get("metadata")), "labels": ordered}}


def installed(inventory: Inventory) -> set[tuple[str, str, str]]:
    """The releases whose objects the input shows: ("helm", namespace, name) by Helm's annotations, ("flux", namespace,
    name) by Flux's labels of a HelmRelease, ("argo", "", name) by Argo CD's tracking."""
    found: set[tuple[str, str, str]] = set()
    for one in inventory.of(*sorted(WORKLOAD_KINDS)):
        marks = one.annotations
        if name := marks.get(RELEASE_NAME):
            found.add(("helm", marks.get("meta.helm.sh/release-namespace", one.namespace), name))
        if tracked := marks.get("argocd.argoproj.io/tracking-id"):
            found.add(("argo", "", tracked.partition(":")[0].rpartition("_")[2]))
        labels = one.labels
        if name := labels.get("helm.toolkit.fluxcd.io/name"):
            found.add(("flux", labels.get("helm.toolkit.fluxcd.io/namespace", one.namespace), name))
    return found
