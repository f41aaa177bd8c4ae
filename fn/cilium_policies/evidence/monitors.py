"""Monitors of the Prometheus and VictoriaMetrics operators, and scrape annotations: from the scraper that
really selects them to the metrics ports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import Edge, Evidence, Peer, workload_of
from cilium_policies.evidence.ends import NODES, backends, ends, workloads_at
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.scrapers import MONITOR_KINDS, Scrapers
from cilium_policies.kube.objects import Mapping, Object, flag, mapping, mappings, port_number, sequence, text
from cilium_policies.kube.ports import Port
from cilium_policies.kube.selectors import ByLabel, selects
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

Target = tuple[Peer, Port]
_PROBE = "prometheus.io/probe"
_SCRAPE = "/scrape"
_PORT_KEYS = {"k8s.grafana.com": "metrics.portNumber"}  # behind the prefix, where it is not `port`
# The Prometheus operator makes this Service for all kubelets, so no input holds it (its pkg/kubelet).
_KUBELET_LABELS = {
    "k8s-app": "kubelet",
    "app.kubernetes.io/name": "kubelet",
    "app.kubernetes.io/managed-by": "prometheus-operator",
}
_KUBELET_PORTS = {"https-metrics": 10250, "http-metrics": 10255, "cadvisor": 4194}
_KUBELET, _OF_COREDNS = 10250, 9153
_POD_PORT_FIELDS = ("port", "portNumber", "targetPort")
_EVERYWHERE = ("ClusterPodMonitoring",)  # kinds that are no namespace's and look into all of them
_DNS = ("kube-dns", "coredns")
_USUAL, _WORD = "prometheus.io", "prometheus_io_scrape"
_CONTROL_PLANE = "kube-system"  # where static pods run


class _Shown(NamedTuple):
    """A cluster with its Services and pods by label."""

    cluster: Cluster
    services: ByLabel[Service]
    workloads: ByLabel[Workload]


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """Scraper to target, one edge a monitor and port; a monitor that no scraper selects opens nothing."""
    scrapers, destinations = Scrapers(cluster, given), Destinations(cluster, given)
    shown = _Shown(cluster, ByLabel(cluster.services), ByLabel(cluster.workloads))
    for monitor in cluster.inventory.of(*MONITOR_KINDS):
        read = _READ.get(monitor.kind)
        clients = scrapers.of(monitor) if read is not None else ()
        if read is not None and clients:
            found = dict.fromkeys(read(shown, monitor))
            yield from scrapes(clients, found, Evidence("monitor", monitor))
            yield from _of_params(destinations, monitor, found)
    noted = [(one, one.source.annotations) for one in cluster.services if one.source is not None]
    yield from _annotated(cluster, scrapers, noted)
    yield from _probed(cluster, scrapers, noted)
    yield from _of_resolvers(scrapers, given.resolvers)
    for pattern, host, clients in scrapers.checking():
        from cilium_policies.evidence.checked import checked  # few clusters have such an agent

        for targets, evidence in checked(cluster, pattern, host):
            yield from scrapes(clients, targets, evidence)


def _of_params(destinations: Destinations, monitor: Object, found: dict[Target, None]) -> Iterator[Edge]:
    for endpoint in _endpoints(monitor):
        if endpoint.get("params"):
            from cilium_policies.evidence import multi_target  # few monitors ask about others

            yield from multi_target.edges(destinations, workloads_at(found), endpoint, monitor)


def _endpoints(monitor: Object) -> list[Mapping]:
    return mappings(monitor.spec.get("podMetricsEndpoints")) or mappings(monitor.spec.get("endpoints"))


def scrapes(clients: tuple[Peer, ...], targets: dict[Target, None], evidence: Evidence) -> Iterator[Edge]:
    reason = Reason("scrapes")
    for client in clients:
        for end, port in targets:
            if client.kind == "entity" and end.kind == "entity":
                continue
            yield Edge(client, end, (port,), reason, evidence, explains=False)


def namespaces(monitor: Object) -> set[str] | None:
    """Where a monitor looks; None for everywhere."""
    chosen = mapping(monitor.spec.get("namespaceSelector"))
    if flag(chosen.get("any")) or monitor.kind in _EVERYWHERE:
        return None
    return {text(name) for name in sequence(chosen.get("matchNames"))} or {monitor.namespace}


def _by_service(shown: _Shown, monitor: Object) -> Iterator[Target]:
    """Endpoints of a ServiceMonitor or VMServiceScrape."""
    spaces, selector = namespaces(monitor), mapping(monitor.spec.get("selector"))
    endpoints = mappings(monitor.spec.get("endpoints"))
    services = shown.services.selected(selector, spaces)
    for service in services:
        for endpoint in endpoints:
            yield from _endpoint(shown.cluster, service, endpoint)
    if not services and (spaces is None or _CONTROL_PLANE in spaces) and selects(selector, _KUBELET_LABELS):
        for endpoint in endpoints:
            if number := _KUBELET_PORTS.get(text(endpoint.get("port"))):
                yield from ((node, Port(number)) for node in NODES)


def _endpoint(cluster: Cluster, service: Service, endpoint: Mapping) -> Iterator[Target]:
    name, target = text(endpoint.get("port")), text(endpoint.get("targetPort"))
    workloads = cluster.backends(service)
    if name:
        hidden = not workloads and not service.addresses and service.namespace == _CONTROL_PLANE
        if not hidden or service.selector.get("k8s-app") in _DNS:
            yield from backends(cluster, service, name)
        else:
            # No pod in sight: the static pods of the control plane, on the nodes' own network.
            for entry in service.ports:
                number = port_number(entry.target or str(entry.port))
                if entry.name == name and number is not None:
                    yield from ((node, Port(number, entry.protocol)) for node in NODES)
    elif target:
        for workload in workloads:
            port = cluster.target_port(workload, target)
            if port is not None:
                yield from ((end, port) for end in ends(workload))


def _by_pod(shown: _Shown, monitor: Object) -> Iterator[Target]:
    """Endpoints of a PodMonitor or VMPodScrape."""
    spaces, selector = namespaces(monitor), mapping(monitor.spec.get("selector"))
    for workload in shown.workloads.selected(selector, spaces):
        yield from of_pods(shown.cluster, monitor, workload)


def of_pods(cluster: Cluster, monitor: Object, workload: Workload) -> Iterator[Target]:
    """The endpoints of such a monitor at a workload that it selects."""
    for endpoint in _endpoints(monitor):
        wanted = next(filter(None, (text(endpoint.get(key)) for key in _POD_PORT_FIELDS)), "")
        port = cluster.target_port(workload, wanted)
        if port is not None:
            yield from ((end, port) for end in ends(workload))


def _by_node(shown: _Shown, monitor: Object) -> Iterator[Target]:
    """A VMNodeScrape reads every node, on the kubelet's port unless it names another."""
    number = port_number(monitor.spec.get("port")) or _KUBELET
    yield from ((node, Port(number)) for node in NODES)


_READ: dict[str, Callable[[_Shown, Object], Iterator[Target]]] = {
    "ServiceMonitor": _by_service,
    "VMServiceScrape": _by_service,
    "PodMonitor": _by_pod,
    "VMPodScrape": _by_pod,
    "PodMonitoring": _by_pod,
    "ClusterPodMonitoring": _by_pod,
    "VMNodeScrape": _by_node,
}
SELECTING = tuple(_READ)
OF_PODS = tuple(kind for kind, read in _READ.items() if read is _by_pod)


def _annotated(
    cluster: Cluster, scrapers: Scrapers, noted: list[tuple[Service, dict[str, str]]]
) -> Iterator[Edge]:
    """`prometheus.io/scrape: "true"` on pods and Services, for scrapers whose configuration reads it."""
    for prefix in sorted(set(_prefixes(cluster, noted))):
        word = re.sub(r"\W", "_", f"{prefix}{_SCRAPE}")
        port_key = _PORT_KEYS.get(prefix, "port")
        for workload in cluster.workloads:
            if flag(workload.annotations.get(f"{prefix}/scrape")):
                clients = _discovering(scrapers, word, workload.namespace, f"{prefix}/scrape")
                targets = _annotated_pods(
                    workload, port_number(workload.annotations.get(f"{prefix}/{port_key}"))
                )
                evidence = Evidence("monitor", workload, f"annotation {prefix}/scrape")
                yield from scrapes(clients, dict.fromkeys(targets), evidence)
        for service, notes in noted:
            if flag(notes.get(f"{prefix}/scrape")):
                clients = _discovering(scrapers, word, service.namespace, f"{prefix}/scrape")
                evidence = Evidence("monitor", service, f"annotation {prefix}/scrape")
                targets = _annotated_service(cluster, service, port_number(notes.get(f"{prefix}/{port_key}")))
                yield from scrapes(clients, dict.fromkeys(targets), evidence)


def _prefixes(cluster: Cluster, noted: list[tuple[Service, dict[str, str]]]) -> Iterator[str]:
    """What stands before `/scrape` in annotations: `prometheus.io`, or a company's own word for the same."""
    for notes in (*(one.annotations for one in cluster.workloads), *(notes for _, notes in noted)):
        yield from (key[: -len(_SCRAPE)] for key in notes if key.endswith(_SCRAPE))


def _of_resolvers(scrapers: Scrapers, resolvers: tuple[Peer, ...]) -> Iterator[Edge]:
    """The cluster's DNS, which no build shows: kubeadm, Talos, k3s and the clouds write `prometheus.io/scrape` and
    CoreDNS' port on its Service."""
    if resolvers:
        targets = dict.fromkeys((one, Port(_OF_COREDNS)) for one in resolvers)
        for client in _discovering(scrapers, _WORD, _CONTROL_PLANE, f"{_USUAL}{_SCRAPE}"):
            if (workload := workload_of(client)) is not None:
                evidence = Evidence("monitor", workload, f"annotation {_USUAL}{_SCRAPE}")
                yield from scrapes((client,), targets, evidence)


def _probed(
    cluster: Cluster, scrapers: Scrapers, noted: list[tuple[Service, dict[str, str]]]
) -> Iterator[Edge]:
    """`prometheus.io/probe: pushgateway` on a Service, for scrapers that keep those with this value."""
    for service, notes in noted:
        value = notes.get(_PROBE, "")
        if value and value != "true":  # those are asked through the blackbox exporter
            clients = scrapers.reading((f"regex: {value}\n",), service.namespace, "", "endpoints", "services")
            evidence = Evidence("monitor", service, f"annotation {_PROBE}")
            yield from scrapes(clients, dict.fromkeys(backends(cluster, service, "", "TCP")), evidence)


def _discovering(scrapers: Scrapers, word: str, namespace: str, annotation: str) -> tuple[Peer, ...]:
    """Scrapers that read annotations and may list what carries them."""
    found = scrapers.reading((word,), namespace, "", "pods", "endpoints", "services", "nodes")
    return tuple(dict.fromkeys([*found, *scrapers.of_annotation(annotation, namespace), *scrapers.given]))


def _annotated_pods(workload: Workload, number: int | None) -> Iterator[Target]:
    declared = [Port(port.number) for port in workload.ports if port.protocol == "TCP"]
    for port in [Port(number)] if number else declared:
        yield from ((end, port) for end in ends(workload))


def _annotated_service(cluster: Cluster, service: Service, number: int | None) -> Iterator[Target]:
    """The annotation's number replaces the port of the endpoint's address, so it is a pod port."""
    if number is None:
        yield from backends(cluster, service, "", "TCP")
        return
    for workload in cluster.backends(service):
        yield from ((end, Port(number)) for end in ends(workload))
