"""What a trigger's Secret says: its scaler calls what stands in the keys that a TriggerAuthentication takes of it."""

from __future__ import annotations

import pytest

from tests.support import bound, namespace, policies, ports, servers

SCALER = """apiVersion: apps/v1
kind: Deployment
metadata: {name: keda-operator, namespace: keda}
spec:
  selector: {matchLabels: {app: keda-operator}}
  template:
    metadata: {labels: {app: keda-operator, app.kubernetes.io/name: keda-operator}}
    spec:
      serviceAccountName: keda-operator
      containers: [{name: keda, image: "ghcr.io/kedacore/keda:2.20.2"}]
"""
SECRET = """apiVersion: v1
kind: Secret
metadata: {name: queue, namespace: %s}
stringData: {host: 'http://app:pw@queue.shop.svc.cluster.local:15672/work', other: 'redis://cache.shop:6379'}
"""
READER = bound("keda/keda-operator", 'apiGroups: [keda.sh, ""], resources: ["*"], verbs: ["*"]')


@pytest.mark.parametrize(
    ("kind", "where", "place"),
    [("TriggerAuthentication", "shop", ", namespace: shop"), ("ClusterTriggerAuthentication", "keda", "")],
)
def test_the_scaler_calls_what_the_key_of_its_secret_names(kind: str, where: str, place: str) -> None:
    asks = f"""apiVersion: keda.sh/v1alpha1
kind: {kind}
metadata: {{name: queue{place}}}
spec: {{secretTargetRef: [{{parameter: host, name: queue, key: host}}]}}
"""
    called = servers("shop", queue=15672, cache=6379)
    found = policies(namespace("shop"), namespace("keda"), SCALER, READER, SECRET % where, asks, *called)
    told = ports(rule for one in found["keda/keda-operator"].specs for rule in one.egress or ())
    assert "15672" in told
    assert "6379" not in told


def test_the_scaler_asks_the_services_of_azure_that_a_trigger_names_in_part() -> None:
    """The name of a namespace or account stands there, and the rest of the host does not."""
    asks = """apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: hub, namespace: shop}
spec:
  scaleTargetRef: {name: web}
  triggers:
  - {type: azure-eventhub, metadata: {eventHubNamespace: town-events, storageAccountName: towncheckpoints}}
"""
    found = policies(namespace("shop"), namespace("keda"), SCALER, READER, asks)
    rules = [rule for one in found["keda/keda-operator"].specs for rule in one.egress or ()]
    near = [rule for rule in rules if any(block.cidr == "10.0.0.0/8" for block in rule.cidrs or ())]
    assert "5671" in ports(near)  # Event Hubs has private endpoints
