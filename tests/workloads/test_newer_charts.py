"""A release that asks for a newer major version of its chart than any that was read has one line, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.cilium.write import policy_text
from cilium_policies.config.model import Config

from tests.support import made, namespace

CHART = "elasticsearch"  # of which several publish one
KNOWN = load().version(CHART, "helm.elastic.co")
MAJOR = int(KNOWN.partition(".")[0])


def _lines(version: str, **config: Any) -> tuple[list[Any], dict[str, bytes]]:
    """The lines of a release about its chart's version, and the policies."""
    text = f"""apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {{name: charts, namespace: db}}
spec: {{url: "https://helm.elastic.co"}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: cache, namespace: db}}
spec:
  chart:
    spec: {{chart: {CHART}, version: "{version}", sourceRef: {{kind: HelmRepository, name: charts}}}}
"""
    found = made(namespace("db"), text, config=Config(mode="enforce", **config))
    lines = [one for one in found.plan.guessed if one.why == "chart-newer"]
    return lines, {one.name: policy_text(one) for one in found.policies.policies}


@pytest.mark.parametrize(
    ("version", "is_newer"),
    [
        (f"{MAJOR + 1}.0.2", True),
        (f"v{MAJOR + 1}.*", True),
        (f"^{MAJOR + 5}", True),
        (f">= {MAJOR + 1}.1.0", True),
        (f"{MAJOR}.99.0", False),  # a newer minor one
        (f"{MAJOR - 1}.0.0", False),
        ("*", False),  # whatever is newest
        ("", False),
        ("latest", False),
    ],
)
def test_a_newer_major_version_than_any_that_was_read_is_said(version: str, is_newer: bool) -> None:
    lines, _ = _lines(version)
    assert [(one.degree, one.place, one.direction) for one in lines] == (
        [("guessed", "HelmRelease db/cache", "ingress and egress")] if is_newer else []
    )
    if is_newer:
        assert KNOWN in lines[0].sentence
        assert version in lines[0].sentence


def test_its_policies_are_the_same_and_the_users_word_ends_the_line() -> None:
    (line,), policies = _lines(f"{MAJOR + 1}.0.0")
    assert policies == _lines(f"{MAJOR}.0.0")[1]
    assert "charts: [{chart: elasticsearch, publisher: helm.elastic.co, default: false}]" in line.cure
    nothing_more = {
        "component": "elasticsearch-more",
        "charts": [{"chart": CHART, "publisher": "helm.elastic.co", "default": "false"}],
    }
    assert _lines(f"{MAJOR + 1}.0.0", defined_components=(nothing_more,)) == ([], policies)
