"""Objects that name whom they are for by its address: what they say is for the pods behind that Service alone."""

from __future__ import annotations

from collections.abc import Collection

from cilium_policies.catalogue.conditions import at, names_at
from cilium_policies.evidence.addresses import targets
from cilium_policies.evidence.names import resolve
from cilium_policies.kube.objects import Object, mapping, text
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload


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


def _reference(one: Object, path: str) -> tuple[str, str]:
    """Namespace and name in a reference at a path; the name is "" where none stands there."""
    named = mapping(at(one.body, path))
    return text(named.get("namespace")) or one.namespace, text(named.get("name"))
