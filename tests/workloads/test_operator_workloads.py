"""Pods that operators make from custom resources: who they are, where they run, on which ports."""

from __future__ import annotations

import pytest
from cilium_policies.catalogue.load import Catalogue, load
from cilium_policies.kube.inventory import Inventory
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.operator_workloads import operator_workloads

from tests import support
from tests.workloads.inputs import objects

PART = {
    "component": "widget",
    "what": "x",
    "match": [{"app": "widget"}],
    "madeBy": [
        {
            "kind": "Widget",
            "group": "example.org",
            "labels": {"app": "widget", "instance": "{name}", "space": "{namespace}"},
            "workload": "widget-{name}",
            "serviceAccount": "widget-{name}",
            "enabled": "spec.on",
            "default": "true",
            "count": "spec.replicas",
            "port": {"field": "spec.port", "default": "9000"},
            "services": [
                {"name": "widget-{name}", "ports": [{"name": "http", "port": "{port}", "target": "{port}"}]}
            ],
        }
    ],
}
OPERATED = {
    "component": "gadget",
    "what": "x",
    "match": [{"app": "gadget"}],
    "madeBy": [
        {
            "kind": "Widget",
            "group": "example.org",
            "operator": "boss",
            "namespace": "operator",
            "given": {"value": "mode", "is": "shared"},
            "labels": {"app": "gadget"},
            "workload": "gadget",
        }
    ],
}
WIDGET = """
apiVersion: example.org/v1
kind: Widget
metadata: {name: one, namespace: apps}
spec: {replicas: 3, url: "http://db.data:5432", podMetadata: {labels: {x: y}}}
"""


def run(
    content: str, *parts: dict, operators: list[Workload] | None = None, catalogue: Catalogue | None = None
):
    return operator_workloads(Inventory(objects(content)), catalogue or load(define=parts), operators or [])


def boss(mode: str) -> Workload:
    one = Workload("system", "boss", "Deployment")
    one.component, one.values = "boss", {"mode": mode}
    return one


def test_labels_names_and_ports_come_from_the_object():
    (one,), (service,) = run(WIDGET, PART)
    assert one.key == ("apps", "Widget", "widget-one")
    assert one.labels == one.selector == {"app": "widget", "instance": "one", "space": "apps"}
    assert (one.component, one.instance, one.replicas, one.service_account) == (
        "widget",
        "one",
        3,
        "widget-one",
    )
    assert [(port.name, port.port, port.target) for port in service.ports] == [("http", 9000, "9000")]
    assert [(port.number, port.name) for port in one.ports] == [(9000, "http")]
    assert service.selector == one.selector
    assert not one.rendered


def test_pods_that_nothing_tells_from_others_are_nobodys():
    """Known by image alone, of an object: an empty selector would take every pod of the namespace."""
    row = {"kind": "Widget", "group": "example.org", "labelsAt": "spec.podMetadata.labels"}
    part = {"component": "widget", "what": "x", "images": ["acme/widget"], "madeBy": [row]}
    (one,), _ = run(WIDGET, part)
    assert one.selector == {"x": "y"}
    assert run(WIDGET.replace(", podMetadata: {labels: {x: y}}", ""), part) == ([], [])


def test_a_port_that_the_object_chooses():
    _, (service,) = run(WIDGET.replace("replicas", "port: 1234, replicas"), PART)
    assert [(port.port, port.target) for port in service.ports] == [(1234, "1234")]


@pytest.mark.parametrize("number", ["70000", "0"])
def test_a_number_that_is_no_port_is_as_none(number: str):
    (one,), (service,) = run(WIDGET.replace("replicas", f"port: {number}, replicas"), PART)
    assert [(port.port, port.target) for port in service.ports] == [(9000, "9000")]
    assert [port.number for port in one.ports] == [9000]


def test_what_is_switched_off_is_not_made():
    assert run(WIDGET.replace("spec: {", "spec: {on: false, "), PART) == ([], [])


@pytest.mark.parametrize("name", ["-1", "a" * 64])
def test_a_name_that_no_label_can_hold_makes_no_pods(name: str):
    assert run(WIDGET.replace("name: one", f'name: "{name}"'), PART) == ([], [])


def test_texts_are_the_objects_scalars_without_labels():
    (one,), _ = run(WIDGET, PART)
    assert {(text.key, text.value) for text in one.texts} == {
        ("replicas", "3"),
        ("url", "http://db.data:5432"),
    }


def test_pods_in_the_operators_namespace_count_once():
    content = WIDGET + "---" + WIDGET.replace("name: one", "name: two").replace("apps", "other")
    (one,), _ = run(content, OPERATED, operators=[boss("shared")])
    assert (one.namespace, one.name) == ("system", "gadget")
    assert run(content, OPERATED, operators=[boss("alone")]) == ([], [])


SOLVED = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: issuers, namespace: certs}
spec:
  chart: {spec: {chart: cert-manager}}
  values:
    extraObjects:
    - apiVersion: cert-manager.io/v1
      kind: ClusterIssuer
      metadata: {name: le}
      spec: {acme: {server: "https://acme.invalid", solvers: [{http01: {ingress: {class: nginx}}}]}}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web, namespace: shop}
spec: {secretName: web, dnsNames: [web.acme.com], issuerRef: {name: le, kind: ClusterIssuer}}
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: own}
spec: {selfSigned: {}}
"""


def test_an_object_of_the_whole_cluster_counts_whoevers_release_brings_it():
    """Its operator asks nobody whose it is: without the solver's pods their way in would be cut in silence."""
    made = [one.key for one in support.cluster(SOLVED).workloads]
    assert ("shop", "Certificate", "cm-acme-http-solver") in made


GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: web}
spec:
  gatewayClassName: envoy
  listeners:
    - {name: http, port: 80, protocol: HTTP}
    - {name: https, port: 443, protocol: HTTPS}
    - {name: mqtt, port: 1883, protocol: TCP}
    - {name: dns, port: 5353, protocol: UDP}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: envoy}
spec:
  controllerName: gateway.envoyproxy.io/gatewayclass-controller
  parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: settings, namespace: system}
"""
SETTINGS = """
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {name: settings, namespace: system}
spec: %s
"""
HTTP3 = """
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: ClientTrafficPolicy
metadata: {name: h3, namespace: web}
spec: {targetRefs: [{kind: Gateway, name: public, sectionName: https}], http3: {}}
"""
OWN = {
    "gateway.envoyproxy.io/owning-gateway-name": "public",
    "gateway.envoyproxy.io/owning-gateway-namespace": "web",
}


def envoy(mode: str = "") -> Workload:
    one = Workload("system", "envoy-gateway", "Deployment")
    one.component = "envoy-gateway"
    one.values = (
        {"config": {"envoyGateway": {"provider": {"kubernetes": {"deploy": {"type": mode}}}}}} if mode else {}
    )
    return one


def gateway(content: str, mode: str = ""):
    found = run(content, catalogue=load(), operators=[envoy(mode)])
    proxies = [one for one in found[0] if one.kind == "Gateway" and one.ports]
    (one,) = proxies
    (service,) = [each for each in found[1] if each.selector == one.selector]
    return one, service


def test_proxies_run_beside_their_controller_by_default():
    one, service = gateway(GATEWAY)
    assert one.namespace == service.namespace == "system"
    assert OWN.items() <= one.selector.items()
    # the hash: `printf web/public | sha256sum`
    assert one.name == service.name == "envoy-web-public-e94008f2"
    assert service.type == "LoadBalancer"


def test_in_gateway_namespace_mode_they_run_beside_the_gateway():
    one, service = gateway(GATEWAY, "GatewayNamespace")
    assert (one.namespace, one.name, service.name) == ("web", "public", "public")
    assert one.labels["gateway.networking.k8s.io/gateway-name"] == "public"
    owner = {key: value for key, value in one.selector.items() if key.startswith("gateway.")}
    assert owner == {
        "gateway.envoyproxy.io/owning-gateway-name": "public",
        "gateway.envoyproxy.io/owning-gateway-namespace": "web",
    }


def test_privileged_listeners_are_shifted_and_http3_gets_its_twin():
    one, service = gateway(GATEWAY + HTTP3)
    assert [(port.number, port.protocol) for port in one.ports] == [
        (10080, "TCP"),
        (10443, "TCP"),
        (10443, "UDP"),
        (1883, "TCP"),
        (5353, "UDP"),
    ]
    assert [(port.port, port.protocol, port.target) for port in service.ports][:3] == [
        (80, "TCP", "10080"),
        (443, "TCP", "10443"),
        (443, "UDP", "10443"),
    ]


def test_settings_of_the_class():
    spec = """
  provider:
    kubernetes:
      useListenerPortAsContainerPort: true
      envoyDeployment: {name: edge, replicas: 2, pod: {labels: {team: net}}}
      envoyService: {name: edge-lb, type: ClusterIP, externalTrafficPolicy: Cluster}
"""
    one, service = gateway(GATEWAY + SETTINGS % spec)
    assert one.ports[0].number == 80
    assert (one.name, one.replicas, one.labels["team"]) == ("edge", 2, "net")
    assert "team" not in one.selector
    assert (service.name, service.type) == ("edge-lb", "ClusterIP")


def test_merged_gateways_share_the_proxies_of_their_class():
    one, _ = gateway(GATEWAY + SETTINGS % "{mergeGateways: true}")
    assert one.selector["gateway.envoyproxy.io/owning-gatewayclass"] == "envoy"
    assert not OWN.keys() & one.labels.keys()


def test_a_gateway_of_another_class_has_no_such_proxies():
    other = GATEWAY.replace("gateway.envoyproxy.io/gatewayclass-controller", "io.cilium/gateway-controller")
    assert [one for one in run(other, catalogue=load(), operators=[envoy()])[0] if one.ports] == []
