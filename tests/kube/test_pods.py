"""Where the pod template stands in each kind."""

from __future__ import annotations

import pytest
from cilium_policies.kube.objects import Object
from cilium_policies.kube.pods import containers, pod_template

POD = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "a"}]}}


@pytest.mark.parametrize(
    ("api", "kind", "body"),
    [
        ("apps/v1", "Deployment", {"spec": {"template": POD}}),
        ("apps/v1", "DaemonSet", {"spec": {"template": POD}}),
        ("batch/v1", "CronJob", {"spec": {"jobTemplate": {"spec": {"template": POD}}}}),
        ("argoproj.io/v1alpha1", "Rollout", {"spec": {"template": POD}}),
        ("v1", "Pod", POD),
    ],
)
def test_the_template_of_each_kind(api: str, kind: str, body: dict[str, object]) -> None:
    found = pod_template(Object({**body, "apiVersion": api, "kind": kind}))
    assert found is not None
    assert found["spec"] == POD["spec"]


def test_other_kinds_and_groups_make_none() -> None:
    assert pod_template(Object({"apiVersion": "v1", "kind": "Service"})) is None
    assert (
        pod_template(Object({"apiVersion": "other.io/v1", "kind": "Rollout", "spec": {"template": POD}}))
        is None
    )


def test_a_custom_resource_is_searched_for_a_template_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    monkeypatch.setattr("cilium_policies.kube.pods.templates", lambda spec: iter(searched.append(spec) or ()))
    one = Object({"apiVersion": "acme.io/v1", "kind": "Database", "spec": {"urls": ["http://a"]}})
    assert [pod_template(one), pod_template(one)] == [None, None]
    assert len(searched) == 1


def test_a_template_of_another_type_is_an_empty_one() -> None:
    assert pod_template(Object({"apiVersion": "apps/v1", "kind": "Deployment", "spec": "x"})) == {}


def test_init_containers_come_last_and_odd_ones_not_at_all() -> None:
    spec = {"initContainers": [{"name": "init"}], "containers": [{"name": "main"}, "odd"]}
    assert [one["name"] for one in containers(spec)] == ["main", "init"]
