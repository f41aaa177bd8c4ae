"""A dump of a running cluster: what stands beside its owner, and what stands for pods."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.owned import installed, standing
from cilium_policies.workloads.releases.collect import collect
from cilium_policies.workloads.rendered import workloads

POD = {"containers": [{"name": "c", "image": "e.com/x:1"}]}


def owned(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"apiVersion": "x/v1", "kind": kind, "name": name, "controller": "true"}]


def thing(kind: str, name: str, owner: tuple[str, str] | None = None, **labels: str) -> Object:
    """An object that makes pods, or a Pod; `labels` are the pods'."""
    metadata: dict[str, Any] = {"name": name, "namespace": "a"}
    if owner:
        metadata["ownerReferences"] = owned(*owner)
    if kind == "Pod":
        return Object(
            {"apiVersion": "v1", "kind": kind, "metadata": {**metadata, "labels": labels}, "spec": POD}
        )
    template = {"metadata": {"labels": labels}, "spec": POD}
    spec = {"jobTemplate": {"spec": {"template": template}}} if kind == "CronJob" else {"template": template}
    group = "batch/v1" if kind in ("Job", "CronJob") else "apps/v1"
    return Object({"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec})


def pod_of(deployment: str, mark: str, end: str) -> Object:
    labels = {"app": deployment, "pod-template-hash": mark}
    return thing("Pod", f"{deployment}-{mark}-{end}", ("ReplicaSet", f"{deployment}-{mark}"), **labels)


def names(*objects: Object) -> list[str]:
    return [f"{one.kind} {one.name}" for one in workloads(Inventory(objects))]


WEB = thing("Deployment", "web", app="web")
BACKUP = thing("CronJob", "backup", app="b")
RUN = "backup-28391234"


@pytest.mark.parametrize(
    ("objects", "left"),
    [
        ([WEB, pod_of("web", "7d4b", "x")], ["Deployment web"]),
        ([WEB, thing("ReplicaSet", "web-7d4b", ("Deployment", "web"), app="web")], ["Deployment web"]),
        ([thing("ReplicaSet", "web-7d4b", app="web"), pod_of("web", "7d4b", "x")], ["ReplicaSet web-7d4b"]),
        (
            [pod_of("web", "7d4b", "x"), pod_of("web", "7d4b", "y"), pod_of("web", "9f", "z")],
            ["Deployment web"],
        ),
        ([thing("StatefulSet", "db"), thing("Pod", "db-0", ("StatefulSet", "db"))], ["StatefulSet db"]),
        ([BACKUP, thing("Pod", f"{RUN}-x", ("Job", RUN), app="b")], ["CronJob backup"]),
        ([BACKUP, thing("Job", RUN, ("CronJob", "backup"), app="b")], ["CronJob backup"]),
        ([thing("Pod", f"etcd-n{one}", ("Node", f"n{one}"), app="etcd") for one in (1, 2)], ["Pod etcd"]),
        (
            [thing("Deployment", name, ("Thing", "x"), app=name) for name in ("api", "worker")],
            ["Deployment api", "Deployment worker"],
        ),
        ([thing("Pod", "alone", app="alone")], ["Pod alone"]),
    ],
)
def test_what_stands_for_pods(objects: list[Object], left: list[str]) -> None:
    assert sorted(names(*objects)) == left


def test_pods_of_a_custom_resource_are_one_workload_by_the_labels_they_share() -> None:
    pods = [thing("Pod", f"db-{number}", ("Cluster", "db"), cluster="db", role=role, instance=f"db-{number}")
            for number, role in enumerate(("primary", "replica"))]  # fmt: skip
    (made,) = workloads(Inventory(pods))
    assert (made.kind, made.name, made.labels) == ("Cluster", "db", {"cluster": "db"})


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_pods_that_ended_stand_for_nothing(phase: str) -> None:
    pod = thing("Pod", "hook", app="hook")
    pod.body["status"] = {"phase": phase}
    assert not list(standing(Inventory([pod])))


RELEASE = Object({
    "apiVersion": "helm.toolkit.fluxcd.io/v2",
    "kind": "HelmRelease",
    "metadata": {"name": "redis", "namespace": "a"},
    "spec": {"chart": {"spec": {"chart": "redis"}}},
})  # fmt: skip
APPLICATION = Object({
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "cache", "namespace": "argocd"},
    "spec": {"destination": {"namespace": "a"}, "source": {"chart": "redis"}},
})  # fmt: skip


@pytest.mark.parametrize(
    ("release", "metadata"),
    [
        (
            RELEASE,
            {"annotations": {"meta.helm.sh/release-name": "redis", "meta.helm.sh/release-namespace": "a"}},
        ),
        (
            RELEASE,
            {"labels": {"helm.toolkit.fluxcd.io/name": "redis", "helm.toolkit.fluxcd.io/namespace": "a"}},
        ),
        (APPLICATION, {"annotations": {"argocd.argoproj.io/tracking-id": "cache:apps/StatefulSet:a/redis"}}),
        (
            APPLICATION,
            {"annotations": {"argocd.argoproj.io/tracking-id": "argocd_cache:apps/StatefulSet:a/redis"}},
        ),
    ],
)
def test_a_release_whose_objects_are_there_is_none_of_its_own(
    release: Object, metadata: dict[str, Any]
) -> None:
    shown = thing("StatefulSet", "redis", app="redis")
    assert len(collect(Inventory([release, shown]))) == 1
    shown.body["metadata"].update(metadata)
    assert collect(Inventory([release, shown])) == []


def test_another_release_of_that_name_stays() -> None:
    shown = thing("StatefulSet", "redis", app="redis")
    shown.body["metadata"]["annotations"] = {
        "meta.helm.sh/release-name": "redis",
        "meta.helm.sh/release-namespace": "b",
    }
    assert installed(Inventory([shown])) == {("helm", "b", "redis")}
    assert len(collect(Inventory([RELEASE, shown]))) == 1
