"""Instances of a component: a release or an operator's object with its pods."""

from __future__ import annotations

from cilium_policies.kube.pods import TASKS
from cilium_policies.workloads.model import Workload

Instance = tuple[str, str]  # namespace and name


def operates(client: Workload, servers: list[Workload]) -> bool:
    """Whether an operator calls pods that are made from custom resources: it looks after all of them."""
    return "operator" in client.component and all(not one.rendered for one in servers)


def same_instance(client: Workload, servers: list[Workload]) -> list[Workload]:
    """Of several instances in one namespace the client's own, where there is one: what an operator makes of one object
    belongs together. A Job serves nobody."""
    if client.rendered and not client.release:
        return servers
    own = [one for one in servers if one.instance == client.instance]
    return own if any(one.kind not in TASKS for one in own) else servers


def is_operated(client: Workload, servers: list[Workload]) -> bool:
    """Whether pods that are made from an object call a controller: of several it is the one beside them."""
    made = not (client.rendered or client.release)
    return made and all(one.rendered or one.release for one in servers)


def instance(one: Workload) -> Instance:
    return (one.namespace, one.instance)
