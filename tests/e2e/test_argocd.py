"""Argo CD's two ways, started as its repo-server starts them. Argo CD itself is not run.

With build options repo-server runs `kustomize build PATH OPTION…` in the repository's root (argoproj/argo-cd
util/kustomize/kustomize.go, Build); a config management plugin runs `command` + `args` in the application's folder
with ARGOCD_ENV_ variables in the environment, and reads stdout when it exits 0 (cmpserver/plugin/plugin.go).
"""

from __future__ import annotations

import shutil

import pytest
import yaml

from tests.e2e.manifests import documents, others, own, policies
from tests.e2e.trouble import kustomization
from tests.tools import EXAMPLES, environment, require, run, succeeded

pytestmark = pytest.mark.e2e

ARGOCD = EXAMPLES / "argocd"


@pytest.fixture(autouse=True)
def kustomize():
    require("kustomize")


def plugin_generate(folder, **env):
    generate = yaml.safe_load((ARGOCD / "plugin.yaml").read_text())["spec"]["generate"]
    return run([*generate["command"], *generate["args"]], cwd=folder, env=environment(**env))


def test_build_options(tmp_path):
    options = yaml.safe_load((ARGOCD / "argocd-cm.yaml").read_text())["data"]["kustomize.buildOptions"]
    kustomization(tmp_path / "apps" / "web")
    printed = succeeded(
        run(["kustomize", "build", tmp_path / "apps" / "web", *options.split()], cwd=tmp_path)
    )

    assert "web/default-deny" in policies(printed)


def test_the_plugins_generate_command():
    done = plugin_generate(ARGOCD / "app", ARGOCD_APP_NAME="wiki", ARGOCD_ENV_POLICY_MODE="enforce")

    assert "wiki/default-deny" in policies(succeeded(done))
    assert "enableDefaultDeny" not in done.stdout
    assert len(others(documents(done.stdout))) == 3


def test_the_plugin_defaults_to_audit():
    done = plugin_generate(ARGOCD / "app", ARGOCD_APP_NAME="wiki")

    made = own(documents(succeeded(done)))
    assert made
    for policy in made:
        for spec in policy.get("specs") or [policy["spec"]]:
            assert spec["enableDefaultDeny"] == {"ingress": "false", "egress": "false"}


def test_a_broken_build_fails_the_plugin_and_is_no_smaller_application(tmp_path):
    shutil.copytree(ARGOCD / "app", tmp_path / "app")
    (tmp_path / "app" / "kustomization.yaml").write_text("resources: [missing.yaml]\n")

    assert plugin_generate(tmp_path / "app").returncode != 0
