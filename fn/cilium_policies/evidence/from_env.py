"""Fields of a scaler that name a variable of the program which is scaled (`hostFromEnv: BROKER_URL`), as KEDA has them:
who asks for the number of waiting messages calls what that variable says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.kube.objects import Object, at, mapping, mappings, text, walk_strings
from cilium_policies.kube.pods import containers, pod_spec
from cilium_policies.workloads.address_keys import names_address
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload

_END, _TARGETS = "FromEnv", "secretTargetRef"
_CONNECTION = "connection"  # a whole string with the host in it: `connection`, `connectionString`


def filled_in(cluster: Cluster, one: Object, said: Iterable[Text]) -> Iterator[Text]:
    """An object's fields, and what those say that name a variable, below the key that the value itself would have."""
    for found in said:
        yield found
        if not found.key.endswith(_END):
            continue
        for workload in _scaled(cluster, one):
            values = (
                each.value for each in workload.texts if each.key == found.value and each.kind != "value"
            )
            yield from (found._replace(key=found.key[: -len(_END)], value=value) for value in values)


def kept_in(cluster: Cluster, one: Object) -> Iterator[tuple[str, str]]:
    """Namespace and name of the Secrets from which the scaled program has the variables that an object's fields name,
    and of those that an object names for an address itself."""
    for row in mappings(one.spec.get(_TARGETS)):
        parameter = text(row.get("parameter"))
        if names_address(parameter) or parameter.startswith(_CONNECTION):
            yield one.namespace, text(row.get("name"))
    if not one.may_say((_END.encode(),)):
        return
    named = {value for path, value in walk_strings(one.spec) if path.endswith(_END)}
    for workload in _scaled(cluster, one) if named else ():
        for container in containers(pod_spec(workload.source)):
            for entry in mappings(container.get("env")):
                reference = mapping(at(entry, "valueFrom", "secretKeyRef"))
                if reference and text(entry.get("name")) in named:
                    yield one.namespace, text(reference.get("name"))


def _scaled(cluster: Cluster, one: Object) -> Iterator[Workload]:
    """The program whose pods such an object counts."""
    name = text(at(one.body, "spec", "scaleTargetRef", "name")) or one.name
    yield from (workload for workload in cluster.in_namespace(one.namespace) if workload.name == name)
