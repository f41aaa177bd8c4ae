"""Fields of a scaler that name a variable of the program which is scaled (`hostFromEnv: BROKER_URL`), as KEDA has them:
who asks for the number of waiting messages calls what that variable says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.kube.objects import Object, at, text
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text

_END = "FromEnv"


def filled_in(cluster: Cluster, one: Object, said: Iterable[Text]) -> Iterator[Text]:
    """An object's fields, and what those say that name a variable, below the key that the value itself would have."""
    for found in said:
        yield found
        if not found.key.endswith(_END):
            continue
        scaled = text(at(one.body, "spec", "scaleTargetRef", "name")) or one.name
        for workload in cluster.in_namespace(one.namespace):
            if workload.name == scaled:
                values = (
                    each.value for each in workload.texts if each.key == found.value and each.kind != "value"
                )
                yield from (found._replace(key=found.key[: -len(_END)], value=value) for value in values)
