"""Work beside the program: the same value, whoever works it out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cilium_policies.cli import aside as module
from cilium_policies.cli.aside import InTurn, aside

pytestmark = pytest.mark.usefixtures("two_cores")


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that are begun."""
    found: list[int] = []
    fork = os.fork
    monkeypatch.setattr(os, "fork", lambda: found.append(fork()) or found[-1])
    return found


def test_the_value_comes_from_another_process() -> None:
    value = aside(lambda: [os.getpid(), "ä\udcff", ("x", 1)])()

    assert value[0] != os.getpid()
    assert value[1:] == ["ä\udcff", ("x", 1)]


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_large_answer_waits_for_nobody(
    monkeypatch: pytest.MonkeyPatch, children: list[int], in_memory: bool
) -> None:
    """The copy has ended before its answer is asked for, where memory can be a file and where it cannot."""
    if not in_memory:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    asked = aside(lambda: "x" * 3_000_000)
    os.waitid(os.P_PID, children[-1], os.WEXITED | os.WNOWAIT)
    assert asked() == "x" * 3_000_000


def test_without_a_place_for_an_answer_it_is_made_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert aside(os.getpid)() == os.getpid()


@pytest.mark.parametrize("cores", [1, 2])
def test_what_it_raises_is_raised_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(module, "_cores", lambda: cores)

    def fails() -> str:
        raise ValueError("said here")

    asked = aside(fails)
    with pytest.raises(ValueError, match="said here"):
        asked()


def test_a_copy_that_is_killed_costs_nothing_but_time() -> None:
    here = os.getpid()

    def dies() -> str:
        if os.getpid() != here:
            os.kill(os.getpid(), 9)
        return "worked out here"

    assert aside(dies)() == "worked out here"


def test_without_a_second_core_nothing_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_cores", lambda: 1)
    assert aside(os.getpid)() == os.getpid()


def test_without_room_for_a_copy_it_is_worked_out_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    assert aside(os.getpid)() == os.getpid()


def _asked_on_the_way(told: Callable[[], int]) -> Iterator[object]:
    yield "first"
    yield told() + told()
    yield os.getpid()


@pytest.mark.parametrize("cores", [1, 2])
def test_answers_come_in_turn_and_some_need_to_be_told(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(module, "_cores", lambda: cores)
    turns = InTurn(_asked_on_the_way)
    turns.tell(2)
    assert turns.next() == "first"
    turns.tell(3)
    assert turns.next() == 5
    assert (turns.next() == os.getpid()) == (cores == 1)
    turns.end()


def test_what_a_copy_still_owes_when_it_dies_is_worked_out_here() -> None:
    here = os.getpid()

    def dies(told: Callable[[], int]) -> Iterator[object]:
        yield "first"
        if told() and os.getpid() != here:
            os.kill(os.getpid(), 9)
        yield "second"
        yield told()

    turns = InTurn(dies)
    assert turns.next() == "first"
    turns.tell(1)
    assert turns.next() == "second"
    turns.tell(7)  # to nobody else: the copy is gone
    assert turns.next() == 7


def test_to_tell_a_copy_that_has_died_ends_nobody(children: list[int]) -> None:
    here = os.getpid()

    def dies(told: Callable[[], int]) -> Iterator[int]:
        if os.getpid() != here:
            os.kill(os.getpid(), 9)
        yield told()

    turns = InTurn(dies)
    os.waitid(os.P_PID, children[-1], os.WEXITED | os.WNOWAIT)
    turns.tell(4)
    assert turns.next() == 4
