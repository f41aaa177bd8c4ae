"""Builds side by side: how many, how far, and what one that goes wrong means for the others."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from cilium_policies.builds import kustomization, tool
from cilium_policies.builds.workers import Workers, in_parallel


def test_every_job_is_done_and_told() -> None:
    done: list[int] = []
    told: list[tuple[int, int]] = []
    in_parallel([partial(done.append, one) for one in range(40)], lambda *how_far: told.append(how_far))

    assert sorted(done) == list(range(40))
    assert told == [(one, 40) for one in range(1, 41)]


def test_several_run_at_once() -> None:
    meeting = threading.Barrier(2, timeout=120)
    in_parallel([meeting.wait, meeting.wait])


def test_where_nothing_is_to_be_done_no_thread_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[threading.Thread] = []
    monkeypatch.setattr(threading.Thread, "start", begun.append)
    in_parallel([])
    assert not begun


def test_what_is_at_work_beside_goes_on_when_the_next_jobs_come() -> None:
    began, may_end, done = threading.Event(), threading.Event(), list[str]()

    def guess() -> None:
        began.set()
        may_end.wait(120)
        done.append("guess")

    with Workers() as workers:
        workers.run([began.wait], beside=[guess])
        workers.run([partial(done.append, "next")])
        assert done == ["next"]
        may_end.set()
    assert done == ["next", "guess"]


def test_what_nobody_has_begun_is_forgotten_when_the_next_jobs_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    meeting, may_end, done = threading.Barrier(3, timeout=120), threading.Event(), list[int]()
    beside = [meeting.wait, meeting.wait, *[partial(may_end.wait, 120)] * 3, *[partial(done.append, 1)] * 9]
    with Workers() as workers:
        workers.run([meeting.wait], beside=beside)
        workers.run([])
        may_end.set()
        workers.run([partial(done.append, 2)])
    assert done == [2]


def test_what_one_raises_is_raised_and_the_rest_does_not_begin() -> None:
    begun: list[int] = []
    waits, before = threading.Event(), threading.active_count()

    def job(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise KeyError("broken")
        waits.wait(0.05)

    with pytest.raises(KeyError, match="broken"):
        in_parallel([partial(job, one) for one in range(500)])
    assert len(begun) < 100
    assert threading.active_count() == before


def test_while_a_crowd_waits_each_tool_gets_by_with_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as more wait than work; the last ones have all processors, and what the user has set stays."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)  # three work
    asked = (sys.executable, "-c", "import os; print(os.environ.get('GOMAXPROCS', 'all'))")

    def told() -> list[bytes]:
        """What each of five was told: all are given before the first begins, and two workers do nothing else than
        wait, so that they come one after the other, with four others behind the first and one that ends it all."""
        given, over, found = threading.Event(), threading.Event(), list[bytes]()

        def jobs() -> Iterator[Callable[[], object]]:
            yield from [partial(over.wait, 120)] * 2
            yield partial(given.wait, 120)
            yield from [lambda: found.append(tool.whatever(asked)[0].strip())] * 5
            yield over.set
            given.set()

        in_parallel(jobs())
        return found

    monkeypatch.delenv("GOMAXPROCS", raising=False)
    assert told() == [b"1", b"1", b"1", b"all", b"all"]
    monkeypatch.setenv("GOMAXPROCS", "4")
    assert told() == [b"4"] * 5


def test_a_folder_that_stands_for_others_is_used_again(tmp_path: Path) -> None:
    scratch = str(tmp_path / "build")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.yaml").touch()
        assert (
            kustomization.placed(scratch, str(tmp_path / name), {"resources": ["app.yaml"], "x": "y" * 9})
            == scratch
        )

    assert os.listdir(scratch) == ["kustomization.yaml"]
    assert kustomization.read(f"{scratch}/kustomization.yaml")["resources"] == ["../two/app.yaml"]
