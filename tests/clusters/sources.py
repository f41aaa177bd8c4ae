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
    with subprocess.Popen(["git", "-C", str(mirror), "archive", commit], stdout=subprocess.PIPE) as archive:
        unpacked = subprocess.run(["tar", "-x", "-C", str(fresh)], stdin=archive.stdout, check=False)
    if archive.returncode != 0 or unpacked.returncode != 0:
        raise RecipeError(f"{source}: no such commit in {mirror}")
    fresh.rename(there)
    return there


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
