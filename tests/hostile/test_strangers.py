"""`build` on a stranger's repository, as a pipeline does with each pull request: nothing that it says is executed, and
nothing beside it is read, written or removed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.builds import laid
from tests.cli.within import Done, within
from tests.e2e.test_build_argo import application
from tests.hostile.oracle import waiting
from tests.tools import environment, require

pytestmark = pytest.mark.e2e
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: a}\n"


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    require("kustomize")
    require("helm")
    monkeypatch.setenv("PATH", environment()["PATH"])


def built(root: Path) -> Done:
    with waiting():
        done = within("build", ".", cwd=root)
    assert b"internal error" not in done.stderr, done.stderr
    return done


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that leaves a file beside it."""
    place = tmp_path / "program.sh"
    place.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n")
    place.chmod(0o755)
    return place


@pytest.mark.parametrize(
    "option", ["--post-renderer={}", "--post-renderer", "-f{}", "--repository-config={}"]
)
def test_a_release_is_called_no_option_of_helm(tmp_path: Path, program: Path, option: str) -> None:
    helm = f'path: charts/web\nhelm: {{releaseName: "{option.format(program)}"}}\n'
    root = tmp_path / "root"
    laid(
        root,
        {
            "a.yaml": application("web", helm),
            "charts/web/Chart.yaml": CHART,
            "charts/web/templates/a.yaml": MAP,
        },
    )
    done = built(root)
    assert not (tmp_path / "ran").exists()
    assert b"invalid release name" in done.stderr
    assert b"kind: ConfigMap" not in done.stdout


def test_a_base_on_this_disk_has_git_start_nothing(tmp_path: Path, program: Path) -> None:
    """kustomize hands the `ref` to `git fetch`, where it may be an option."""
    require("git")
    subprocess.run(("git", "init", "-q", str(tmp_path / "base")), check=True)
    base = f"file://{tmp_path}/base?ref=--upload-pack={program}"
    done = built(laid(tmp_path / "root", {"kustomization.yaml": f'resources: ["{base}"]\n'}))
    assert not (tmp_path / "ran").exists()
    assert done.returncode == 1


@pytest.mark.parametrize("key", ["generators", "transformers", "validators"])
@pytest.mark.parametrize(
    "how", ["exec: {path: %s}", "container: {image: x, network: true}", "starlark: {path: %s}"]
)
def test_no_function_is_run(tmp_path: Path, program: Path, key: str, how: str) -> None:
    function = how.replace("%s", str(program))
    config = (
        "apiVersion: x.example.com/v1\nkind: X\nmetadata:\n  name: x\n  annotations:\n"
        f'    config.kubernetes.io/function: "{function}"\n'
    )
    made = {"kustomization.yaml": f"resources: [a.yaml]\n{key}: [x.yaml]\n", "a.yaml": MAP, "x.yaml": config}
    assert built(laid(tmp_path / "root", made)).returncode == 1
    assert not (tmp_path / "ran").exists()


def test_no_program_of_the_folder_that_it_is_started_in_is_run(tmp_path: Path) -> None:
    root = laid(tmp_path / "root", {"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": MAP})
    for name in ("kustomize", "kubectl", "helm", "git", "flate", "sh"):
        (root / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (root / name).chmod(0o755)
    assert built(root).returncode == 0
    assert not (tmp_path / "ran").exists()
