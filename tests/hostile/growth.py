"""CPU of whole runs of the program, and how it grows with the input."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable

ROUNDS = 3


def cpu(command: list[str], stream: str) -> float:
    """Seconds of CPU of one run, which has to be content with its input or to refuse it in a line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call = [sys.executable, "-m", "cilium_policies", *command]
    done = subprocess.run(call, input=stream, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in (0, 1)
    assert "internal error" not in done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def assert_in_proportion(
    run: Callable[[int], float], sizes: tuple[int, int, int], no_time: float, factor: float
) -> None:
    """That the third size, three times the second, takes at most so many times its CPU, each beyond that of the first.

    Quadratic would be nine times; what is over in no time says nothing. A busy machine only adds to the seconds, so it
    is the least of some rounds that counts, and one round does where it is content.
    """
    rounds: list[tuple[float, ...]] = []
    for _ in range(ROUNDS):
        rounds.append(tuple(map(run, sizes)))
        empty, small, large = map(min, zip(*rounds, strict=True))
        if large - empty < max(no_time, factor * (small - empty)):
            return
    raise AssertionError(f"{small - empty:.2f} s, then {large - empty:.2f} s")
