"""Registries of the cluster's own that pods' images come through: the cache asks the registry that it caches. What
says so is the images' own path (`harbor.acme.com/dockerhub/…`), used by several namespaces, and a route that leads the
name to a workload."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, InternetPeer, WorkloadPeer, workload_of
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.hostnames import Hostnames
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.routes import backends_of
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, text
from cilium_policies.kube.ports import Port
from cilium_policies.kube.registries import API_HOSTS
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.vouched import caches

_API = "/v2/"  # of every registry (OCI distribution specification)


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """The server of a cache to the registries that it caches."""
    found = caches(cluster.workloads)
    if not found:
        return
    names = Hostnames(cluster, given)
    for cache, origin in found.items():
        for route in names.routes(cache.partition("/")[0].partition(":")[0]):
            for peer in dict.fromkeys(end for end, _ in backends_of(cluster, _of_api(route))):
                workload = workload_of(peer)
                if workload is not None:
                    evidence, reason = Evidence("inferred", route), Reason("caches-images", (cache,))
                    for host in API_HOSTS.get(origin, (origin,)):
                        yield Edge(WorkloadPeer(workload), InternetPeer(host), (Port(443),), reason, evidence)


def _of_api(route: Object) -> Object:
    """The route with the rules of an Ingress alone that a request for an image follows, the longest path of each."""
    if route.kind != "Ingress":
        return route
    rules = [{**rule, "http": {"paths": _longest(rule)}} for rule in mappings(route.spec.get("rules"))]
    return Object({**route.body, "spec": {**route.spec, "rules": rules}}, route.where)


def _longest(rule: Mapping) -> list[Mapping]:
    fitting = [
        one for one in mappings(at(rule, "http", "paths")) if _API.startswith(text(mapping(one).get("path")))
    ]
    return sorted(fitting, key=lambda one: len(text(one.get("path"))))[-1:]
