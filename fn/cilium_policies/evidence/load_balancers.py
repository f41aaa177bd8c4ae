"""Load balancers whose data plane is outside of the cluster: a cloud's, which call pods by their own addresses.

The controller that sets one up (AWS Load Balancer Controller, GKE's, Azure's) runs in the cluster and never sends
a request to an application. The clients are addresses: `spec.cluster.loadBalancerCIDRs`, else the provider's
published ranges, else anybody outside, as a load balancer with target type ip calls from the company's own network.
That network alone where the load balancer is internal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cilium_policies.catalogue.clouds import LoadBalancer
from cilium_policies.evidence.edge import Edge, Evidence, Peer
from cilium_policies.evidence.ends import WORLD, backends, cidr, ends, inside
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.internal_balancers import says_internal
from cilium_policies.kube.objects import Object, at, mapping, port_number, text
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service

_SCHEME = "alb.ingress.kubernetes.io/scheme"
_GROUP = "alb.ingress.kubernetes.io/group.name"
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


def clients(given: Given, controller: str, name: str, is_internal: bool = False) -> tuple[Peer, ...]:
    """Where requests come from whose class is of this controller ("" not known) and has this name; empty where it is
    no load balancer outside. `is_internal`: an object says that this one has no public clients."""
    found = _of(given, controller, name)
    if found is None:
        return ()
    ranges = dict.fromkeys(map(cidr, (*given.balancers, *found.ranges)))
    if (is_internal or found.internal) and not given.balancers:
        return tuple(dict.fromkeys((*ranges, *inside(given.private))))
    return tuple(ranges) or (WORLD,)


def of_ingress(
    cluster: Cluster, given: Given, one: Object, controller: str, name: str, chosen: Sequence[Object]
) -> tuple[Peer, ...]:
    """The same for an Ingress of the class `chosen`, which the input may not show."""
    if not clients(given, controller, name):
        return ()
    return clients(given, controller, name, _is_internal(cluster, one, chosen))


def _is_internal(cluster: Cluster, one: Object, chosen: Sequence[Object]) -> bool:
    """Whether an Ingress, its class's parameters or, where neither says, others of its group (one load balancer for
    all, whose scheme one of them may say) ask for no public address. kubernetes-sigs/aws-load-balancer-controller:
    guide/ingress/ingress_class.md, "spec.scheme"; guide/ingress/annotations.md, "IngressGroup" and "Exclusive"."""
    for entry in chosen:
        wanted = text(at(entry.spec, "parameters", "name"))
        found = cluster.inventory.get("IngressClassParams", "", wanted) if wanted else None
        if found is not None and (scheme := text(found.spec.get("scheme"))):
            is_single = not text(found.spec.get("ipAddressType")).startswith("dualstack")
            return is_single and says_internal({**one.annotations, _SCHEME: scheme})
    if one.annotations.get(_SCHEME) or not (group := one.annotations.get(_GROUP)):
        return says_internal(one.annotations)
    others = [
        each.annotations
        for each in cluster.inventory.of("Ingress")
        if each.annotations.get(_GROUP) == group and each.annotations.get(_SCHEME)
    ]
    return bool(others) and all(says_internal({**one.annotations, **each}) for each in others)


def _of(given: Given, controller: str, name: str) -> LoadBalancer | None:
    """Of several that one controller sets up the one whose class has this name, else the least that is known."""
    found = [one for cloud in given.clouds for one in cloud.load_balancers if one.serves(controller, name)]
    return next((one for one in found if one.is_called(name)), found[-1] if found else None)
