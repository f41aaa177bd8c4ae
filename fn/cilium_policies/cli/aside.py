"""Work that goes on in a process beside this one, for answers that take long enough to be noticed."""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable
from contextlib import suppress
from mmap import ACCESS_READ, mmap

from cilium_policies.lean import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing import IO

T = TypeVar("T")


def aside(make: Callable[[], T]) -> Callable[[], T]:
    """Begins `make` in a copy of this process; what comes back waits for its value (text, numbers, tuples, lists
    and dicts of such), and is to be called once. Where there is no second core, no copy or no place for
    what it makes, `make` runs when it is asked for; so it does, for what it raises, where the copy failed. `make` must
    write nothing."""
    if not is_worthwhile():
        return make
    try:
        shared = _shared()
    except OSError:
        return make
    try:
        child = os.fork()
    except OSError:
        shared.close()
        return make
    if not child:
        _work(make, shared)
    return lambda: _value(make, shared, child)


def _shared() -> IO[bytes]:
    """A file of no name. A pipe holds so little that the copy would wait with most of its answer until it is asked for
    it."""
    if hasattr(os, "memfd_create"):
        with suppress(OSError):
            return open(os.memfd_create("aside"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


def is_worthwhile() -> bool:
    """Whether another process could work at the same time."""
    return _cores() > 1


def _cores() -> int:
    if not hasattr(os, "fork"):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _work(make: Callable[[], object], shared: IO[bytes]) -> None:
    """The copy's whole life: it ends without what an end of the program would flush or clean up."""
    try:
        shared.write(marshal.dumps(make()))  # type: ignore[arg-type]
        shared.flush()
        os._exit(0)
    finally:
        os._exit(1)


def _value(make: Callable[[], T], shared: IO[bytes], child: int) -> T:
    _, status = os.waitpid(child, 0)
    with shared:
        if status:
            return make()
        # megabytes, which to read would copy once more
        with mmap(shared.fileno(), 0, access=ACCESS_READ) as answer:
            value: T = marshal.loads(answer)
            return value
