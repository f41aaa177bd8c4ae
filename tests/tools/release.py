"""The shell steps of the release, run as GitHub's runner does: `bash -e` for each, GITHUB_ENV and outputs carried on,
expressions filled in. The actions between them are not run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import yaml

from tests.tools import EPOCH, REPOSITORY, ROOT, SOURCE, VERSION

NEW_SOURCE = "https://git.example/me/policies"
GIVEN = {  # what the runner knows of a tag of that repository
    "GITHUB_SERVER_URL": "https://git.example",
    "GITHUB_REPOSITORY": "me/policies",
    "GITHUB_REF": f"refs/tags/v{VERSION}",
    "GITHUB_REF_NAME": f"v{VERSION}",
}
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
JOBS = yaml.safe_load((ROOT / ".github/workflows/release.yaml").read_text())["jobs"]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]  # of a step with `shell: bash`


def public(tree: Path, image: str) -> None:
    """Gives a checkout public names, as `.ci/public.py` would, in the two files that the steps read."""
    for name in ("metadata.yaml", "pyproject.toml"):
        text = (ROOT / name).read_text()
        (tree / name).write_text(text.replace(SOURCE, NEW_SOURCE).replace(REPOSITORY, image))


def built_on(tree: Path, base: str) -> None:
    """Another base in a checkout's Dockerfile."""
    place = tree / "Dockerfile"
    text, count = re.subn(r"(?m)^ARG BASE=.*$", f"ARG BASE={base}", place.read_text())
    assert count == 1
    place.write_text(text)


def commit(tree: Path) -> None:
    """A repository of one commit, whose time is that of the tests' images."""
    dates = {"GIT_AUTHOR_DATE": f"{EPOCH} +0000", "GIT_COMMITTER_DATE": f"{EPOCH} +0000"}
    for words in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "x"]):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words]
        subprocess.run(command, cwd=tree, env={**os.environ, **dates}, check=True)


def checkout(tree: Path) -> None:
    """As much of the tree as the image's steps read."""
    shutil.copytree(ROOT / ".ci", tree / ".ci", ignore=shutil.ignore_patterns("tools"))


def filled(said: dict[str, str], values: dict[str, str]) -> dict[str, str]:
    """An environment or outputs with their expressions' values."""
    return {key: EXPRESSION.sub(lambda found: values[found[1]], value) for key, value in said.items()}


def carried(place: Path) -> dict[str, str]:
    """What steps wrote to GITHUB_ENV or GITHUB_OUTPUT, as NAME=VALUE or between NAME<<END and END."""
    text = place.read_text() if place.exists() else ""
    longer = re.findall(r"(?ms)^(\w+)<<(\S+)\n(.*?)\n\2$", text)
    return dict(re.findall(r"(?m)^(\w+)=(.*)$", text)) | {name: value for name, _, value in longer}


def whole_checkout(tree: Path) -> None:
    """All files of the work tree that git knows of or would take."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in (one for one in listed if one and (ROOT / one).is_file()):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)


def released(
    job: str, tree: Path, env: dict[str, str], values: dict[str, str], left_out: tuple[str, ...] = ()
) -> tuple[str, str]:
    """The name of the step that failed ("" where none did) and what it wrote to stderr.

    `values`: expressions; the outputs of the steps and of the job are added. `left_out`: steps by name.
    """
    runner = {name: tree / f"{job}.{name.lower()}" for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH")}
    env = {**GIVEN, **{name: str(place) for name, place in runner.items()}, **env}
    env |= filled(JOBS[job].get("env", {}), values)
    for step in (one for one in JOBS[job]["steps"] if "run" in one and one["name"] not in left_out):
        assert not EXPRESSION.search(step["run"]), "an expression in shell: give it by the environment"
        runner["GITHUB_OUTPUT"].unlink(missing_ok=True)
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=tree,
            env=env | carried(runner["GITHUB_ENV"]) | filled(step.get("env", {}), values),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            return step["name"], done.stderr
        outputs = carried(runner["GITHUB_OUTPUT"]).items()
        values |= {f"steps.{step.get('id')}.outputs.{name}": value for name, value in outputs}
    given = filled(JOBS[job].get("outputs", {}), values)
    values |= {f"needs.{job}.outputs.{name}": value for name, value in given.items()}
    return "", ""
