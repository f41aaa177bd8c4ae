"""Members of one group that talk among themselves: StatefulSets with a headless Service, gossip rings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.ports import SERVERS
from cilium_policies.evidence import joined, systems
from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import at, text
from cilium_policies.kube.pods import TASKS
from cilium_policies.kube.ports import Port, is_of_metrics
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, ServicePort, Workload

# Words in the names of ports (and of the Services before them) over which members find and copy each other.
_AMONG_MEMBERS = frozenset(
    """
    gossip cluster clustering peer peers mesh memberlist members raft galera replication internode intra epmd dist ring
    serf join election leader jgroups hazelcast infinispan transport remoting artery ignite
    """.split()  # noqa: SIM905
)
# Ports that clustering libraries listen on, whatever a container calls them: Akka's and Pekko's remoting, Erlang's port
# mapper, Hazelcast, JGroups, memberlist, Orleans' silos, Ignite.
_BY_NUMBER = frozenset((2552, 4369, 5701, 7800, 7946, 11111, 25520, 47100, 47500))
_REMOTING = frozenset(
    ("remoting", "artery")
)  # beside it the members ask each other's `management`, as Akka's bootstrap does
# Over these the members also speak UDP, whether the container declares it or not.
_UDP_TOO = frozenset(("gossip", "mesh", "memberlist", "serf", "galera"))
_LISTENS_SIGN = "inet_dist_listen_"
_LISTENS = r"inet_dist_listen_(min|max)[\"',\s}]{1,9}(\d{1,5})\b"
_MAPPER = 4369
_WORDS = re.compile(r"[a-z]+")


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """A workload with more than one pod to itself, on its member ports."""
    headless: dict[int, list[Service]] = {}
    for service in cluster.services:
        if service.headless:
            for workload in cluster.backends(service):
                headless.setdefault(id(workload), []).append(service)
    for workload in cluster.workloads:
        if workload.host_network or (workload.replicas == 1 and workload.kind != "DaemonSet"):
            continue
        ports = [
            port
            for port in dict.fromkeys(_member_ports(cluster, workload, headless.get(id(workload), [])))
            if not _is_known_better(workload, port, given)
        ]
        if ports:
            own = WorkloadPeer(workload)
            yield Edge(own, own, tuple(ports), Reason("members"), Evidence("peers", workload))
    for services in headless.values():
        for service in services:
            yield from _programs(cluster, service, given)
    yield from joined.edges(cluster)
    yield from systems.edges(cluster)


def _programs(cluster: Cluster, service: Service, given: Given) -> Iterator[Edge]:
    """The other programs of a release that run the same image as the pods behind a headless Service: such a Service is
    for who addresses its pods one by one, and clients have another one. Where their own configuration names a port of
    it, that is what they call. Where the catalogue says which of a component's pods call which, or which of two entries
    the other, that counts; a Job is no member of a group."""
    for server in cluster.backends(service):
        if server.component in given.grouped and server.by_label:
            continue
        ports = [
            port
            for entry in service.ports
            if not is_of_metrics(entry.name)
            and (port := cluster.target_port(server, entry.target or str(entry.port), entry.protocol))
            and port.number not in SERVERS  # two caches of a release are no group
        ]
        image = _image(server)
        if not (ports and image and server.release) or server.host_network:
            continue
        for client in cluster.in_namespace(server.namespace):
            same = (client.release, _image(client)) == (server.release, image)
            member = client is not server and not client.host_network and client.kind not in TASKS
            named = any(client.mentions(f"{service.name}:{port.number}") for port in ports)
            if same and member and not (named or _are_known(client, server, given)):
                yield Edge(
                    WorkloadPeer(client),
                    WorkloadPeer(server),
                    tuple(ports),
                    Reason("members"),
                    Evidence("peers", service),
                )


def _are_known(client: Workload, server: Workload, given: Given) -> bool:
    """Whether the labels of both tell two entries of the catalogue, which say whom each of them calls."""
    known = {client.component, server.component}
    return len(known) == 2 and known <= given.stated and client.by_label and server.by_label


def _image(one: Workload) -> str:
    """The image of a workload's program without its tag; "" where it is not shown."""
    name = one.images[0].partition("@")[0] if one.images else ""
    path, _, last = name.rpartition("/")
    return f"{path}/{last.partition(':')[0]}".strip("/")


def _is_known_better(workload: Workload, port: Port, given: Given) -> bool:
    """Whether the catalogue says that members speak the other protocol alone there, and no container says this one."""
    other = "UDP" if port.protocol == "TCP" else "TCP"
    one = (workload.component, port.number)
    declared = any(mine.number == port.number and mine.protocol == port.protocol for mine in workload.ports)
    return not declared and (*one, other) in given.members and (*one, port.protocol) not in given.members


def _member_ports(cluster: Cluster, workload: Workload, services: list[Service]) -> Iterator[Port]:
    yield from _distribution(workload)
    yield from systems.configured(workload)
    called = {word for declared in workload.ports for word in _WORDS.findall(declared.name.lower())}
    for declared in workload.ports:
        one = Port(declared.number, declared.protocol)
        yield from _twins(one, declared.name)
        if one.number in _BY_NUMBER or (called & _REMOTING and "management" in declared.name.lower()):
            yield one
    own = _governing(workload)
    for service in services:
        # A StatefulSet names the Service by which its members address each other; whatever that one lists is
        # for them, where the ports do not say more. Other headless Services are for clients too.
        named = [entry for entry in service.ports if _is_for_members(entry.name)]
        unnamed = [entry for entry in service.ports if not is_of_metrics(entry.name)]
        if workload.kind == "StatefulSet" and service.name == own:
            named = [*named, *_for_nobody_else(cluster, workload, service, unnamed)] if named else unnamed
        elif not named and _is_for_members(service.name):
            named = unnamed[:1]  # such Services often repeat the client ports behind the one that counts
        for entry in named:
            port = cluster.target_port(workload, entry.target or str(entry.port), entry.protocol)
            if port is not None:
                yield from _twins(port, entry.name) if _is_for_members(entry.name) else [port]


def _for_nobody_else(
    cluster: Cluster, workload: Workload, own: Service, entries: list[ServicePort]
) -> Iterator[ServicePort]:
    """The ports of the Service by which members address each other that no Service for clients lists as well:
    ZooKeeper's `server` beside `leader-election`, where 2181 is another Service's."""
    others = [one for one in cluster.services_for(workload) if one.name != own.name and not one.headless]
    listed = {
        said for one in others for entry in one.ports for said in (entry.target, str(entry.port)) if said
    }
    for entry in entries if others else ():
        if entry.port not in SERVERS and listed.isdisjoint((entry.target, str(entry.port))):
            yield entry


def _distribution(workload: Workload) -> Iterator[Port]:
    """Ports on which Erlang's nodes reach each other, where a variable or file gives the range, and their mapper's."""
    for found in workload.texts if workload.may_say((_LISTENS_SIGN,)) else ():
        told: dict[str, str] = {}
        if _LISTENS_SIGN in found.value:
            told.update(re.findall(_LISTENS, found.value))
        if "min" in told:
            first, last = int(told["min"]), int(told.get("max", told["min"]))
            yield Port(first, end=last if last > first else 0)
            yield Port(_MAPPER)


def _twins(port: Port, name: str) -> Iterator[Port]:
    if _is_for_members(name):
        yield port
        if _UDP_TOO & set(_WORDS.findall(name.lower())):
            yield port._replace(protocol="UDP" if port.protocol == "TCP" else "TCP")


def _governing(workload: Workload) -> str:
    return text(at(workload.source.body, "spec", "serviceName")) if workload.source is not None else ""


def _is_for_members(name: str) -> bool:
    return bool(_AMONG_MEMBERS & set(_WORDS.findall(name.lower())))
