"""action.yml's own steps, run as GitHub's runner does: the program comes from the checkout, what it needs by hash."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.tools import EXAMPLES, ROOT, absent, environment
from tests.tools.release import ACTION, BASH, carried, filled

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def used(place: Path, arguments: str, output: str = "") -> tuple[int, str, str]:
    """The last step's exit code, the action's output `code` and what the last step printed."""
    values = {
        "github.action_path": str(ROOT),
        "inputs.arguments": arguments,
        "inputs.output": output,
    }
    done, told = None, place / "output"
    for step in ACTION["runs"]["steps"]:
        told.unlink(missing_ok=True)
        env = {**environment(), "RUNNER_TEMP": str(place), "GITHUB_OUTPUT": str(told)}
        done = subprocess.run(
            [*BASH, step["run"]],
            cwd=place,
            env=env | filled(step["env"], values),
            capture_output=True,
            text=True,
        )
        values |= {f"steps.{step['id']}.outputs.{name}": value for name, value in carried(told).items()}
        if done.returncode and step["id"] == "install":
            absent(f"pip installs nothing here: {done.stderr.strip().splitlines()[-1]}")
    assert done is not None
    return done.returncode, filled({"code": ACTION["outputs"]["code"]["value"]}, values)["code"], done.stdout


def test_it_installs_once_and_runs_a_command_from_then_on(tmp_path: Path) -> None:
    shop = " ".join(str(path) for path in sorted((EXAMPLES / "shop").glob("[a-z]*.yaml")))
    assert used(tmp_path, f"list {shop}")[:2] == (0, "0")
    (program,) = tmp_path.glob("cilium-policies-*/bin/cilium-policies")
    installed = os.stat(program).st_mtime_ns

    # the shop's own manifests hold no policy, so a check fails
    assert used(tmp_path, f"check {shop}")[:2] == (1, "1")
    assert used(tmp_path, f"list {shop}", "list.txt") == (0, "0", "")
    assert (tmp_path / "list.txt").read_text()
    assert os.stat(program).st_mtime_ns == installed
