"""The shell steps of the release, run as GitHub's runner does: `bash -e` for each, GITHUB_ENV carried on, expressions
filled in. The actions between them are not run."""

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


def steps(job: str) -> list[dict]:
    """The steps of a job that are shell."""
    text = (ROOT / ".github/workflows/release.yaml").read_text()
    return [one for one in yaml.safe_load(text)["jobs"][job]["steps"] if "run" in one]


def public(tree: Path, image: str) -> None:
    """Gives a checkout public names, as `.ci/public.py` would, in the two files that the steps read."""
    for name in ("metadata.yaml", "pyproject.toml"):
        text = (ROOT / name).read_text()
        (tree / name).write_text(text.replace(SOURCE, NEW_SOURCE).replace(REPOSITORY, image))


def commit(tree: Path) -> None:
    """A repository of one commit, whose time is that of the tests' images."""
    dates = {"GIT_AUTHOR_DATE": f"{EPOCH} +0000", "GIT_COMMITTER_DATE": f"{EPOCH} +0000"}
    for words in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "x"]):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words]
        subprocess.run(command, cwd=tree, env={**os.environ, **dates}, check=True)


def checkout(tree: Path) -> None:
    """As much of the tree as the image's steps read."""
    shutil.copytree(ROOT / ".ci", tree / ".ci", ignore=shutil.ignore_patterns("tools"))


def released(job: str, tree: Path, env: dict[str, str], values: dict[str, str]) -> tuple[str, str]:
    """The name of the step that failed ("" where none did) and what it wrote to stderr. `values`: expressions."""
    carried = tree / "env"
    env = {**GIVEN, "GITHUB_ENV": str(carried), **env}
    for step in steps(job):
        filled = {
            key: EXPRESSION.sub(lambda found: values[found[1]], value)
            for key, value in step.get("env", {}).items()
        }
        assert not EXPRESSION.search(step["run"]), "an expression in shell: give it by the environment"
        kept = dict(re.findall(r"(?m)^(\w+)=(.*)$", carried.read_text())) if carried.exists() else {}
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=tree,
            env=env | kept | filled,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            return step.get("name", step["run"]), done.stderr
    return "", ""
