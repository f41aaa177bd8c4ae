"""One process at a time: wall clock, CPU and peak memory of a command; how sure a ratio of two commands is."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple


class Run(NamedTuple):
    """Seconds, seconds (user and system, children included), MiB."""

    wall: float
    cpu: float
    peak: float


class Ratio(NamedTuple):
    """A median, and between what the true one lies (95 %)."""

    median: float
    low: float
    high: float


class Failed(Exception):
    """The command did not end with exit code 0."""


def run(command: Sequence[str], stdin: str, environment: dict[str, str] | None = None) -> Run:
    """Run a command on a file, its output thrown away. Raises Failed."""
    with open(stdin, "rb") as source, open(os.devnull, "wb") as sink:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=source, stdout=sink, stderr=sink, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed(f"exit code {process.returncode}: {' '.join(command)}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def interleaved(candidates: dict[str, Callable[[], Run]], rounds: int) -> dict[str, Run]:
    """The median of each measure over `rounds`, the candidates taking turns so that a busy moment hits all."""
    runs: dict[str, list[Run]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, call in candidates.items():
            runs[name].append(call())
    return {
        name: Run(*(statistics.median(column) for column in zip(*found, strict=True)))
        for name, found in runs.items()
    }


def paired(one: Callable[[], Run], other: Callable[[], Run], rounds: int, measure: str = "cpu") -> Ratio:
    """The CPU of one in that of the other, or their seconds (`wall`), of neighbours in time: what slows the machine
    slows both. Either goes first in every second round."""
    ratios = list[float]()
    for number in range(rounds):
        if number % 2:
            theirs, mine = other(), one()
        else:
            mine, theirs = one(), other()
        ratios.append(getattr(mine, measure) / getattr(theirs, measure))
    return median_of(ratios)


def median_of(values: Sequence[float]) -> Ratio:
    """The median between two of the values that hold the true one between them: each value lies above it or below it
    as a coin falls, whatever they are distributed like. Five values and fewer say less than 95 %."""
    ordered = sorted(values)
    falls = (math.comb(len(ordered), below) / 2 ** len(ordered) for below in range(len(ordered)))
    outside = sum(tail <= 0.025 for tail in accumulate(falls))
    end = max(outside - 1, 0)
    return Ratio(statistics.median(ordered), ordered[end], ordered[-1 - end])
