"""Work that goes on in a process beside this one, for answers that take long enough to be noticed."""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable

from cilium_policies.lean import TypeVar

T = TypeVar("T")


def aside(make: Callable[[], T]) -> Callable[[], T]:
    """Begins `make` in a copy of this process; what comes back waits for its value (text, numbers, tuples, lists
    and dicts of such), and is to be called once. Where there is no second core or no copy, `make` runs when it is asked
    for; so it does, for what it raises, where the copy failed. `make` must write nothing."""
    if _cores() < 2:
        return make
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return make
    if not child:
        _work(make, writing)
    os.close(writing)
    return lambda: _value(make, reading, child)


def _cores() -> int:
    if not hasattr(os, "fork"):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _work(make: Callable[[], object], writing: int) -> None:
    """The copy's whole life: it ends without what an end of the program would flush or clean up."""
    try:
        with open(writing, "wb") as stream:
            marshal.dump(make(), stream)  # type: ignore[arg-type]
        os._exit(0)
    finally:
        os._exit(1)


def _value(make: Callable[[], T], reading: int, child: int) -> T:
    with open(reading, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child, 0)
    return make() if status else marshal.loads(data)
