"""Predictions for the corpus' trees held against the pods and Services that they really have (runtime.yaml)."""

from __future__ import annotations

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.config.settings import Settings
from cilium_policies.kube.inventory import Inventory
from cilium_policies.workloads import flux, rendered
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.gather import gather
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.releases import app_template
from cilium_policies.workloads.releases.collect import collect

from tests.engine.fixtures import required_corpus
from tests.workloads.inputs import case, objects

TREES = ["apps-root-bjws", "apps-root-buroa", "apps-root-onedr0p", "apps-root-template"]


@pytest.fixture(scope="module", params=TREES)
def tree(request):
    """Predicted and real inventories of a tree, app-template releases only."""
    directory = required_corpus() / request.param
    shown = Inventory(flux.resolve(case(directory)))
    releases = collect(shown)
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


@pytest.fixture(scope="module", params=TREES)
def whole(request):
    """Everything that a tree is known to run, and what it really runs (runtime.yaml)."""
    directory = required_corpus() / request.param
    predicted = gather(case(directory), load(), Settings())
    real = Inventory(objects((directory / "runtime.yaml").read_text(), "runtime.yaml"))
    return predicted, Cluster(real, rendered.workloads(real), rendered.services(real), Settings())


def _selects(one: Workload, pod: Workload) -> bool:
    return (
        one.namespace == pod.namespace
        and bool(one.selector)
        and one.selector.items() <= pod.labels.items()
        and not any(key in pod.labels for key in one.absent)
    )


def test_each_pod_of_a_tree_belongs_to_one_instance_of_one_component(whole):
    predicted, real = whole
    for pod in real.workloads:
        if not pod.host_network:
            found = {(one.component, one.instance) for one in predicted.workloads if _selects(one, pod)}
            assert len(found) == 1, (pod.key, found)


def test_host_network_is_predicted(whole):
    predicted, real = whole
    for pod in real.workloads:
        for one in predicted.workloads:
            if one.kind == pod.kind and one.name == pod.name and one.namespace == pod.namespace:
                assert one.host_network == pod.host_network, pod.key


def test_service_ports_lead_to_the_pod_ports_that_they_really_lead_to(whole):
    """A predicted Service may have fewer ports; none may lead elsewhere."""
    predicted, real = whole
    compared = 0
    for service in real.services:
        twin = predicted.service(service.namespace, service.name)
        pods = [pod for pod in real.backends(service) if not pod.host_network]
        if twin is None or not pods or not predicted.backends(twin):
            continue
        for port in twin.ports:
            truth = [one for one in service.ports if (one.port, one.protocol) == (port.port, port.protocol)]
            if truth and port.target.isdigit():
                found = real.target_port(pods[0], truth[0].target or str(truth[0].port), port.protocol)
                assert found is None or found.number == int(port.target), (service.name, port)
                compared += 1
    assert compared > 10


def test_services_of_pods_are_predicted(whole):
    """All but those of pods on the nodes' network, which the charts of the corpus put before the control plane."""
    predicted, real = whole
    missing = {
        (one.namespace, one.name)
        for one in real.services
        if one.ports
        and predicted.service(one.namespace, one.name) is None
        and any(not pod.host_network for pod in real.backends(one))
    }
    assert {name for _, name in missing} <= {"kube-prometheus-stack-coredns", "cilium-operator"}
