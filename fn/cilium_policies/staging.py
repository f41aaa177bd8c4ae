"""Files below a folder replaced in one step: written beside it first, then renamed into place."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

STAGE = ".cilium-policies-"
_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


def apply(root: str, made: dict[str, bytes], removed: list[str]) -> None:
    """Writes and removes files below `root`, paths with `/`. Everything that can fail for want of room comes before the
    first change that is seen. Raises OSError; the files are then as they were.

    One writer at a time; a signal that ends the program waits for the renames, which take milliseconds. Only SIGKILL
    between two of them leaves some files new and some old: the next run puts that right, and clears the stage."""
    new_folders: list[str] = []
    try:
        with _ended_as_error():
            _make_folder(root, new_folders)
            with _alone(root):
                _replace(root, made, removed, new_folders)
    except BaseException:
        _remove_empty(reversed(new_folders))
        raise


def _replace(root: str, made: dict[str, bytes], removed: list[str], new_folders: list[str]) -> None:
    stage = ""
    try:
        _clear_left(root)
        stage = tempfile.mkdtemp(prefix=STAGE, dir=root)
        _store(os.path.join(stage, ".gitignore"), b"*\n")  # a stage that is left gets into no commit
        for number, text in enumerate(made.values()):
            _store(os.path.join(stage, str(number)), text)
        for path in made:
            _make_folder(os.path.join(root, *path.split("/")[:-1]), new_folders)
        with _undisturbed():
            for number, path in enumerate(made):
                os.replace(os.path.join(stage, str(number)), os.path.join(root, *path.split("/")))
            _remove(root, removed)
    finally:
        if stage:
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
def _ended_as_error() -> Iterator[None]:
    """Makes a signal that would end the program on the spot an exception, so that the stage goes."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {name: signal.signal(getattr(signal, name), end) for name in _ENDING}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler or signal.SIG_DFL)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Holds such signals back until the end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [getattr(signal, name) for name in _ENDING])
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
