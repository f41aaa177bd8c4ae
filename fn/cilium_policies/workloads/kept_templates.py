"""Pods of a Job's or a pod's manifest that stands in the configuration of the program which makes them: a controller of
a company's own, with `job.yaml` in its ConfigMap."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cilium_policies.document.parse import parsed
from cilium_policies.kube.access_rules import EVERYWHERE, Bindings
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, mapping, text
from cilium_policies.kube.pods import pod_template
from cilium_policies.workloads.model import Text, Workload
from cilium_policies.workloads.vouched import has_role

_KINDS = ("Job", "Pod", "Deployment", "StatefulSet", "CronJob", "DaemonSet")
_NAMESPACE = (
    r"(?i)(?:^|[\"'\s_.-])[\w.-]{0,40}namespace[\"']?\s{0,9}[:=]\s{0,9}[\"']?([a-z0-9][a-z0-9-]{0,62})"
)
_LONGEST = 100_000  # characters: no template is longer


def kept(
    workloads: list[Workload],
    inventory: Inventory,
    bindings: Callable[[], Bindings],
    read: Callable[[Object], Workload],
) -> Iterator[Workload]:
    """One workload a manifest, for a program that has a role; none where the input shows pods of these labels."""
    for maker in workloads:
        for found in maker.texts if maker.rendered else ():
            if found.kind != "entry" or "containers:" not in found.value or not has_role(maker, bindings):
                continue
            for body in _manifests(found):
                namespace = _namespace(maker, body, inventory, bindings())
                if not namespace:
                    continue
                metadata = {**mapping(body.get("metadata")), "namespace": namespace}
                one = Object({**body, "metadata": metadata}, maker.where)
                made = read(one)
                beside = (each for each in workloads if each.namespace == namespace)
                if made.labels and not any(made.labels.items() <= each.labels.items() for each in beside):
                    made.name = made.name or f"{maker.name}-pods"
                    made.instance = made.release or made.name
                    yield made


def _manifests(found: Text) -> Iterator[Mapping]:
    """The manifests in a text; one that a template still has to fill in may be no YAML."""
    for document in found.value[:_LONGEST].split("\n---"):
        if "kind:" not in document or "containers:" not in document:
            continue
        body = parsed(document)
        if text(body.get("kind")) in _KINDS and pod_template(Object(body)) is not None:
            yield body


def _namespace(maker: Workload, body: Mapping, inventory: Inventory, bindings: Bindings) -> str:
    """Where the pods run: as the manifest says; else the one namespace that its settings name, or that a role of its
    own holds in; else beside the maker. In another namespace than its own only where it has a role: "" where not."""
    account = (maker.namespace, maker.service_account)
    places = {
        *bindings.acts(*account, "batch", "jobs"),
        *bindings.acts(*account, "", "pods"),
        maker.namespace,
    }
    told = text(mapping(body.get("metadata")).get("namespace"))
    if told:
        return told if told in places or EVERYWHERE in places else ""
    named = {name for one in maker.texts for name in re.findall(_NAMESPACE, f"{one.key}: {one.value}")}
    fitting = {
        name
        for name in named - {maker.namespace}
        if (name in places or EVERYWHERE in places) and inventory.get("Namespace", "", name) is not None
    } or (places - {EVERYWHERE, maker.namespace})
    return fitting.pop() if len(fitting) == 1 else maker.namespace
