from __future__ import annotations

import pytest
from cilium_policies.evidence import services
from cilium_policies.evidence.given import NOTHING_GIVEN, Given
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.model import Workload

from tests.evidence.shown import cluster, deployment, flows, service

_WEB = deployment("web", "[{containerPort: 8080, name: http}]")


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort"])
def test_published_service_opens_the_pod_port_and_not_the_service_port(kind: str) -> None:
    shown = cluster(_WEB + service("web", "[{port: 80, targetPort: http}]", f"  type: {kind}"))
    assert flows(services.edges(shown, NOTHING_GIVEN)) == {
        "world > shop/web 8080/TCP",
        "host > shop/web 8080/TCP",
        "remote-node > shop/web 8080/TCP",
    }


def test_cluster_ip_service_is_not_published() -> None:
    shown = cluster(_WEB + service("web", "[{port: 80, targetPort: http}]"))
    assert flows(services.edges(shown, NOTHING_GIVEN)) == set()


def test_external_ips_publish_a_cluster_ip_service() -> None:
    shown = cluster(_WEB + service("web", "[{port: 80, targetPort: 8080}]", "  externalIPs: [192.0.2.7]"))
    assert "world > shop/web 8080/TCP" in flows(services.edges(shown, NOTHING_GIVEN))


def test_source_ranges_take_the_place_of_the_world() -> None:
    spec = "  type: LoadBalancer\n  loadBalancerSourceRanges: [198.51.100.0/24]"
    shown = cluster(_WEB + service("web", "[{port: 80, targetPort: 8080}]", spec))
    found = flows(services.edges(shown, NOTHING_GIVEN))
    assert "cidr:198.51.100.0/24 > shop/web 8080/TCP" in found
    assert not any(flow.startswith("world") for flow in found)


_AWS = "service.beta.kubernetes.io/aws-load-balancer-"
_RANGES = "  type: LoadBalancer\n  loadBalancerSourceRanges: [198.51.100.0/24]"


@pytest.mark.parametrize(
    ("said", "spec", "private", "there"),
    [
        (f"{_AWS}nlb-target-type: ip", "", (), "cidr:10.0.0.0/8"),
        (f"{_AWS}type: nlb-ip", "", (), "cidr:10.0.0.0/8"),
        ("{}", "\n  loadBalancerClass: eks.amazonaws.com/nlb", (), "cidr:10.0.0.0/8"),
        (f"{_AWS}nlb-target-type: ip", "", ("10.61.0.0/16",), "cidr:10.61.0.0/16"),
        (f"{_AWS}nlb-target-type: instance", "\n  loadBalancerClass: eks.amazonaws.com/nlb", (), ""),
        (
            f"{_AWS}nlb-target-type: ip, {_AWS}target-group-attributes: "
            "'deregistration_delay.timeout_seconds=5, preserve_client_ip.enabled=true'",
            "",
            (),
            "",
        ),
    ],
)
def test_a_balancer_that_hides_its_clients_is_admitted_beside_their_ranges(
    said: str, spec: str, private: tuple[str, ...], there: str
) -> None:
    made = service(
        "web", "[{port: 80, targetPort: 8080}, {name: u, port: 53, protocol: UDP}]", _RANGES + spec
    )
    annotations = said if said == "{}" else f"{{{said}}}"
    made = made.replace("labels:", f"annotations: {annotations}, labels:", 1)
    found = flows(services.edges(cluster(_WEB + made), NOTHING_GIVEN._replace(private=private)))
    inner = {flow for flow in found if flow.startswith("cidr:1") and "198.51" not in flow}
    ports = {flow.rpartition(" ")[2] for flow in inner}
    assert ports == ({"8080/TCP"} if there else set())
    assert not there or any(flow.startswith(f"{there} >") for flow in inner)


@pytest.mark.parametrize(
    ("said", "is_internal"),
    [
        (f"{_AWS}scheme: internal", True),
        (f"{_AWS}scheme: internet-facing", False),
        (f'{_AWS}internal: "true"', True),
        (f"{_AWS}internal: 0.0.0.0/0", True),  # as its controller took it before it had a scheme
        (f'{_AWS}internal: "false"', False),
        (f'{_AWS}internal: ""', False),
        (f"{_AWS}scheme: internal, {_AWS}ip-address-type: dualstack", False),
        ('service.beta.kubernetes.io/azure-load-balancer-internal: "true"', True),
        ("networking.gke.io/load-balancer-type: Internal", True),
        ("cloud.google.com/load-balancer-type: External", False),
        ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid: subnet-1", True),
        ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type: intranet", True),
    ],
)
@pytest.mark.parametrize("ranges", ["", "\n  loadBalancerSourceRanges: [0.0.0.0/0]"])
def test_an_internal_load_balancer_has_clients_of_the_own_network_alone(
    said: str, is_internal: bool, ranges: str
) -> None:
    made = service("web", "[{port: 80, targetPort: 8080}]", "  type: LoadBalancer" + ranges)
    made = made.replace("labels:", f"annotations: {{{said}}}, labels:", 1)
    found = flows(services.edges(cluster(_WEB + made), NOTHING_GIVEN))
    assert ("world > shop/web 8080/TCP" in found) is not is_internal
    assert ("cidr:10.0.0.0/8 > shop/web 8080/TCP" in found) is is_internal
    assert "remote-node > shop/web 8080/TCP" in found  # where the address is hidden


def test_source_ranges_that_hold_every_address_mean_the_world() -> None:
    spec = "  type: LoadBalancer\n  loadBalancerSourceRanges: [0.0.0.0/0]"
    shown = cluster(_WEB + service("web", "[{port: 80, targetPort: 8080}]", spec))
    assert "world > shop/web 8080/TCP" in flows(services.edges(shown, NOTHING_GIVEN))


def test_udp_port_and_tcp_port_of_one_number_stay_apart() -> None:
    ports = "[{name: a, port: 53, protocol: UDP}, {name: b, port: 853}]"
    shown = cluster(_WEB + service("web", ports, "  type: LoadBalancer"))
    found = flows(services.edges(shown, NOTHING_GIVEN))
    assert {flow for flow in found if flow.startswith("world")} == {
        "world > shop/web 53/UDP",
        "world > shop/web 853/TCP",
    }


def test_host_port_is_published_and_on_loopback_for_the_node_only() -> None:
    shown = cluster(
        deployment(
            "web", "[{containerPort: 8080, hostPort: 80}, {containerPort: 9, hostPort: 9, hostIP: 127.0.0.1}]"
        )
    )
    assert flows(services.edges(shown, NOTHING_GIVEN)) == {
        "world > shop/web 8080/TCP",
        "host > shop/web 8080/TCP",
        "remote-node > shop/web 8080/TCP",
        "host > shop/web 9/TCP",
    }


def test_node_port_that_the_catalogue_keeps_for_nodes_is_closed_to_the_world() -> None:
    shown = cluster(_WEB + service("web", "[{port: 80, targetPort: 8080}]", "  type: NodePort"))
    given = Given(for_nodes=frozenset({(("shop", "Deployment", "web"), 8080, "TCP")}))
    assert flows(services.edges(shown, given)) == {
        "host > shop/web 8080/TCP",
        "remote-node > shop/web 8080/TCP",
    }


def test_host_network_pods_get_no_edge() -> None:
    shown = cluster(
        deployment("web", extra="      hostNetwork: true")
        + service("web", "[{port: 80}]", "  type: NodePort")
    )
    assert flows(services.edges(shown, NOTHING_GIVEN)) == set()


def test_service_with_a_proxy_of_its_own_is_reached_through_it_only() -> None:
    proxy = Workload("mesh", "ts-web", "Service")
    proxy.source = Object(
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}
    )
    spec = "  type: LoadBalancer\n  loadBalancerClass: mesh"
    shown = cluster(_WEB + service("web", "[{port: 80, targetPort: http}]", spec), proxy)
    assert flows(services.edges(shown, NOTHING_GIVEN)) == {"mesh/ts-web > shop/web 8080/TCP"}
