"""What a sweep shares changes no answer of a command."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from cilium_policies.cli import options

from tests.cli.within import within
from tests.hostile import once, sown


@pytest.mark.parametrize("number", [40, 975, 1500])
def test_commands_that_share_a_run_answer_as_each_alone(number: int, monkeypatch: Any) -> None:
    answers: list[object] = []
    made: list[object] = []

    def noted(*words: str, **rest: Any) -> Any:
        done = within(*words, **rest)
        answers.append((words, done))
        return done

    def counted(*given: Any, **rest: Any) -> Any:
        made.append(given)
        return run_on(*given, **rest)

    run_on = options.run_on
    monkeypatch.setattr(sown, "within", noted)
    monkeypatch.setattr(once, "_run_on", counted)
    monkeypatch.setattr(sown, "COMMANDS", {key: one for key, one in sown.COMMANDS.items() if key != "build"})
    sown.leaks(number)
    shared = list(answers)
    answers.clear()
    monkeypatch.setattr(sown, "once", nullcontext)
    sown.leaks(number)
    assert shared == answers
    assert 0 < len(made) < 8 < len(answers)
