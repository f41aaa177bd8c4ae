"""What Git says of a repository: where it begins, and by which addresses it is known."""

from __future__ import annotations

import os
import re


def git_root(folder: str) -> str:
    """The folder with `.git` that this one lies in; "" without."""
    while True:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return ""
        folder = parent


def remotes_of(config: str) -> set[str]:
    """The addresses of the repository's remotes, by Git's own file."""
    if not config:
        return set()
    return {address(url) for url in re.findall(r"(?m)^[ \t]*url[ \t]*=[ \t]*(\S+)", config)}


def address(url: str) -> str:
    """A repository's address in one form: `git@github.com:a/b.git` and `https://github.com/a/b` are the same."""
    made = re.sub(r"^(?:[a-z+]+://)?(?:[^@/]+@)?", "", url.strip().lower())
    made = re.sub(r"^([^/:]+):(?:\d+/)?", r"\1/", made)
    return made.rstrip("/").removesuffix(".git")
