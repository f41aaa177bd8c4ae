"""Load balancers whose data plane is outside of the cluster: a cloud's, which call pods by their own addresses.

The controller that sets one up (AWS Load Balancer Controller, GKE's, Azure's) runs in the cluster and never sends
a request to an application. The clients are addresses: `spec.cluster.loadBalancerCIDRs`, else the provider's
published ranges, else anybody outside, as a load balancer with target type ip calls from the company's own network.
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.clouds import LoadBalancer
from cilium_policies.evidence.edge import Edge, Evidence, Peer
from cilium_policies.evidence.ends import WORLD, backends, cidr, ends
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import Object, at, mapping, port_number, text
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service

_BACKEND_CONFIG = ("cloud.google.com/backend-config", "beta.cloud.google.com/backend-config")


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """Load balancers to the pods behind each TargetGroupBinding, and to the ports that they check."""
    yield from _health_checks(cluster, given)
    for one in cluster.inventory.of("TargetGroupBinding", group="elbv2.k8s.aws"):
        reference = mapping(one.spec.get("serviceRef"))
        service = cluster.service(one.namespace, text(reference.get("name")))
        for end, port in backends(cluster, service, text(reference.get("port"))) if service else ():
            for client in tuple(map(cidr, given.balancers)) or (WORLD,):
                yield Edge(client, end, (port,), Reason("load-balancer"), Evidence("route", one))


def _health_checks(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """Where an object says that a load balancer checks another port than the one it serves."""
    configs = cluster.inventory.of("BackendConfig", group="cloud.google.com")
    for service in cluster.services if configs else ():
        notes = service.source.annotations if service.source is not None else {}
        note = next((text(notes[key]) for key in _BACKEND_CONFIG if key in notes), "")
        for one in configs:
            if one.namespace == service.namespace and f'"{one.name}"' in note:
                yield from _checked(cluster, given, one, service, at(one.spec, "healthCheck", "port"))
    for one in cluster.inventory.of("HealthCheckPolicy", group="networking.gke.io"):
        named = cluster.service(one.namespace, text(at(one.spec, "targetRef", "name")))
        for how in mapping(at(one.spec, "default", "config")).values():
            if named is not None and isinstance(how, dict):
                yield from _checked(cluster, given, one, named, how.get("port"))


def _checked(cluster: Cluster, given: Given, one: Object, service: Service, port: object) -> Iterator[Edge]:
    number = port_number(port)
    if number:
        for workload in cluster.backends(service):
            for client in clients(given, "k8s.io/ingress-gce", "gce"):
                for end in ends(workload):
                    yield Edge(client, end, (Port(number),), Reason("load-balancer"), Evidence("route", one))


def clients(given: Given, controller: str, name: str) -> tuple[Peer, ...]:
    """Where requests come from whose class is of this controller ("" not known) and has this name; empty where it is
    no load balancer outside."""
    found = _of(given, controller, name)
    if found is None:
        return ()
    ranges = tuple(dict.fromkeys((*given.balancers, *found.ranges)))
    return tuple(map(cidr, ranges)) or (WORLD,)


def _of(given: Given, controller: str, name: str) -> LoadBalancer | None:
    """Of several that one controller sets up the one whose class has this name, else the least that is known."""
    found = [one for cloud in given.clouds for one in cloud.load_balancers if one.serves(controller, name)]
    return next((one for one in found if one.is_called(name)), found[-1] if found else None)
