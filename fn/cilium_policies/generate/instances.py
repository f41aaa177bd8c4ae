"""Instances of a component: a release or an operator's object with its pods."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.ports import Port
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

Instance = tuple[str, str]  # namespace and name


class Withheld(NamedTuple):
    """A client that may call one of these servers, and nothing says which, or of the only one that it does. `seldom`:
    few installations do, the only one is another program's own, the program runs without any, or its configuration,
    less what is called after credentials, is shown and names none."""

    client: Workload
    servers: tuple[Workload, ...]
    ports: tuple[Port, ...]
    seldom: bool = False


def operated(client: Workload, servers: list[Workload]) -> list[Workload]:
    """Of the servers of an operator those that are made from custom resources: it looks after all of them, whoever else
    runs pods that look like them."""
    return [one for one in servers if not one.rendered] if "operator" in client.component else []


def is_operated(client: Workload, servers: list[Workload]) -> bool:
    """Whether pods that are made from an object call a controller: of several it is the one beside them."""
    made = not (client.rendered or client.release)
    return made and all(one.rendered or one.release for one in servers)


def instance(one: Workload) -> Instance:
    return (one.namespace, one.instance)


def acts_on(cluster: Cluster, client: Workload, server: Workload) -> bool:
    """Whether a controller is one for a server: of pods that come of an object, more than a label has to say so."""
    if server.rendered or server.chart or server.source is None or client.by_image:
        return True
    return cluster.acts_for(client, server.namespace, server.source.group)


def groups(subjects: list[Workload]) -> Iterator[list[Workload]]:
    """Workloads that may share a policy: those of one component's instance; all others stand alone."""
    found: dict[tuple[str, str], list[Workload]] = {}
    for one in sorted(subjects, key=lambda one: (one.name, one.kind)):  # whatever the order of the input
        key = (one.component, one.instance) if one.component else ("", f"{one.kind}/{one.name}")
        found.setdefault(key, []).append(one)
    yield from found.values()
