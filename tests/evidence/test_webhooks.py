from __future__ import annotations

from cilium_policies.evidence import webhooks
from cilium_policies.evidence.given import NOTHING_GIVEN

from tests.evidence.shown import cluster, deployment, flows, service

_PODS = deployment("hook", "[{containerPort: 10250, name: https}]") + service(
    "hook", "[{name: https, port: 443, targetPort: https}, {name: other, port: 8443, targetPort: 9000}]"
)
_CALLERS = ("kube-apiserver", "host", "remote-node")


def _on(port: int) -> set[str]:
    return {f"{caller} > shop/hook {port}/TCP" for caller in _CALLERS}


def test_admission_webhook_defaults_to_service_port_443() -> None:
    shown = cluster(
        _PODS
        + """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks: [{name: a, clientConfig: {service: {namespace: shop, name: hook, path: /validate}}}]
"""
    )
    assert flows(webhooks.edges(shown, NOTHING_GIVEN)) == _on(10250)


def test_webhook_by_url_or_without_its_service_is_no_evidence() -> None:
    shown = cluster(
        _PODS
        + """
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: hook}
webhooks:
- {name: a, clientConfig: {url: "https://hooks.invalid/x"}}
- {name: b, clientConfig: {service: {namespace: shop, name: gone}}}
"""
    )
    assert flows(webhooks.edges(shown, NOTHING_GIVEN)) == set()


def test_conversion_webhook_and_aggregated_api() -> None:
    shown = cluster(
        _PODS
        + """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.shop.invalid}
spec: {conversion: {webhook: {clientConfig: {service: {namespace: shop, name: hook, port: 8443}}}}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.shop.invalid}
spec: {service: {namespace: shop, name: hook}}
"""
    )
    assert flows(webhooks.edges(shown, NOTHING_GIVEN)) == _on(9000) | _on(10250)
