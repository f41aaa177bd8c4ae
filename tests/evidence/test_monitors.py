from __future__ import annotations

import pytest
from cilium_policies.evidence import monitors
from cilium_policies.evidence.edge import NamespacePeer
from cilium_policies.evidence.given import NOTHING_GIVEN, Given
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.model import Workload

from tests.evidence.shown import cluster, deployment, flows, service
from tests.support import bound

_APP = deployment(
    "web", "[{containerPort: 8080, name: http}, {containerPort: 9090, name: metrics}]"
) + service("web", "[{name: http, port: 80, targetPort: http}, {name: stats, port: 81, targetPort: metrics}]")


def _scraper(kind: str = "Prometheus", **spec: object) -> Workload:
    made = Workload("o11y", "scraper", kind)
    body = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": kind,
        "metadata": {"name": "scraper", "namespace": "o11y"},
        "spec": spec,
    }
    made.source = Object(body)
    return made


_ALL: dict[str, object] = {"serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {}}
_PODS: dict[str, object] = {"podMonitorSelector": {}, "podMonitorNamespaceSelector": {}}


def _monitor(
    endpoints: str = "[{port: stats}]", spec: str = "", namespace: str = "shop", kind: str = "ServiceMonitor"
) -> str:
    field = "podMetricsEndpoints" if kind == "PodMonitor" else "endpoints"
    return f"""
apiVersion: monitoring.coreos.com/v1
kind: {kind}
metadata: {{name: web, namespace: {namespace}, labels: {{release: stack}}}}
spec: {{selector: {{matchLabels: {{app: web}}}}, {field}: {endpoints}{spec}}}
---
"""


def _binding(namespace: str, resource: str, group: str = "") -> str:
    """A ClusterRoleBinding that lets the namespace's default account read a resource."""
    return "---\n" + bound(
        f"{namespace}/default", f'apiGroups: ["{group}"], resources: [{resource}], verbs: [get, list, watch]'
    )


def _found(text: str, *made: Workload, given: Given = NOTHING_GIVEN) -> set[str]:
    return flows(monitors.edges(cluster(text, *made), given))


def test_service_monitor_opens_the_named_port_to_its_scraper() -> None:
    assert _found(_APP + _monitor(), _scraper(**_ALL)) == {"o11y/scraper > shop/web 9090/TCP"}


def test_target_port_is_a_pod_port() -> None:
    assert _found(_APP + _monitor("[{targetPort: 7000}]"), _scraper(**_ALL)) == {
        "o11y/scraper > shop/web 7000/TCP"
    }


def test_without_a_scraper_nothing_is_open() -> None:
    assert _found(_APP + _monitor()) == set()


def test_scraper_of_the_config() -> None:
    given = Given(scrapers=(NamespacePeer("o11y"),))
    assert _found(_APP + _monitor(), given=given) == {"o11y/* > shop/web 9090/TCP"}


@pytest.mark.parametrize(
    ("spec", "selected"),
    [
        ({}, False),  # no selector at all selects nothing
        ({"serviceMonitorSelector": {}}, False),  # the own namespace only
        ({"serviceMonitorNamespaceSelector": {}}, False),
        (
            {
                "serviceMonitorSelector": {"matchLabels": {"release": "stack"}},
                "serviceMonitorNamespaceSelector": {},
            },
            True,
        ),
        (
            {
                "serviceMonitorSelector": {"matchLabels": {"release": "other"}},
                "serviceMonitorNamespaceSelector": {},
            },
            False,
        ),
        (
            {"serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {"matchLabels": {"team": "a"}}},
            True,
        ),
        (
            {"serviceMonitorSelector": {}, "serviceMonitorNamespaceSelector": {"matchLabels": {"team": "b"}}},
            False,
        ),
        (
            {
                "serviceMonitorSelector": {},
                "serviceMonitorNamespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
            },
            True,
        ),
    ],
)
def test_prometheus_selectors(spec: dict[str, object], selected: bool) -> None:
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n---\n"
    assert bool(_found(namespace + _APP + _monitor(), _scraper(**spec))) is selected


@pytest.mark.parametrize(
    ("spec", "selected"),
    [
        ({}, False),
        ({"selectAllByDefault": "true"}, True),
        ({"serviceScrapeSelector": {}}, False),  # the own namespace only
        ({"serviceScrapeNamespaceSelector": {}}, True),
        (
            {
                "serviceScrapeSelector": {"matchLabels": {"release": "other"}},
                "serviceScrapeNamespaceSelector": {},
            },
            False,
        ),
    ],
)
def test_vmagent_selectors_hold_for_prometheus_kinds_too(spec: dict[str, object], selected: bool) -> None:
    assert bool(_found(_APP + _monitor(), _scraper("VMAgent", **spec))) is selected


def test_pod_monitor_by_port_name_and_number() -> None:
    text = _APP + _monitor("[{port: metrics}, {portNumber: 7000}]", kind="PodMonitor")
    assert _found(text, _scraper(**_PODS)) == {
        "o11y/scraper > shop/web 9090/TCP",
        "o11y/scraper > shop/web 7000/TCP",
    }


def test_monitor_looks_in_its_own_namespace_unless_told() -> None:
    assert _found(_APP + _monitor(namespace="else"), _scraper(**_ALL)) == set()
    anywhere = _monitor(namespace="else", spec=", namespaceSelector: {any: true}")
    named = _monitor(namespace="else", spec=", namespaceSelector: {matchNames: [shop]}")
    assert _found(_APP + anywhere, _scraper(**_ALL)) == _found(_APP + named, _scraper(**_ALL)) != set()


def test_host_network_targets_are_nodes() -> None:
    text = (
        deployment("web", extra="      hostNetwork: true")
        + service("web", "[{name: stats, port: 9100}]")
        + _monitor()
    )
    assert _found(text, _scraper(**_ALL)) == {
        "o11y/scraper > host 9100/TCP",
        "o11y/scraper > remote-node 9100/TCP",
    }


def test_control_plane_without_pods_and_kubelet_without_service_are_nodes() -> None:
    etcd = service("web", "[{name: stats, port: 2381}]", namespace="kube-system")
    text = etcd + _monitor(spec=", namespaceSelector: {matchNames: [kube-system]}")
    assert _found(text, _scraper(**_ALL)) == {
        "o11y/scraper > host 2381/TCP",
        "o11y/scraper > remote-node 2381/TCP",
    }
    kubelet = _monitor("[{port: https-metrics}]", ", namespaceSelector: {matchNames: [kube-system]}").replace(
        "app: web", "k8s-app: kubelet"
    )
    assert "o11y/scraper > host 10250/TCP" in _found(kubelet, _scraper(**_ALL))


def test_a_service_whose_pods_another_build_holds_is_known_by_its_selector() -> None:
    found = _found(service("web", "[{name: stats, port: 81}]") + _monitor(), _scraper(**_ALL))
    assert found == {"o11y/scraper > shop[app=web] 81/TCP"}


def test_node_scrape() -> None:
    scrape = """
apiVersion: operator.victoriametrics.com/v1beta1
kind: VMNodeScrape
metadata: {name: k, namespace: o11y}
spec: {}
"""
    found = _found(scrape, _scraper("VMAgent", selectAllByDefault="true"))
    assert found == {"o11y/scraper > host 10250/TCP", "o11y/scraper > remote-node 10250/TCP"}
    assert _found(scrape, _scraper(**_ALL)) == set()  # Prometheus reads no VictoriaMetrics kinds


def test_annotations_count_only_for_a_scraper_that_reads_them() -> None:
    annotated = _APP.replace(
        "metadata: {labels: {app: web}}",
        "metadata: {labels: {app: web}, annotations: {prometheus.io/scrape: 'true', prometheus.io/port: '9090'}}",
    )
    reads = """
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: o11y}
data: {prometheus.yml: "source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape]"}
---
""" + deployment("collector", namespace="o11y", extra="      volumes: [{name: c, configMap: {name: config}}]")
    assert _found(annotated) == set()
    assert _found(annotated + reads) == set(), "anybody can write the word"
    reads += _binding("o11y", "pods")
    assert _found(annotated + reads) == {"o11y/collector > shop/web 9090/TCP"}
