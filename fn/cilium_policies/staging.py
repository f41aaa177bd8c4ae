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
from cilium_policies.journal import read_journal, write_journal

STAGE = ".cilium-policies-"
_ENDING = frozenset((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


def apply(root: str, made: dict[str, bytes], removed: list[str]) -> None:
    """Writes and removes files below `root`, which this run holds (`alone`), paths with `/`, in the order of `made`.
    Raises OSError; the files are then as they were: what needs room comes before the first change that is seen, and
    what fails after it is undone.

    A signal that ends the program does so before the renames or after them. After SIGKILL between two of them, which
    take milliseconds, some files are new and some old, each of them whole, until the next run that holds the folder
    brings the others. No file system renames many files at once, and a helper process that outlives the kill would be
    one that this program promises not to start."""
    new_folders: list[str] = []
    try:
        with _signals_held():
            try:
                _replace(root, made, removed, new_folders)
            except _Ended:
                _remove_empty(reversed(new_folders))  # the signal ends the program now
    except OSError:
        _remove_empty(reversed(new_folders))
        raise


@contextmanager
def alone(root: str) -> Iterator[None]:
    """One writer at a time: holds the folder, made where it is not there, from what is looked at in it to what is
    replaced: else two would make a tree that is neither's. Ends first what a killed run began: the tree is then as
    before that run where it had renamed nothing, else as after it. Raises OSError."""
    new_folders: list[str] = []
    try:
        with _held(root, new_folders):
            try:
                with _signals_held():
                    _finish(root)
            except OSError as error:
                raise UnfinishedError(error.errno, error.strerror) from None
            yield
    except BaseException:
        _remove_empty(reversed(new_folders))
        raise


def _finish(root: str) -> None:
    """Stages of runs that were killed: whoever writes here holds the lock, so none of them is in use."""
    for name in os.listdir(root):
        stage = os.path.join(root, name)
        if name.startswith(STAGE) and os.path.isdir(stage) and not os.path.islink(stage):
            begun = read_journal(stage, root)
            if begun is not None:
                paths, removed = begun
                for path in paths:
                    _make_folder(os.path.dirname(os.path.join(root, path)), [])
                for number, path in enumerate(paths):
                    if os.path.exists(os.path.join(stage, str(number))):
                        os.replace(os.path.join(stage, str(number)), os.path.join(root, path))
                _remove(root, removed, stage, [])
                _remove_emptied(root, removed)
            shutil.rmtree(stage, ignore_errors=True)


class UnfinishedError(OSError):
    """What a killed run began cannot be ended: some files may be new, some old, each whole."""


class HalfDoneError(OSError):
    """What was renamed before something failed cannot be put back: some files are new, some old, each whole."""


class _Ended(CiliumPoliciesError):
    """A signal waits that ends the program."""


def _replace(root: str, made: dict[str, bytes], removed: list[str], new_folders: list[str]) -> None:
    stage = tempfile.mkdtemp(prefix=STAGE, dir=root)
    try:
        _store(os.path.join(stage, ".gitignore"), b"*\n")  # a stage that SIGKILL leaves gets into no commit
        for number, text in enumerate(made.values()):
            _store(os.path.join(stage, str(number)), text)
            if not _ENDING.isdisjoint(signal.sigpending()):
                raise _Ended
        write_journal(stage, list(made), removed)
        for path in made:
            _make_folder(os.path.join(root, *path.split("/")[:-1]), new_folders)
        undo: list[tuple[str, str]] = []
        try:
            for number, path in enumerate(made):
                _put(os.path.join(stage, str(number)), os.path.join(root, *path.split("/")), undo)
            _remove(root, removed, stage, undo)
        except OSError:
            _undo(undo)
            raise
        _remove_emptied(root, removed)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _put(new: str, place: str, undo: list[tuple[str, str]]) -> None:
    """Renames a staged file into place; `undo` gets the place and what was there ("": nothing)."""
    kept = f"{new}.old" if os.path.lexists(place) else ""
    if kept:
        try:
            os.link(place, kept)
        except OSError:  # a file system without links
            shutil.copy2(place, kept)
    os.replace(new, place)
    undo.append((place, kept))


@contextmanager
def _held(root: str, new_folders: list[str]) -> Iterator[None]:
    """Holds a lock on the folder; where a file system has none, nobody is kept out."""
    handle = _locked(root, new_folders)
    try:
        yield
    finally:
        os.close(handle)


def _locked(root: str, new_folders: list[str]) -> int:
    while True:
        _make_folder(root, new_folders)
        try:
            handle = os.open(root, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            return handle
        except BaseException:
            os.close(handle)
            raise
        if os.path.isdir(root) and os.path.samestat(os.fstat(handle), os.stat(root)):
            return handle
        os.close(handle)  # another writer has removed the folder that it had made


@contextmanager
def _signals_held() -> Iterator[None]:
    """Holds back the signals that would end the program on the spot."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


def _undo(done: list[tuple[str, str]]) -> None:
    """Puts back what was there. Raises HalfDoneError."""
    try:
        for place, kept in reversed(done):
            if kept:
                os.replace(kept, place)
            else:
                os.unlink(place)
    except OSError as error:
        raise HalfDoneError(error.errno, error.strerror) from None


def _remove(root: str, paths: list[str], stage: str, undo: list[tuple[str, str]]) -> None:
    """Moves files into the stage, which is removed at the end; `undo` gets each place and where its file is now."""
    for number, path in enumerate(paths):
        place, kept = os.path.join(root, *path.split("/")), os.path.join(stage, f"{number}.removed")
        try:
            os.rename(place, kept)
        except FileNotFoundError:
            continue  # another writer was first
        undo.append((place, kept))


def _remove_emptied(root: str, paths: list[str]) -> None:
    """Removes the folders that hold nothing after these files."""
    for path in paths:
        parts = path.split("/")[:-1]
        _remove_empty(os.path.join(root, *parts[:length]) for length in range(len(parts), 0, -1))


def _remove_empty(folders: Iterable[str]) -> None:
    """Removes folders from the innermost on, as long as they are empty."""
    for folder in folders:
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            continue  # a run that was killed then came as far as this
        except OSError:
            break
