"""The hooks of .pre-commit-hooks.yaml in a user's repository, installed by pre-commit itself from this repository."""

from __future__ import annotations

import shutil

import pytest
import yaml

from tests.tools import EXAMPLES, ROOT, absent, environment, require, run, succeeded

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def repository(tmp_path):
    """A git repository with the example's configuration and a rendered folder without policies."""
    require("git", "pre-commit")
    config = yaml.safe_load((EXAMPLES / "pre-commit" / ".pre-commit-config.yaml").read_text())
    head = succeeded(run(["git", "rev-parse", "HEAD"])).strip()
    config["repos"][0].update(repo=str(ROOT), rev=head)
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "rendered").mkdir()
    shutil.copy(EXAMPLES / "argocd" / "app" / "wiki.yaml", tmp_path / "rendered" / "wiki.yaml")
    for command in (["init", "-q"], ["add", "."]):
        succeeded(run(["git", *command], cwd=tmp_path))
    return tmp_path


def hooks(repository, home):
    return run(
        ["pre-commit", "run", "--all-files"],
        cwd=repository,
        timeout=300,
        env=environment(PRE_COMMIT_HOME=str(home)),
    )


def test_the_check_stops_a_commit_without_policies_and_lets_one_with_them_pass(repository, tmp_path_factory):
    home = tmp_path_factory.mktemp("pre-commit")
    bare = hooks(repository, home)
    if bare.returncode == 3 and "NameResolutionError" in bare.stdout + bare.stderr:
        absent(
            "pre-commit installs hooks from the package registry, which is not reached here: connect and run again"
        )
    assert bare.returncode == 1, bare.stdout + bare.stderr
    assert "wiki" in bare.stdout

    rendered = repository / "rendered" / "wiki.yaml"
    rendered.write_text(succeeded(run(["cilium-policies", rendered])))
    assert "Passed" in succeeded(hooks(repository, home))
