"""Copies of workloads: how they are called and told apart, and whom the Services stand before."""

from __future__ import annotations

from typing import Any

from cilium_policies.config.settings import Settings
from cilium_policies.workloads.cluster import Cluster

from tests.shapes import manifests
from tests.support import cluster

_CANARY: dict[str, Any] = {
    "apiVersion": "flagger.app/v1beta1",
    "kind": "Canary",
    "metadata": {"name": "web", "namespace": "a"},
}


def _cluster(*shapes: dict[str, Any], **spec: Any) -> Cluster:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    canary = {**_CANARY, "spec": {"targetRef": target, "service": {"port": 80}, **spec}}
    return cluster(*manifests([{"ns": "a"}, *shapes, canary]))


def _labels(found: Cluster, name: str) -> dict[str, str]:
    return next(one.labels for one in found.workloads if one.name == name)


def test_a_copy_differs_by_the_first_label_that_its_original_is_selected_by() -> None:
    labels = {"app": "shop", "name": "web", "tier": "front"}
    selected = {"selector": {"matchLabels": {"name": "web", "tier": "front"}}}
    found = _cluster({"dep": "a/web", "labels": labels, "spec": selected})
    assert _labels(found, "web-primary") == {"app": "shop", "name": "web-primary", "tier": "front"}
    assert _labels(found, "web") == labels


def test_the_controllers_argument_names_the_label() -> None:
    flagger = {"dep": "a/flagger", "image": "ghcr.io/fluxcd/flagger:1.44.0"}
    found = _cluster(
        {"dep": "a/web", "labels": {"app": "web", "unit": "w"}},
        {**flagger, "args": ["-selector-labels=unit,app"]},
    )
    assert _labels(found, "web-primary") == {"app": "web", "unit": "w-primary"}


def test_a_controller_elsewhere_counts_where_a_role_or_the_config_says_so() -> None:
    """Without either anybody with that label and image would tell everybody's copies apart."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    canary = {**_CANARY, "spec": {"targetRef": target, "service": {"port": 80}}}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "flagger"}
    account = {"kind": "ServiceAccount", "name": "flagger", "namespace": "ops"}
    bound = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "flagger"},
        "roleRef": role,
        "subjects": [account],
    }
    flagger = {
        "dep": "ops/flagger",
        "image": "ghcr.io/fluxcd/flagger:1.44.0",
        "args": ["-selector-labels=unit"],
    }
    web = {"dep": "a/web", "labels": {"app": "web", "unit": "w"}}
    shown = [{"ns": "a"}, web, {**flagger, "labels": {"app.kubernetes.io/name": "flagger"}}, canary]

    def told(*objects: dict[str, Any], believed: str = "") -> dict[str, str]:
        namespaces = {"flagger": (believed,)} if believed else {}
        settings = Settings(component_namespaces=namespaces)
        return _labels(cluster(*manifests([*shown, *objects]), settings=settings), "web-primary")

    stranger, controller = {"app": "web-primary", "unit": "w"}, {"app": "web", "unit": "w-primary"}
    assert told() == stranger
    assert told(bound) == told(believed="ops") == controller
    assert told(bound, believed="other") == stranger


def test_nothing_is_copied_that_no_such_label_selects() -> None:
    found = _cluster({"dep": "a/web", "labels": {"tier": "front"}})
    assert [one.name for one in found.workloads] == ["web"]


def test_a_copy_that_the_input_shows_is_not_made_again() -> None:
    found = _cluster({"dep": "a/web"}, {"dep": "a/web-primary", "labels": {"app": "web-primary"}})
    assert sorted(one.name for one in found.workloads) == ["web", "web-primary"]


def test_services_stand_before_the_copy_the_original_or_both() -> None:
    found = _cluster({"dep": "a/web", "ports": [8080, 9090]}, provider="linkerd")
    behind = {one.name: [each.name for each in found.backends(one)] for one in found.services}
    assert behind == {"web": ["web-primary", "web"], "web-primary": ["web-primary"], "web-canary": ["web"]}


def test_with_kubernetes_alone_requests_reach_the_copy() -> None:
    found = _cluster({"dep": "a/web"}, provider="kubernetes")
    service = found.service("a", "web")
    assert service is not None
    assert [one.name for one in found.backends(service)] == ["web-primary"]


def test_container_ports_that_the_object_does_not_name_are_found_where_it_asks_for_them() -> None:
    found = _cluster(
        {"dep": "a/web", "ports": [8080, 9090]},
        service={"name": "shop", "port": 80, "targetPort": 8080, "portDiscovery": True},
    )
    service = found.service("a", "shop")
    assert service is not None
    assert [(one.port, one.target) for one in service.ports] == [(80, "8080"), (9090, "9090")]
