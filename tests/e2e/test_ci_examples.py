"""examples/github-actions and examples/gitlab run: their steps in order, on a repository as they expect it.

The program's own steps are those of action.yml, GitLab's second job runs in the image. Not run: the actions of others
(checkout, the upload of SARIF) and GitHub's `gh`, a stand-in that keeps what it was told.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.tools import EXAMPLES, container_engine, environment, require, run, succeeded
from tests.tools.release import ACTION, BASH, carried, filled

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("image")]

CONFIG = """\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
metadata: {name: cilium-policies}
spec: {mode: enforce}
"""
OPEN = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: wide, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app.kubernetes.io/name: db}}
  ingress:
  - fromEntities: [world]
    toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
"""


def repository(place: Path) -> Path:
    """apps/ with the shop and its policies as files, the config, and what the program itself records of them."""
    require("kustomize")
    shutil.copytree(EXAMPLES / "shop", place / "apps")
    (place / "cilium-policies.yaml").write_text(CONFIG)
    built = succeeded(run(["kustomize", "build", place / "apps"]))
    command = ["cilium-policies", "--config", place / "cilium-policies.yaml"]
    (place / "apps/policies.yaml").write_text(succeeded(run([*command, "--only-policies"], stdin=built)))
    adds(place, "policies.yaml")
    whole = succeeded(run(["kustomize", "build", place / "apps"]))
    told = run(["cilium-policies", "test", "--record"], stdin=whole)
    (place / "expect.yaml").write_text(succeeded(told))
    (place / "known.json").write_text(run(["cilium-policies", "lint", "-o", "json"], stdin=whole).stdout)
    return place


def adds(place: Path, *names: str) -> None:
    """Names more files in the kustomization of apps/."""
    with (place / "apps/kustomization.yaml").open("a") as file:
        file.writelines(f"  - {name}\n" for name in names)


def job(place: Path) -> tuple[dict[str, str], str]:
    """Exit codes of the steps of the GitHub example by their names, and what `gh` was told."""
    gh = place / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text('#!/bin/sh\necho "$*" >> gh.txt\ncat diff.md >> gh.txt\n')
    gh.chmod(0o755)
    (step,) = [one for one in ACTION["runs"]["steps"] if one["id"] == "run"]
    env = environment(GITHUB_OUTPUT=str(place / "output"), PROGRAM="cilium-policies")
    env["PATH"] = f"{gh.parent}{os.pathsep}{env['PATH']}"
    known = {"github.token": "none", "github.event.number": "7"}
    ended: dict[str, str] = {}
    workflow = yaml.safe_load((EXAMPLES / "github-actions/policies.yaml").read_text())
    for one in workflow["jobs"]["policies"]["steps"]:
        name = one.get("name", one.get("run"))
        if one.get("if"):
            assert one["if"] == "steps.diff.outcome == 'failure'"
            if ended["diff"] == "0":
                continue
        if one.get("uses") == "./.cilium-policies":
            given = {
                "inputs.arguments": one["with"]["arguments"],
                "inputs.output": one["with"].get("output", ""),
            }
            more = {key: value for key, value in step["env"].items() if key != "PROGRAM"}
            script, more = step["run"], filled(more, given)
        elif "run" in one:
            script, more = one["run"], filled(one.get("env", {}), known)
        else:
            continue
        (place / "output").unlink(missing_ok=True)
        done = run([*BASH, script], cwd=place, env=env | more)
        code = carried(place / "output").get("code", str(done.returncode))
        ended[one.get("id", name)] = code
        if code != "0" and not one.get("continue-on-error"):
            break
    told = place / "gh.txt"
    return ended, told.read_text() if told.exists() else ""


def test_a_pull_request_that_changes_nothing_passes_and_says_so(tmp_path: Path) -> None:
    place = repository(tmp_path)
    shutil.copytree(place / "apps", place / ".base/apps")
    ended, told = job(place)
    assert set(ended.values()) == {"0"}, ended
    assert len(ended) == 6
    assert told.startswith("pr comment 7 --edit-last --create-if-none --body-file diff.md\n")
    assert json.loads((place / "lint.sarif").read_text())["runs"][0]["results"] == []


def test_a_pull_request_that_opens_something_gets_its_comment_and_fails(tmp_path: Path) -> None:
    place = repository(tmp_path)
    shutil.copytree(place / "apps", place / ".base/apps")
    (place / "apps/wide.yaml").write_text(OPEN)
    adds(place, "wide.yaml")
    # who merges it would have written the new verdict down
    whole = succeeded(run(["kustomize", "build", place / "apps"]))
    (place / "expect.yaml").write_text(succeeded(run(["cilium-policies", "test", "--record"], stdin=whole)))
    ended, told = job(place)
    assert ended["diff"] == "1"
    assert ended["exit 1"] == "1"
    assert "shop/db" in told
    assert "world" in told


@pytest.mark.container
def test_the_jobs_of_gitlab_run_in_the_image(image: str, tmp_path: Path) -> None:
    place = repository(tmp_path / "builds")
    jobs = yaml.safe_load((EXAMPLES / "gitlab/.gitlab-ci.yml").read_text())
    succeeded(run([*BASH, "\n".join(jobs["render"]["script"])], cwd=place))

    tmp_path.chmod(0o755)
    place.chmod(0o777)  # GitLab's runner clones with a umask of 0
    engine = container_engine()
    words = [engine.command, "run", "--rm", "--network", "none", "-v", f"{place}:/builds", "-w", "/builds"]
    script = "\n".join(("set -eo pipefail", *jobs["policies"]["script"]))
    succeeded(run([*words, "--entrypoint", "", image, "bash", "-c", script]))
    for name in jobs["policies"]["artifacts"]["reports"]["junit"]:
        suite = ElementTree.parse(place / name).getroot()
        assert int(suite.get("failures", "0")) == 0
    assert "</html>" in (place / "report.html").read_text()
