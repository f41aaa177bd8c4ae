"""An injector that an object tells where to inject: no label of the namespaces that it chooses says so."""

from __future__ import annotations

from tests.support import deployment, namespace, policies, ports

AGENTS = """apiVersion: dynatrace.com/v1beta5
kind: DynaKube
metadata: {name: town, namespace: dynatrace}
spec:
  apiUrl: https://abc12345.live.dynatrace.com/api
  oneAgent: {cloudNativeFullStack: %s}
  activeGate: {capabilities: [%s]}
"""
LABELLED = namespace("shop").replace("metadata:", "metadata:\n  labels: {monitored: yes-please}", 1)
CHOSEN = "{namespaceSelector: {matchLabels: {monitored: yes-please}}}"
ROUTED, OUTSIDE = "9999", "443"


def called(*documents: str, pod: str = "shop/web") -> set[str]:
    found = policies(*documents, deployment("shop/web"), deployment("office/desk"))
    return {*ports(rule for one in found[pod].specs for rule in one.egress or ())}


def test_pods_of_the_namespaces_that_its_selector_chooses_report_to_the_gate() -> None:
    agents = AGENTS % (CHOSEN, "routing")
    found = called(LABELLED, namespace("office"), agents)
    assert ROUTED in found
    assert OUTSIDE not in found
    assert ROUTED not in called(LABELLED, namespace("office"), agents, pod="office/desk")


def test_without_a_selector_every_namespace_is_meant() -> None:
    assert ROUTED in called(
        namespace("shop"), namespace("office"), AGENTS % ("{}", "routing"), pod="office/desk"
    )


def test_a_gate_that_does_not_route_is_not_called() -> None:
    found = called(LABELLED, namespace("office"), AGENTS % (CHOSEN, "kubernetes-monitoring"))
    assert ROUTED not in found
    assert OUTSIDE in found
