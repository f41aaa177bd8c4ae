"""Helm: `helm template |` sees the whole chart, a post-renderer does not, and says so."""

from __future__ import annotations

import pytest

from tests.e2e.manifests import documents, others, policies
from tests.tools import EXAMPLES, require, run, succeeded

pytestmark = pytest.mark.e2e

CHART = EXAMPLES / "helm" / "chart"
TEMPLATE = ["helm", "template", "blog", CHART, "--namespace", "blog"]
POST = [*TEMPLATE, "--post-renderer", "cilium-policies"]


@pytest.fixture(autouse=True)
def helm():
    require("helm")


def arguments(*words):
    return [f"--post-renderer-args={word}" for word in words]


def test_a_hook_job_has_its_policy_in_the_template_and_none_in_the_post_renderer():
    whole = policies(succeeded(run([EXAMPLES / "helm" / "run"])))
    hooked = policies(succeeded(run([EXAMPLES / "helm-post-renderer" / "run"])))

    assert "blog/blog-migrate" in whole
    assert set(whole) - set(hooked) == {"blog/blog-migrate"}


def test_helm_hides_what_a_post_renderer_that_succeeds_says():
    """Why docs/pipelines.md, and no warning of the program, tells of hook Jobs."""
    done = run([EXAMPLES / "helm-post-renderer" / "run"])

    assert succeeded(done)
    assert done.stderr == ""


def test_the_charts_own_objects_are_what_helm_prints_without_it():
    plain = {str(doc) for doc in documents(succeeded(run(TEMPLATE)))}
    rendered = documents(succeeded(run([*POST, *arguments("--namespace", "blog")])))

    assert {str(doc) for doc in others(rendered)} == plain


def test_without_a_namespace_the_release_is_refused_with_the_cure():
    done = run(POST)

    assert done.returncode != 0
    assert "--namespace" in done.stderr
