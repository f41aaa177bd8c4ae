"""CPU of whole runs of the program and of single functions, and how it grows with the input."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable

ROUNDS = 15  # the first that is content is the last


def cpu(command: list[str], stream: str) -> float:
    """Seconds of CPU of one run, which has to be content with its input or to refuse it in a line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call = [sys.executable, "-m", "cilium_policies", *command]
    done = subprocess.run(call, input=stream, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in (0, 1)
    assert "internal error" not in done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cpu_of(call: Callable[[], object]) -> float:
    """Seconds of CPU of one call in this thread."""
    began = time.thread_time()
    call()
    return time.thread_time() - began


def assert_in_proportion(
    run: Callable[[int], float], sizes: tuple[int, int, int], no_time: float, factor: float
) -> None:
    """That the third size takes at most so many times the CPU of the second, each beyond that of the first.

    Quadratic would be the square of their ratio; what is over in no time says nothing. A busy machine only adds to the
    seconds, so it is the least of some rounds that counts, and the first round that is content ends it.
    """
    least = [float("inf")] * len(sizes)
    for _ in range(ROUNDS):
        for at in (2, 1, 0):
            least[at] = min(least[at], run(sizes[at]))
            if least[2] < no_time:
                return
        empty, small, large = least
        if large - empty < max(no_time, factor * (small - empty)):
            return
    raise AssertionError(f"{small - empty:.3f} s, then {large - empty:.3f} s")
