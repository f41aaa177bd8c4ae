"""What a write has begun to rename, kept beside its files until it is done: a later run finishes what was killed."""

from __future__ import annotations

import json
import os
import re

OWN = b"# Written by cilium-policies write"  # begins each file of this program's
JOURNAL = "journal.json"
_PART = re.compile(r"[A-Za-z0-9][-._A-Za-z0-9]*")


def write_journal(stage: str, paths: list[str], removed: list[str]) -> None:
    """From here on the write counts as done: `paths` in the order of the stage's files 0, 1 …"""
    draft = os.path.join(stage, "draft")
    with open(draft, "w", encoding="utf-8") as file:
        json.dump({"paths": paths, "removed": removed}, file)
    os.replace(draft, os.path.join(stage, JOURNAL))


def read_journal(stage: str, root: str) -> tuple[list[str], list[str]] | None:
    """What a killed write had begun; None where it had not, or where a journal says what no write of this program's
    does: one that somebody commits into a repository must not replace a file of others."""
    try:
        with open(os.path.join(stage, JOURNAL), encoding="utf-8") as file:
            found = json.load(file)
        paths, removed = found["paths"], found["removed"]
        staged = [os.path.join(stage, str(number)) for number in range(len(paths))]
        if not all(_is_below(root, path) for path in (*paths, *removed)):
            return None
    except (OSError, ValueError, LookupError, TypeError):
        return None
    places = [os.path.join(root, path) for path in (*paths, *removed)]
    return (paths, removed) if all(map(_is_own, (*staged, *places))) else None


def _is_below(root: str, path: object) -> bool:
    """Whether a path leads to a place below the root, and through no link."""
    if not isinstance(path, str) or not all(map(_PART.fullmatch, path.split("/"))):
        return False
    parts = path.split("/")
    return not any(os.path.islink(os.path.join(root, *parts[:length])) for length in range(1, len(parts) + 1))


def _is_own(place: str) -> bool:
    """Whether there is no file, or one of this program's."""
    if not os.path.lexists(place):
        return True
    if os.path.islink(place) or not os.path.isfile(place):
        return False
    with open(place, "rb") as file:
        return file.read(len(OWN)) == OWN
