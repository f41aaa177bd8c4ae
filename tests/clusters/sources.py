"""Repositories that recipes name, at their commits: from folders of git mirrors, or fetched."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from tests.clusters.recipe import RecipeError
from tests.tools import CACHE


def checkout(source: str) -> Path:
    """The files of `owner/name@commit`, in the cache of the tools. Raises RecipeError."""
    repository, _, commit = source.partition("@")
    there = CACHE / "sources" / f"{repository.replace('/', '+')}@{commit[:12]}"
    if there.exists():
        return there
    mirror = _mirror(repository, commit)
    there.parent.mkdir(parents=True, exist_ok=True)
    command = ["git", "-C", str(mirror), "archive", commit, "--", ".", *_absent(mirror, commit)]
    with tempfile.TemporaryDirectory(dir=there.parent) as scratch:
        fresh = Path(scratch, there.name)
        fresh.mkdir()
        with subprocess.Popen(command, stdout=subprocess.PIPE) as archive:
            unpacked = subprocess.run(["tar", "-x", "-C", str(fresh)], stdin=archive.stdout, check=False)
        if archive.returncode != 0 or unpacked.returncode != 0:
            raise RecipeError(f"{source}: no such commit in {mirror}")
        (fresh / ".git").mkdir(exist_ok=True)  # by which `build` knows the root of a repository
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


def git_of(place: Path) -> Path | None:
    """The git directory of a mirror: the folder itself, or one in it."""
    every = (place, *sorted(place.glob("*")))
    return next((one for one in every if (one / "HEAD").exists() or (one / ".git").exists()), None)


def _mirror(repository: str, commit: str) -> Path:
    """A git directory: `$CILIUM_POLICIES_SOURCES/owner+name` or below it, else one of the cache that has the commit."""
    plus = repository.replace("/", "+")
    given = os.environ.get("CILIUM_POLICIES_SOURCES")
    if given and (mirror := git_of(Path(given, plus))):
        return mirror
    own = CACHE / "sources" / f"{plus}.git"
    git = ["git", "-C", str(own)]
    subprocess.run(["git", "init", "-q", "--bare", str(own)], check=True)
    asked = subprocess.run([*git, "cat-file", "-e", f"{commit}^{{commit}}"], capture_output=True, check=False)
    if asked.returncode != 0:
        fetch = [*git, "fetch", "-q", "--depth=1", f"https://github.com/{repository}", commit]
        if subprocess.run(fetch, check=False).returncode != 0:
            told = "CILIUM_POLICIES_SOURCES names a folder of mirrors owner+name"
            raise RecipeError(f"{repository}: {commit} cannot be fetched; {told}")
    return own
