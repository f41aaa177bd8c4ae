"""Patches that a HelmRelease lays over its chart's objects."""

from __future__ import annotations

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import at
from cilium_policies.workloads import rendered
from cilium_policies.workloads.releases import app_template, charts
from cilium_policies.workloads.releases.post_render import _operated

from tests.workloads.inputs import releases

RELEASE = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: apps}
spec:
  chart: {spec: {chart: %s, version: 4.1.1}}
  postRenderers:
    - kustomize:
        patches:
          - target: {kind: Deployment, name: web.*}
            patch: |
              - {op: add, path: /spec/template/spec/hostNetwork, value: true}
              - {op: add, path: /spec/template/metadata/labels/example.org~1role, value: x}
          - patch: |
              kind: StatefulSet
              metadata: {name: other}
              spec: {template: {spec: {hostNetwork: false}}}
  values:
    controllers: {main: {containers: {app: {}}}}
"""


def test_synthesised_objects_are_patched():
    (found,) = releases(RELEASE % "app-template")
    (one,) = rendered.workloads(Inventory(app_template.expand(found)))
    assert one.host_network
    assert one.labels["example.org/role"] == "x"


def test_predicted_pods_are_patched():
    part = {"component": "thing", "what": "x", "match": [{"app": "thing"}], "charts": [{"chart": "thing"}]}
    part["workload"] = "Deployment/NAME-thing"
    (found,) = releases(RELEASE.replace("controllers", "x") % "thing")
    ((one,), _, _) = charts.workloads_of(found, load(define=[part]))
    assert (one.name, one.host_network) == ("web-thing", True)
    assert one.labels == {"app": "thing", "example.org/role": "x"}
    assert one.selector == {"app": "thing"}


def test_other_kinds_are_left_alone():
    text = RELEASE.replace("kind: Deployment", "kind: DaemonSet")
    (found,) = releases(text % "app-template")
    (one,) = app_template.expand(found)
    assert at(one.body, "spec", "template", "spec", "hostNetwork") is None


def test_strategic_merges_go_by_name():
    patch = """
          - target: {kind: Deployment}
            patch: |
              spec: {template: {spec: {containers: [{name: app, image: new}, {name: extra, image: side}]}}}
"""
    (found,) = releases(RELEASE.replace("  values:", patch.strip("\n") + "\n  values:") % "app-template")
    (one,) = app_template.expand(found)
    containers = at(one.body, "spec", "template", "spec", "containers")
    assert [(each["name"], each["image"]) for each in containers] == [("app", "new"), ("extra", "side")]


@pytest.mark.parametrize(
    ("path", "operation", "expected"),
    [
        (["a", "0"], "replace", {"a": ["new", "y"]}),
        (["a", "0"], "remove", {"a": ["y"]}),
        (["a", "1"], "add", {"a": ["x", "new", "y"]}),
        (["a", "-"], "add", {"a": ["x", "y", "new"]}),
        (["a", "9"], "replace", {"a": ["x", "y"]}),
        (["b", "c"], "add", {"a": ["x", "y"], "b": {"c": "new"}}),
        (["a", "0", "z"], "add", {"a": ["x", "y"]}),
    ],
)
def test_operations(path, operation, expected):
    given = {"a": ["x", "y"]}
    assert _operated(given, path, operation, "new") == expected
    assert given == {"a": ["x", "y"]}
