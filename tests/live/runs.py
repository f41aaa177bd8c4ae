"""Folders of single runs: logs and recordings beside the programs. Of the finished ones the newest stay."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

KEPT = 4  # finished runs whose logs and recordings stay
_LOCK, _ENDED = "running", "ended"


@contextmanager
def folder(programs: Path) -> Iterator[Path]:
    """A new folder for one run. What killed runs left behind goes first; runs that still go on keep theirs."""
    with ExitStack() as stack:
        with (programs / "runs.lock").open(
            "w"
        ) as others:  # whoever sweeps must not meet a folder without its lock
            fcntl.flock(others, fcntl.LOCK_EX)
            sweep(programs)
            out = Path(tempfile.mkdtemp(prefix="run-", dir=programs))
            lock = stack.enter_context((out / _LOCK).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel lets go of it however this process ends
        yield out
        (out / _ENDED).touch()
        (out / _LOCK).unlink()


def sweep(programs: Path) -> None:
    """Remove the folders of killed runs, and of the finished ones all but the newest."""
    idle = [one for one in programs.glob("run-*") if not _runs(one)]
    ended = sorted((one for one in idle if (one / _ENDED).exists()), key=lambda one: one.stat().st_mtime)
    for one in {*idle} - {*ended[-KEPT:]}:
        shutil.rmtree(one, ignore_errors=True)


def _runs(one: Path) -> bool:
    try:
        with (one / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
