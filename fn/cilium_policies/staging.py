"""Files below a folder replaced in one step: written beside it first, then renamed into place."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable

STAGE = ".cilium-policies-"


def apply(root: str, made: dict[str, bytes], removed: list[str]) -> None:
    """Writes and removes files below `root`, paths with `/`. Everything that can fail for want of room comes before the
    first change that is seen. Raises OSError; the files are then as they were."""
    new_folders: list[str] = []
    stage = ""
    try:
        _make_folder(root, new_folders)
        _clear_left(root)
        stage = tempfile.mkdtemp(prefix=f"{STAGE}{os.getpid()}-", dir=root)
        for number, text in enumerate(made.values()):
            _store(os.path.join(stage, str(number)), text)
        for path in made:
            _make_folder(os.path.join(root, *path.split("/")[:-1]), new_folders)
    except OSError:
        if stage:
            shutil.rmtree(stage, ignore_errors=True)
        _remove_empty(reversed(new_folders))
        raise
    for number, path in enumerate(made):
        os.replace(os.path.join(stage, str(number)), os.path.join(root, *path.split("/")))
    shutil.rmtree(stage, ignore_errors=True)
    _remove(root, removed)


def _clear_left(root: str) -> None:
    """Stages of runs that were killed."""
    for name in os.listdir(root):
        place = os.path.join(root, name)
        if name.startswith(STAGE) and os.path.isdir(place) and not os.path.islink(place):
            number = name.removeprefix(STAGE).partition("-")[0]
            if not (number.isdecimal() and _runs(int(number))):
                shutil.rmtree(place, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    return True


def _store(place: str, text: bytes) -> None:
    with open(place, "wb") as file:
        file.write(text)


def _make_folder(folder: str, new: list[str]) -> None:
    missing = []
    while folder and not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for one in reversed(missing):
        os.mkdir(one)
        new.append(one)


def _remove(root: str, paths: list[str]) -> None:
    """Removes files, and the folders that hold nothing after them."""
    for path in paths:
        os.unlink(os.path.join(root, *path.split("/")))
    for path in paths:
        parts = path.split("/")[:-1]
        _remove_empty(os.path.join(root, *parts[:length]) for length in range(len(parts), 0, -1))


def _remove_empty(folders: Iterable[str]) -> None:
    """Removes folders from the innermost on, as long as they are empty."""
    for folder in folders:
        try:
            os.rmdir(folder)
        except OSError:
            break
