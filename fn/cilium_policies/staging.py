"""Files below a folder replaced in one step: written beside it first, then renamed into place."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from cilium_policies.errors import CiliumPoliciesError

STAGE = ".cilium-policies-"
_ENDING = frozenset((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


def apply(root: str, made: dict[str, bytes], removed: list[str]) -> None:
    """Writes and removes files below `root`, paths with `/`, in the order of `made`. Everything that can fail for want
    of room comes before the first change that is seen. Raises OSError; the files are then as they were.

    One writer at a time. A signal that ends the program does so before the renames or after them. Only SIGKILL between
    two of them, which take milliseconds, leaves some files new and some old, each of them whole; the next run puts that
    right. No file system renames many files at once, and a helper process that outlives the kill would be one that
    this program promises not to start."""
    new_folders: list[str] = []
    try:
        _make_folder(root, new_folders)
        with _alone(root), _signals_held():
            try:
                _replace(root, made, removed, new_folders)
            except _Ended:
                _remove_empty(reversed(new_folders))  # the signal ends the program now
    except OSError:
        _remove_empty(reversed(new_folders))
        raise


class _Ended(CiliumPoliciesError):
    """A signal waits that ends the program."""


def _replace(root: str, made: dict[str, bytes], removed: list[str], new_folders: list[str]) -> None:
    _clear_left(root)
    stage = tempfile.mkdtemp(prefix=STAGE, dir=root)
    try:
        _store(os.path.join(stage, ".gitignore"), b"*\n")  # a stage that SIGKILL leaves gets into no commit
        for number, text in enumerate(made.values()):
            _store(os.path.join(stage, str(number)), text)
            if not _ENDING.isdisjoint(signal.sigpending()):
                raise _Ended
        for path in made:
            _make_folder(os.path.join(root, *path.split("/")[:-1]), new_folders)
        for number, path in enumerate(made):
            os.replace(os.path.join(stage, str(number)), os.path.join(root, *path.split("/")))
        _remove(root, removed)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def _alone(root: str) -> Iterator[None]:
    """Holds a lock on the folder; where a file system has none, nobody is kept out."""
    handle = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            pass
        yield
    finally:
        os.close(handle)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Holds back the signals that would end the program on the spot."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _clear_left(root: str) -> None:
    """Stages of runs that were killed: whoever writes here holds the lock, so none of them is in use."""
    for name in os.listdir(root):
        place = os.path.join(root, name)
        if name.startswith(STAGE) and os.path.isdir(place) and not os.path.islink(place):
            shutil.rmtree(place, ignore_errors=True)


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
        try:
            os.unlink(os.path.join(root, *path.split("/")))
        except FileNotFoundError:
            pass  # another writer was first
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
