"""A folder for what a build makes on its way. `tempfile` and `shutil` do the same; to import them, with random numbers
and three compressions, takes as long as one of the builds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PLACES = ("TMPDIR", "TEMP", "TMP")


@contextmanager
def scratch(prefix: str) -> Iterator[str]:
    """A new folder that nobody else may look into, removed with all that it holds. Raises OSError where there is no
    place for one."""
    folder = _made(prefix)
    try:
        yield folder
    finally:
        _removed(folder)


def _made(prefix: str) -> str:
    if os.name != "posix":
        import tempfile

        return tempfile.mkdtemp(prefix=prefix)
    places = [*filter(None, map(os.environ.get, _PLACES)), "/tmp", "/var/tmp", "."]
    error: OSError | None = None
    for place in map(os.path.abspath, places):
        folder = os.path.join(place, f"{prefix}{os.urandom(8).hex()}")
        try:
            os.mkdir(folder, 0o700)
        except OSError as failed:
            error = error or failed
            continue
        return folder
    assert error is not None
    raise error


def _removed(folder: str) -> None:
    try:
        for place, folders, files in os.walk(folder, topdown=False):
            for name in files:
                os.unlink(os.path.join(place, name))
            for name in folders:
                below = os.path.join(place, name)
                (os.unlink if os.path.islink(below) else os.rmdir)(below)
        os.rmdir(folder)
    except OSError:  # copied from folders that nobody may write to, or somebody else was here
        import shutil

        for place, folders, _ in os.walk(folder):
            for below in (place, *(os.path.join(place, name) for name in folders)):
                if not os.path.islink(below):  # that would change what it leads to
                    with suppress(OSError):
                        os.chmod(below, 0o700)
        shutil.rmtree(folder, ignore_errors=True)
