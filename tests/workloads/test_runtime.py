"""Predictions for the corpus' trees held against the pods and Services that they really have (runtime.yaml)."""

from __future__ import annotations

import pytest
from cilium_policies.kube.inventory import Inventory
from cilium_policies.workloads import flux, rendered
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.releases import app_template, release

from tests.workloads.inputs import case, corpus, objects

TREES = ["apps-root-bjws", "apps-root-buroa", "apps-root-onedr0p", "apps-root-template"]


@pytest.fixture(scope="module", params=TREES)
def tree(request):
    """Predicted and real inventories of a tree, app-template releases only."""
    directory = corpus() / request.param
    shown = Inventory(flux.resolve(case(directory)))
    releases = release.collect(shown)
    expanded = [one for found in releases for one in app_template.expand(found)]
    # one tree's `echo` chart was not at hand when it was made, an app-template stands in (ORIGIN.md)
    others = {(one.namespace, one.name) for one in releases if one.chart not in ("", "app-template")}
    every = objects((directory / "runtime.yaml").read_text(), "runtime.yaml")
    real = [
        one
        for one in every
        if one.labels.get("helm.sh/chart", "").startswith("app-template-")
        and (one.namespace, one.labels["app.kubernetes.io/instance"]) not in others
    ]
    return Inventory(expanded), Inventory(real)


def _by_name(workloads: list[Workload]) -> dict[tuple[str, str, str], Workload]:
    return {one.key: one for one in workloads}


def test_each_real_pod_is_selected_by_exactly_one_predicted_workload(tree):
    predicted, real = (rendered.workloads(one) for one in tree)
    assert real
    for pod in real:
        selecting = [
            one
            for one in predicted
            if one.namespace == pod.namespace and one.selector.items() <= pod.labels.items()
        ]
        assert [one.key for one in selecting] == [pod.key]


def test_predicted_pods_are_what_runs(tree):
    predicted, real = (_by_name(rendered.workloads(one)) for one in tree)
    for key in predicted.keys() & real.keys():
        one, pod = predicted[key], real[key]
        assert one.labels.items() <= pod.labels.items()
        assert one.host_network == pod.host_network
        assert set(one.ports) == set(pod.ports)
        assert one.images == pod.images


def test_predicted_services_are_those_that_exist(tree):
    predicted, real = ({(one.namespace, one.name): one for one in rendered.services(each)} for each in tree)
    for key, one in real.items():
        assert sorted(predicted[key].ports) == sorted(one.ports)
        assert predicted[key].selector.items() <= one.selector.items()


def test_nothing_is_predicted_that_does_not_run(tree):
    """But for releases whose chart version at hand could not render them (ORIGIN.md)."""
    predicted, real = (rendered.workloads(one) for one in tree)
    shown = {(one.namespace, one.release) for one in real}
    keys = {one.key for one in real}
    assert all(one.key in keys for one in predicted if (one.namespace, one.release) in shown)
