"""Progress shows on a terminal, late and seldom, and leaves nothing behind."""

from __future__ import annotations

import io
import sys

import pytest
from cilium_policies.cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar_that_is_wiped_out(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    with progress.Progress() as told:
        told("reading a.yaml", 1, 4)
        told("finding out")
    assert terminal.getvalue() == (
        "\r\x1b[K[#####...............] reading a.yaml\r\x1b[Kfinding out\r\x1b[K"
    )  # fmt: skip


def test_short_work_says_nothing_and_a_pipe_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, patience in ((Terminal(), 60.0), (io.StringIO(), 0.0)):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(progress, "PATIENCE", patience)
        with progress.Progress() as told:
            told("reading")
        assert stream.getvalue() == ""
