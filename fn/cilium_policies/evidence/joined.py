"""Members that call each other back: whom a program names to join a group, and who learns of it under the address that
its own variable tells the others (`ADVERTISED_HOSTNAME` from `status.podIP`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.ends import backends, workloads_at
from cilium_policies.evidence.names import resolve
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.signs import holds
from cilium_policies.kube.objects import at, mappings, port_number, text
from cilium_policies.kube.pods import TASKS, containers, pod_spec
from cilium_policies.kube.ports import Port, is_of_operations
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_SIGNS = ("oints", "OINTS", "seed", "SEED", "join", "JOIN")
# `initialContactPoints: [zeebe:26502]`, `SEED_NODES=a:7000`, `--join=a:7946`
_JOINS = (
    r"(?i)(?:contact[-_]?points|seed[-_]?(?:nodes|hosts)|(?<![a-z])join(?:[-_]?(?:members|addresses))?)"
    r"[\"'\]]{0,2}[ \t]{0,9}[:=][\s\-\[\"']{0,40}([a-z0-9][a-z0-9.\-]{0,250}):(\d{2,5})\b"
)
_MAY_JOIN = ("oints", "seed", "join")  # the same in a workload's texts
_TELLS = "advertise"
_TOLD = r"(?i)(.*)advertised?_(?:rest_)?(?:host(?:_?name)?|address|addr|ip)"
_OWN = ("status.podIP", "metadata.name")


def edges(cluster: Cluster) -> Iterator[Edge]:
    """From those whom a workload joins to the workload, on the port that it names and listens on itself; and between
    the pods of a workload that tells others where each of them is."""
    for one in cluster.workloads:
        if one.host_network or not one.rendered or one.kind in TASKS:
            continue
        told = _advertised(one) if one.replicas != 1 and one.may_say((_TELLS,)) else []
        if told:
            peer = WorkloadPeer(one)
            yield Edge(peer, peer, tuple(told), Reason("members"), Evidence("peers", one))
        yield from _called_back(cluster, one)


def _called_back(cluster: Cluster, one: Workload) -> Iterator[Edge]:
    listens = {declared.number for declared in one.ports}
    for found in one.texts if listens and one.may_say(_MAY_JOIN) else ():
        line = f"{found.key}={found.value}"
        if not holds(line, _SIGNS):
            continue
        for host, number in dict.fromkeys(re.findall(_JOINS, line)):
            named = resolve(cluster, host, one.namespace)
            if int(number) not in listens or named is None or named.service is None:
                continue
            for member in workloads_at(backends(cluster, named.service, number, "TCP")):
                if member is not one and not member.host_network:
                    evidence = Evidence("peers", one, text=found.without_value())
                    ports = (Port(int(number)),)
                    yield Edge(WorkloadPeer(member), WorkloadPeer(one), ports, Reason("members"), evidence)


def _advertised(one: Workload) -> list[Port]:
    """The ports on which a pod's own address is told to others: the one that stands beside it, else what its container
    declares for clients."""
    for container in containers(pod_spec(one.source)):
        entries = mappings(container.get("env"))
        for entry in entries:
            name = text(entry.get("name"))
            told = re.fullmatch(_TOLD, name) if _TELLS in name.lower() else None
            if told is None or text(at(entry, "valueFrom", "fieldRef", "fieldPath")) not in _OWN:
                continue
            beside = {text(each.get("name")): text(each.get("value")) for each in entries}
            for key in (f"{told[1]}ADVERTISED_PORT", f"{told[1]}PORT"):
                if number := port_number(beside.get(key)):
                    return [Port(number)]
            declared = mappings(container.get("ports"))
            wanted = [each for each in declared if not is_of_operations(text(each.get("name")))]
            numbers = (port_number(each.get("containerPort")) for each in wanted)
            return [Port(number) for number in numbers if number]
    return []
