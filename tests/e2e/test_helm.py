"""Helm: `helm template |` sees the whole chart, a post-renderer of Helm 3 does not. Helm 4 wants a plugin."""

from __future__ import annotations

import pytest

from tests.e2e.manifests import documents, others, policies
from tests.tools import EXAMPLES, environment, require, run, succeeded, there

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


@pytest.fixture
def helm4(tmp_path):
    """Runs the Helm 4 that `.ci/tools.sh helm4` builds, with the plugin of the example installed."""
    if not there("helm4"):
        pytest.skip("Helm 4 is not built: bash .ci/tools.sh helm4")
    homes = {f"HELM_{name}_HOME": str(tmp_path / name) for name in ("CACHE", "CONFIG", "DATA")}
    env = {**environment(), **homes}

    def ask(*words):
        return run(["helm4", *words], env=env)

    succeeded(ask("plugin", "install", EXAMPLES / "helm4-plugin"))
    return ask


def test_the_plugin_of_helm_4_sees_hooks_and_its_own_arguments_come_first(helm4):
    plain = {str(doc) for doc in documents(succeeded(helm4(*TEMPLATE[1:])))}
    post = [*POST[1:], *arguments("--namespace", "blog")]
    audited = succeeded(helm4(*post))
    enforced = succeeded(helm4(*post, *arguments("--mode", "enforce")))

    assert set(policies(audited)) == set(policies(succeeded(run([EXAMPLES / "helm" / "run"]))))
    assert "blog/blog-migrate" in policies(audited)
    assert all("enableDefaultDeny" in one["spec"] for one in policies(audited).values())
    assert not any("enableDefaultDeny" in one["spec"] for one in policies(enforced).values())
    assert {str(doc) for doc in others(documents(enforced))} == plain


def test_helm_4_hides_why_its_plugin_failed(helm4):
    """Why docs/pipelines.md names the pipe."""
    done = helm4(*POST[1:])

    assert done.returncode != 0
    assert 'plugin "cilium-policies" exited with error' in done.stderr
    assert "--namespace" not in done.stderr
