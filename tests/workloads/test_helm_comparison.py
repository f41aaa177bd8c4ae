"""The comparison with `helm template`, where the chart and Helm are at hand."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.engine.fixtures import required_corpus
from tests.workloads import helm_comparison


@pytest.mark.e2e
@pytest.mark.slow
def test_every_app_template_release_of_the_corpus_is_predicted_exactly():
    charts, helm = os.environ.get("APP_TEMPLATE_CHARTS", ""), shutil.which("helm")
    if not charts or not helm:
        pytest.skip(
            "needs helm, and app-template-VERSION folders in $APP_TEMPLATE_CHARTS (helm_comparison.py)"
        )
    found = helm_comparison.charts_in(Path(charts))
    compared = 0
    for tree in sorted(required_corpus().glob("apps-root-*")):
        for release in helm_comparison.releases(list(helm_comparison.read_tree(tree))):
            outcome = helm_comparison.compare(release, found, helm)
            assert (outcome.refused, outcome.differences) == ("", []), outcome.release
            compared += 1
    assert compared > 80


def test_differences_are_found():
    left = {"a": {"b": [1]}, "c": "x"}
    assert list(helm_comparison.differences(left, {"a": {"b": [2]}, "d": 1})) == [
        "/a/b: rendered [1], predicted [2]",
        "/c: missing",
        "/d: predicted only",
    ]
    assert list(helm_comparison.differences(left, left)) == []


def test_values_keep_the_types_that_flux_gives_them():
    text = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: x, namespace: y}
spec: {chart: {spec: {chart: app-template}}, values: {controllers: {a: {containers: {b: {}}}}, n: 5, t: "5", o: off}}
"""
    (release,) = helm_comparison.releases(list(helm_comparison.documents(text, "")))
    typed = helm_comparison.typed(release)
    assert (typed["n"], typed["t"], typed["o"]) == (5, "5", "off")
