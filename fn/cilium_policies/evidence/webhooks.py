"""Services that the API server calls: admission and conversion webhooks, aggregated APIs.

The caller is a host-network process of a control plane node. For pods on other nodes its identity is
remote-node and kube-apiserver, for pods on its own node host and kube-apiserver, so the
entity kube-apiserver alone covers a self-hosted control plane whose address the agents know. host and
remote-node stand beside it because that mapping comes from the endpoints of `default/kubernetes`: behind a
virtual address, a load balancer or a local proxy (Talos' KubePrism, kube-vip, RKE2) a node can run an API
server that the endpoints do not list, and a webhook that fails closed stops the cluster. No flow that is
to be denied in practice comes from the nodes: they could impersonate the API server anyhow. A provider's API
server (GKE, AKS) calls through agents that run as pods: the distribution names them.
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence
from cilium_policies.evidence.ends import api_callers, backends, tunnels
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, text
from cilium_policies.workloads.cluster import Cluster

_DEFAULT_PORT = "443"


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """The API server (and the nodes it runs on) to the pods behind each webhook's or API's Service."""
    for one in cluster.inventory.of("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for webhook in mappings(one.body.get("webhooks")):
            yield from _called(
                cluster, one, mapping(at(webhook, "clientConfig", "service")), "admission webhook"
            )
    for one in cluster.inventory.of("CustomResourceDefinition"):
        called = mapping(at(one.body, "spec", "conversion", "webhook", "clientConfig", "service"))
        yield from _called(cluster, one, called, "conversion webhook")
    for one in cluster.inventory.of("APIService"):
        yield from _called(cluster, one, mapping(one.spec.get("service")), "aggregated API")


def _called(cluster: Cluster, one: Object, called: Mapping, what: str) -> Iterator[Edge]:
    service = cluster.service(text(called.get("namespace")), text(called.get("name")))
    if service is None:
        return
    for end, port in backends(cluster, service, text(called.get("port")) or _DEFAULT_PORT):
        # in the host's network or outside no policy of this input receives it: only a tunnel has a side of its own
        for caller in api_callers(cluster) if end.kind == "workload" else tunnels(cluster):
            yield Edge(caller, end, (port,), Reason("webhook", (what,)), Evidence("webhook", one))
