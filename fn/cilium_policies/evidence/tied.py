"""Objects tied to others: that name whom they are for by its address, that a selector takes up, or that an annotation
gives to a program."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cilium_policies.catalogue.conditions import at, names_at
from cilium_policies.catalogue.recognise import part_of
from cilium_policies.evidence.addresses import targets
from cilium_policies.evidence.names import resolve
from cilium_policies.kube.objects import Mapping, Object, flag, mapping, strings, text
from cilium_policies.kube.secret_writers import WRITERS, labels
from cilium_policies.kube.selectors import selects, selects_namespace
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload


def is_addressed(cluster: Cluster, workload: Workload, one: Object, paths: Collection[str]) -> bool:
    """Whether an address at one of these paths of the object is that of a Service before these pods, or a reference
    there (`{name, namespace}`) names one: an operator's Service is called as its object is."""
    before = cluster.services_for(workload)
    called = [_reference(one, path) for path in paths]
    called += [
        (one.namespace, address.host) for value in names_at(one.body, paths) for address in targets(value)
    ]
    named = (resolve(cluster, name, namespace) for namespace, name in called if name)
    return any(each is not None and each.service in before for each in named)


def refers_to(one: Object, path: str, other: Object) -> bool:
    """Whether an object names another at a path (`{name, namespace}`), in its own namespace where it says none."""
    return _reference(one, path) == (other.namespace, other.name)


def annotated(cluster: Cluster, note: str) -> Iterator[Text]:
    """The Services that an annotation has a program ask, each on its first port."""
    for one in cluster.services:
        if one.source is not None and one.ports and note in one.source.annotations:
            port = one.ports[0]
            url = f"{port.protocol.lower()}://{one.name}.{one.namespace}.svc:{port.port}"
            yield Text("field", "url", url, one.source, f"metadata.annotations.{note}")


def writers(cluster: Cluster, workload: Workload, row: Mapping) -> Iterator[Object]:
    """What writes Secrets with the labels of a row (an ExternalSecret, say), near these pods where the row says so."""
    marks = strings(row.get("marked"))
    for one in cluster.inventory.of(*WRITERS):
        near = one.namespace == workload.namespace or not flag(row.get("near"))
        if near and part_of(marks, labels(one)):
            yield one


def chooses(cluster: Cluster, source: Object, config: Object) -> bool:
    """Whether an Alertmanager takes up a configuration object, as its selectors say, or has it for its main one."""
    main = text(mapping(source.spec.get("alertmanagerConfiguration")).get("name"))
    if main == config.name and source.namespace == config.namespace:
        return True
    stem = config.kind[0].lower() + config.kind[1:]
    spaces = source.spec.get(f"{stem}NamespaceSelector")
    if not isinstance(spaces, dict):
        near = source.namespace == config.namespace
    else:
        namespace = cluster.inventory.get("Namespace", "", config.namespace)
        shown = namespace.labels if namespace is not None else {}
        near = selects_namespace(spaces, config.namespace, shown)
    return near and selects(source.spec.get(f"{stem}Selector"), config.labels)


def _reference(one: Object, path: str) -> tuple[str, str]:
    """Namespace and name in a reference at a path; the name is "" where none stands there."""
    named = mapping(at(one.body, path))
    return text(named.get("namespace")) or one.namespace, text(named.get("name"))
