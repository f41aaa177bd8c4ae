"""Whether a workload has a second pod of its own to call."""

from __future__ import annotations

from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.generate.owners import are_stores
from cilium_policies.workloads.model import Workload


def is_alone(workload: Workload, known: Known) -> bool:
    """Whether it has none on the ports of this edge between members, and does not say that it joins others."""
    return _is_alone(workload, known) and not _joins_its_own(workload, known)


def _is_alone(workload: Workload, known: Known) -> bool:
    """Whether a workload has no second pod to call. The pods of a Deployment are all alike: they are no primary and
    replicas of a database, though their number is not said."""
    if not workload.rendered:
        return False
    if workload.kind == "Deployment":
        return workload.replicas == 1 or (not workload.replicas and are_stores(known.pod_ports()))
    return workload.kind == "StatefulSet" and workload.replicas == 1


def _joins_its_own(workload: Workload, known: Known) -> bool:
    """Whether an argument tells it to join the others at a Service called after it: it is meant to have some."""
    words = [
        word
        for one in workload.texts
        if one.is_arguments and "join" in one.value
        for word in one.value.split()
    ]
    ends = tuple(f":{port.number}" for port in known.pod_ports())
    return any(workload.name in word and word.endswith(ends) for word in words)
