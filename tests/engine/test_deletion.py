"""A sample of the deletion test; `python -m tests.engine.deletion` runs all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.engine.announced import announced, signs
from tests.engine.deletion import sample

ANSWER = """{"items": [
  {"workload": "web", "namespace": "shop", "name": "web", "direction": "egress"},
  {"workload": "", "namespace": "db", "name": "main", "direction": "ingress and egress"}]}"""


def test_an_end_is_announced_by_its_own_direction_or_by_the_object_that_makes_its_pods() -> None:
    known = announced([ANSWER])
    assert known.names({"pod": "shop/web"}, "egress")
    assert not known.names({"pod": "shop/web"}, "ingress")
    assert known.names({"pod": "db/main-0"}, "ingress")
    assert known.names({"namespace": "db", "labels": {"cluster": "main"}}, "egress")
    assert not known.names({"pod": "shop/main-0"}, "ingress")
    assert known.names({"pod": "db/StatefulSet/main-0"}, "ingress")


def test_the_line_of_an_object_says_nothing_of_pods_that_another_build_made() -> None:
    known = announced([ANSWER])
    assert not known.names({"pod": "db/other-0"}, "egress")
    own = ("CiliumNetworkPolicy/db/main",)  # whose directions are explained, or have a line of their own
    assert not known.names({"pod": "db/main-0"}, "ingress", own)
    route = """{"items": [{"workload": "", "kind": "Ingress", "namespace": "shop", "name": "web",
               "direction": "ingress", "reason": "proxy-elsewhere"}]}"""
    assert announced([route]).names({"pod": "shop/web"}, "ingress", ("CiliumNetworkPolicy/shop/web",))
    assert not announced([route]).names({"pod": "shop/web"}, "egress", ("CiliumNetworkPolicy/shop/web",))


CREATED = """
{apiVersion: batch/v1, kind: Job, metadata: {name: heron-x9r2v, namespace: data, labels: {prefect.io/id: a}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: heron-k2k2k, namespace: data},
 spec: {template: {metadata: {labels: {app.kubernetes.io/managed-by: prefect}}}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: clean, namespace: data,
 labels: {app.kubernetes.io/managed-by: Helm}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: scan, namespace: data},
 spec: {template: {spec: {serviceAccountName: prefect-worker}}}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: nightly, namespace: data},
 spec: {jobTemplate: {spec: {template: {metadata: {labels: {prefect.io/id: a}}}}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: runs-controller, namespace: data},
 spec: {template: {metadata: {labels: null}}}}
---
{apiVersion: prefect.io/v1, kind: Flow, metadata: {name: other, namespace: data}}
---
{apiVersion: v1, kind: Pod, metadata: {name: heron, namespace: data}, spec: {serviceAccountName: runs-agent}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: aws-1c2d, namespace: crossplane-system,
 ownerReferences: [{apiVersion: pkg.crossplane.io/v1, kind: ProviderRevision, name: aws-1c2d}]}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: heron-x9r2v, namespace: shop, labels: {prefect.io/id: a}}}
"""


def test_the_line_for_the_pods_of_a_program_stands_for_those_that_say_they_are_its() -> None:
    item = """{{"workload": "", "kind": "Deployment", "namespace": "{}", "name": "pods of {}",
               "direction": "ingress and egress", "reason": "creates-pods"}}"""
    items = [item.format("data", "prefect-worker"), item.format("crossplane-system", "crossplane")]
    known = announced([f'{{"items": [{", ".join(items)}]}}'])._replace(signs=signs(CREATED))
    for pod in (
        "data/heron-x9r2v",
        "data/heron-k2k2k",
        "data/scan",
        "data/nightly",
        "crossplane-system/aws-1c2d",
    ):
        assert known.names({"pod": pod}, "egress"), pod
        assert known.names({"pod": pod}, "ingress"), pod
    assert not known.names({"pod": "data/clean"}, "egress")  # another's, or nobody can tell
    assert not known.names({"pod": "shop/heron-x9r2v"}, "egress")
    # a policy of its own lets it do less than it needs: then that direction has to have a line of its own
    assert not known.names({"pod": "data/heron-x9r2v"}, "egress", ("CiliumNetworkPolicy/data/heron",))
    assert (
        not announced(['{"items": []}'])._replace(signs=signs(CREATED)).names({"pod": "data/scan"}, "egress")
    )
    kind = """{"items": [{"workload": "", "kind": "Flow", "namespace": "data", "name": "other", "direction":
               "ingress and egress", "reason": "unknown-kind"}]}"""
    known = announced([kind])._replace(signs=signs(CREATED))
    assert known.names({"pod": "data/heron-k2k2k"}, "egress")
    assert not known.names({"pod": "data/clean"}, "egress")
    assert not known.names({"pod": "shop/heron-x9r2v"}, "egress")
    release = """{"items": [{"workload": "runs", "kind": "Application", "namespace": "data", "name": "runs",
                  "component": "", "direction": "egress", "reason": "not-rendered"}]}"""
    known = announced([release])._replace(signs=signs(CREATED))
    assert known.names({"pod": "data/runs-controller"}, "egress")  # by its name
    assert known.names({"pod": "data/heron"}, "egress")  # by its service account
    assert not known.names({"pod": "data/runs-controller"}, "ingress")
    assert not known.names({"pod": "data/clean"}, "egress")
    assert not known.names({"pod": "data/runs-controller"}, "egress", ("CiliumNetworkPolicy/data/x",))


def test_a_line_stands_for_the_groups_and_the_part_that_it_names() -> None:
    rows = (
        '"kind": "Deployment", "name": "pods of reaper", "reason": "creates-pods", "standsFor": ["prefect.io"]',
        '"kind": "Ingress", "name": "shop", "reason": "makes-pods", "standsFor": ["runs-controller"]',
    )
    for row, pod in zip(rows, ("data/heron-x9r2v", "data/runs-controller"), strict=True):
        answer = f'{{"items": [{{"workload": "", "namespace": "data", "direction": "ingress and egress", {row}}}]}}'
        known = announced([answer])._replace(signs=signs(CREATED))
        assert known.names({"pod": pod}, "egress")
        assert not known.names({"pod": "data/clean"}, "egress")
        without = announced([answer.replace("standsFor", "stood")])._replace(signs=signs(CREATED))
        assert not without.names({"pod": pod}, "egress")


def test_what_the_catalogue_forgets_is_never_cut_in_silence(judge: Any, corpus: Path) -> None:
    found = list(sample(judge, corpus, 8))
    assert [(one.case, one.component, str(miss)) for one in found for miss in one.cuts.silent] == []
    assert sum(len(one.cuts.announced) + len(one.cuts.half) for one in found) > 0
