"""Repositories that recipes name, at their commits: from folders of git mirrors, or cloned."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.clusters.recipe import RecipeError
from tests.tools import CACHE


def checkout(source: str) -> Path:
    """The files of `owner/name@commit`, in the cache of the tools. Raises RecipeError."""
    repository, _, commit = source.partition("@")
    there = CACHE / "sources" / f"{repository.replace('/', '+')}@{commit[:12]}"
    if there.exists():
        return there
    mirror = _mirror(repository)
    fresh = there.with_name(f"{there.name}.{os.getpid()}")
    fresh.mkdir(parents=True)
    command = ["git", "-C", str(mirror), "archive", commit, "--", ".", *_absent(mirror, commit)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as archive:
        unpacked = subprocess.run(["tar", "-x", "-C", str(fresh)], stdin=archive.stdout, check=False)
    if archive.returncode != 0 or unpacked.returncode != 0:
        raise RecipeError(f"{source}: no such commit in {mirror}")
    fresh.rename(there)
    return there


def _absent(mirror: Path, commit: str) -> list[str]:
    """Pathspecs that leave out files which the mirror lists and does not hold: mirrors lack the largest ones."""
    git = ["git", "-C", str(mirror)]
    listed = subprocess.run([*git, "ls-tree", "-rz", commit], capture_output=True, text=True, check=False)
    files: dict[str, list[str]] = {}
    for entry in listed.stdout.split("\0"):
        what, _, path = entry.partition("\t")
        if " blob " in what:
            files.setdefault(what.split()[2], []).append(path)
    asked = subprocess.run(
        [*git, "cat-file", "--batch-check"],
        input="\n".join(files),
        capture_output=True,
        text=True,
        check=False,
    )
    missing = [line.split()[0] for line in asked.stdout.splitlines() if line.endswith(" missing")]
    return [f":(exclude,literal){path}" for one in missing for path in files[one]]


def _mirror(repository: str) -> Path:
    """A git directory: `$CILIUM_POLICIES_SOURCES/owner+name` or below it, else a clone in the cache."""
    plus = repository.replace("/", "+")
    given = os.environ.get("CILIUM_POLICIES_SOURCES")
    if given:
        for found in (Path(given, plus), *sorted(Path(given, plus).glob("*"))):
            if (found / "HEAD").exists() or (found / ".git").exists():
                return found
    clone = CACHE / "sources" / f"{plus}.git"
    if not clone.exists():
        url = f"https://github.com/{repository}"
        done = subprocess.run(["git", "clone", "-q", "--bare", url, str(clone)], check=False)
        if done.returncode != 0:
            raise RecipeError(
                f"{repository}: cannot be cloned; set CILIUM_POLICIES_SOURCES to a folder of mirrors owner+name"
            )
    return clone
