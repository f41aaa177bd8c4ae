"""Whom of the local network an edge of the catalogue to the outside means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.evidence.edge import CidrPeer, Edge, Evidence, Peer, WorkloadPeer
from cilium_policies.evidence.ends import LOCAL
from cilium_policies.evidence.names import resolve
from cilium_policies.evidence.own_zones import may_be_near
from cilium_policies.evidence.public_names import is_local, is_number, is_of_local_network
from cilium_policies.evidence.reasons import stated
from cilium_policies.generate.facts import WorkloadFacts
from cilium_policies.generate.named import Named, answered, at_port, outside
from cilium_policies.kube.cloud_metadata import EXCEPTED_6
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.catalogue.host import Host


def near_by(
    known: Known, facts: WorkloadFacts, cluster: Cluster, workload: Workload, *, leads_out: bool
) -> Named:
    """Complete where the input names everybody whom an edge to the outside means, and none of them by a name of the
    Internet: addresses and hosts of the local network are its peers, Services of this cluster (an object store)
    evidence finds, and a folder is nobody. So it is on the Internet for an edge of any port, of which evidence
    (`leads_out`: it has some) has each host with its own."""
    namespace, answer = workload.namespace, answered(known, facts, cluster)
    beyond = [one for one in answer.hosts if resolve(cluster, one.name, namespace) is None]
    house = Named(tuple(_also_near(beyond, known.pod_ports(), cluster, namespace)))
    if known.unnamed or answer.missing or not (answer.inside or answer.hosts):
        return house
    if not known.ports:
        return Named(complete=leads_out)
    if not all(not name or resolve(cluster, name, namespace) for name in answer.inside):
        return house
    if not all(is_number(one.name) or is_of_local_network(one.name) for one in beyond):
        return house
    ports = known.pod_ports()
    return Named(
        tuple(
            (peer, at_port(ports, one.port) if one.port else ports)
            for one in beyond
            for peer in _near(one.name, cluster)
        ),
        complete=True,
    )


def to_devices(known: Known, workload: Workload, facts: WorkloadFacts, cluster: Cluster) -> Iterator[Edge]:
    """Of an edge to whatever the local network holds the devices that the own files name by number."""
    if known.near and known.peer == "world" and known.names:
        evidence = Evidence("catalogue", workload, component=known.owner)
        reason = stated(known.why, known.owner, known.number)
        for one in answered(known, facts, cluster).hosts:
            if is_number(one.name) and is_of_local_network(one.name):
                yield Edge(WorkloadPeer(workload), outside(one.name), known.pod_ports(), reason, evidence)


def local_network(cluster: Cluster) -> Iterator[Peer]:
    """What the config says of it, else private addresses of IPv4. Those of IPv6 that its devices have are public ones
    as a rule."""
    yield from map(CidrPeer, cluster.settings.private_cidrs or LOCAL)
    if not cluster.settings.private_cidrs:
        yield CidrPeer("::/0", excepts=EXCEPTED_6)


def _also_near(
    hosts: Iterable[Host], ports: tuple[Port, ...], cluster: Cluster, namespace: str
) -> Iterator[tuple[Peer, tuple[Port, ...]]]:
    """What is called beside public addresses: the local network, where names of the house or of a zone that is called
    so lead. With names in rules the agents follow them there."""
    near = (
        [one for one in hosts if may_be_near(cluster, one.name, namespace)]
        if cluster.settings.fqdn == "false"
        else []
    )
    on = dict.fromkeys(port for one in near for port in (at_port(ports, one.port) if one.port else ports))
    if on:
        yield from ((CidrPeer(block), tuple(on)) for block in cluster.settings.private_cidrs or LOCAL)


def _near(host: str, cluster: Cluster) -> tuple[Peer, ...]:
    """A host of the local network: its name where rules may have names, else where such names resolve to."""
    settings = cluster.settings
    if settings.fqdn == "false" and is_local(host):
        return tuple(map(CidrPeer, settings.private_cidrs or LOCAL))
    return (outside(host),)
