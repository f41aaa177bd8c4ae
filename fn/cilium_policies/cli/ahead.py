"""A large file is cut into its items by a copy of this process, while this one imports what a command needs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial

from cilium_policies.document.source import Source
from cilium_policies.lean import TYPE_CHECKING

if TYPE_CHECKING:
    from cilium_policies.document.spans import Found

Stamp = tuple[int, int, int]
_LARGE = 4 << 20  # bytes: of less, a copy costs more than it spares
_begun: dict[str, Callable[[], tuple[Stamp, Found] | None]] = {}


def begin(words: list[str]) -> None:
    """Begins with the first large file that a command line names, whatever it is named as."""
    from cilium_policies.cli import aside

    name = next(filter(_is_large, words), "")
    if name and aside.is_worthwhile():
        _begun[name] = aside.aside(partial(_cut, name))


def split(data: bytes, name: str) -> Source:
    """The source of a file that was read. Raises RefusedError, as `document.split` does."""
    if begun := _begun.pop(name, None):
        # Until the copy has ended there is time for what nearly every large input needs.
        from cilium_policies.document.spans import source_of
        from cilium_policies.evidence import configuration, halved  # noqa: F401
        from cilium_policies.generate import policies  # noqa: F401
        from cilium_policies.workloads import gather  # noqa: F401

        if cut := begun():
            stamp, found = cut
            if stamp[0] == len(data) and not _has_changed(name, stamp):
                return source_of(data, name, found)
    from cilium_policies.document.split import split as here

    return here(data, name)


def _is_large(name: str) -> bool:
    return os.path.isfile(name) and os.path.getsize(name) >= _LARGE


def _stamp(status: os.stat_result) -> Stamp:
    """What changes with a file's content."""
    return status.st_size, status.st_mtime_ns, status.st_ino


def _has_changed(name: str, stamp: Stamp) -> bool:
    try:
        return stamp != _stamp(os.stat(name))
    except OSError:
        return True


def _cut(name: str) -> tuple[Stamp, Found] | None:
    """What the copy finds: None where the file cannot be read, or is no stream."""
    from cilium_policies.document.spans import spans
    from cilium_policies.document.split import FLOW
    from cilium_policies.document.split import split as here

    try:
        with open(name, "rb") as file:
            stamp, data = _stamp(os.fstat(file.fileno())), file.read()
    except OSError:
        return None
    if re.match(FLOW, data):  # JSON: to cut it is to parse it, and that this process would do again
        return None
    found = spans(here(data, name))
    return found and (stamp, found)
