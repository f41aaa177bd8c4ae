"""Threads that wait for tools: as many at once as there are processors, and one that waits its turn."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Thread
from types import TracebackType

from cilium_policies.builds import tool

try:  # its C half: `queue` itself imports what this needs nothing of
    from _queue import Empty, SimpleQueue
except ImportError:
    from queue import Empty, SimpleQueue

Job = Callable[[], object]
# Seconds after which a thread gives way, a fifth of the usual: who has one tool's output starts the next while another
# still reads its own.
_SWITCH = 0.001


def in_parallel(jobs: Iterable[Job], told: Callable[[int, int], None] = lambda done, of: None) -> None:
    """Runs the jobs as `Workers.run` does."""
    with Workers() as workers:
        workers.run(jobs, told)


class Workers:
    """Within `with`. Each thread begins when there is a job for it, and ends with the block."""

    def __init__(self) -> None:
        self._most = 1 + max(2, os.cpu_count() or 2)
        self._threads: list[Thread] = []
        self._waiting: SimpleQueue[tuple[Job, bool] | None] = SimpleQueue()
        self._ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def __enter__(self) -> Workers:
        sys.setswitchinterval(_SWITCH)
        tool.share_environment()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._forget()
        for _ in self._threads:
            self._waiting.put(None)
        for one in self._threads:
            one.join()
        tool.share_environment(over=True)

    def run(
        self,
        jobs: Iterable[Job],
        told: Callable[[int, int], None] = lambda done, of: None,
        beside: Iterable[Job] = (),
    ) -> None:
        """Runs the jobs, the first while the last are still made; they keep what they find themselves. What one of them
        raises ends it, without those not begun.

        `beside` are for processors that have nothing else to do: nobody waits for them, and those that are not begun
        when the next jobs come are forgotten.
        """
        self._forget()
        count = 0
        for job in jobs:
            self._give(job, awaited=True)
            count += 1
        for job in beside:
            self._give(job, awaited=False)
        for number in range(1, count + 1):
            if (error := self._ended.get()) is not None:
                raise error
            told(number, count)

    def _give(self, job: Job, *, awaited: bool) -> None:
        self._waiting.put((job, awaited))
        if len(self._threads) < self._most:
            self._threads.append(Thread(target=self._work))
            self._threads[-1].start()

    def _forget(self) -> None:
        """What nobody has begun."""
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()

    def _work(self) -> None:
        while (given := self._waiting.get()) is not None:
            job, awaited = given
            error: BaseException | None = None
            tool.crowded(self._waiting.qsize() >= self._most)
            try:
                job()
            except BaseException as raised:
                error = raised
            if awaited:
                self._ended.put(error)
