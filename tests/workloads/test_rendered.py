"""Workloads and Services out of Kubernetes objects: labels, ports, texts, and what names them."""

from __future__ import annotations

import base64

import pytest
from cilium_policies.workloads.model import Workload

from tests.support import cluster, deployment, service

SECRET = """apiVersion: v1
kind: Secret
metadata: {name: s, namespace: shop}
stringData: {HOST: db.shop.svc}
data:
  URL: CODED
"""
SOPS = SECRET + "sops: {mac: x}\n"
CRON = """apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, namespace: shop}
spec: {jobTemplate: {spec: {template: {spec: {serviceAccountName: saver, containers: [{name: a, image: b}]}}}}}
"""
JOB = """apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: shop}
spec: {template: {spec: {containers: [{name: a, image: b}]}}}
"""


def one(*documents: str) -> Workload:
    [found] = cluster(*documents).workloads
    return found


def test_what_changes_from_release_to_release_selects_nothing() -> None:
    labels = "app: web, helm.sh/chart: web-1, pod-template-hash: x, app.kubernetes.io/version: '1'"
    text = deployment("shop/web", labels=labels).replace(
        f"matchLabels: {{{labels}}}", "matchLabels: {tier: x}"
    )
    assert one(text).selector == {"app": "web"}


def test_match_labels_come_first_as_they_never_change() -> None:
    text = deployment("shop/web", labels="app: web, tier: x").replace(
        "matchLabels: {app: web, tier: x}", "matchLabels: {tier: x}"
    )
    assert one(text).selector == {"tier": "x"}


def test_pods_without_labels_are_found_by_account_or_job() -> None:
    assert one(CRON).selector == {"io.cilium.k8s.policy.serviceaccount": "saver"}
    assert one(JOB).selector == {"batch.kubernetes.io/job-name": "once"}


def test_probes_are_ports_by_number_or_name() -> None:
    probes = "livenessProbe: {tcpSocket: {port: 9}}\nreadinessProbe: {httpGet: {port: http}}\n"
    text = deployment("shop/web", extra=probes).replace(
        "containerPort: 8080", "{containerPort: 8080, name: http}"
    )
    assert {port.number for port in one(text).probes} == {9, 8080}


def test_ports_that_are_none_are_left_out() -> None:
    for wrong in ("0", "65536", "x", "[1]"):
        text = deployment("shop/web").replace("containerPort: 8080", f"containerPort: {wrong}")
        assert one(text).ports == ()


@pytest.mark.parametrize(
    "reference",
    [
        "envFrom: [{secretRef: {name: s}}]\n",
        "env:\n- {name: X, valueFrom: {secretKeyRef: {name: s, key: HOST}}}\n",
    ],
)
def test_texts_of_secrets_are_read_where_they_are_referred_to(reference: str) -> None:
    secret = SECRET.replace("CODED", base64.b64encode(b"redis://cache:6379").decode())
    found = {text.value for text in one(deployment("shop/web", extra=reference), secret).texts}
    assert "db.shop.svc" in found
    assert {text.value for text in one(deployment("shop/web"), secret).texts} == set()


def test_of_an_encrypted_secret_nothing_is_read() -> None:
    found = one(
        deployment("shop/web", extra="envFrom: [{secretRef: {name: s}}]\n"), SOPS.replace("CODED", "eA==")
    )
    assert found.texts == ()


def test_services_with_their_kind() -> None:
    text = service("shop/web").replace("spec:\n", "spec:\n  type: LoadBalancer\n", 1)
    [found] = cluster(text).services
    assert found.type == "LoadBalancer"
    alias = service("shop/web").replace("spec:\n", "spec:\n  type: ExternalName\n  externalName: a.b\n", 1)
    [found] = cluster(alias).services
    assert (found.external_name, found.selector) == ("a.b", {})
