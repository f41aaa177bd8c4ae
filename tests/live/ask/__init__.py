"""What is asked of the running cluster: one question a module, each a function of a Live to an Answer."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.engine.judge import Judge
from tests.live import compare
from tests.live.cluster import Cluster
from tests.live.running import Running, Tried


class Live(NamedTuple):
    """What a question works with. `out` is a folder outside the sandbox, for recordings."""

    cluster: Cluster
    judge: Judge
    out: Path


class Answer(NamedTuple):
    """What came out. `asked` counts connections or checks; `wrong` has a line for each that is not as it should be."""

    name: str
    what: str
    asked: int
    wrong: list[str]
    notes: list[str] = []  # noqa: RUF012


class Check:
    """Single expectations, counted. Each has words of its own, so that a failure reads by itself."""

    def __init__(self, name: str, what: str) -> None:
        self._name, self._what = name, what
        self._asked = 0
        self.wrong: list[str] = []
        self.notes: list[str] = []

    def that(self, words: str, is_so: object) -> bool:
        """One expectation, that must hold."""
        self._asked += 1
        if not is_so:
            self.wrong.append(words)
        return bool(is_so)

    def all(self, asked: int, wrong: list[str]) -> None:
        """Many at once: how many, and those that fail."""
        self._asked += asked
        self.wrong += wrong

    def answer(self) -> Answer:
        """What came out of all of them."""
        return Answer(self._name, self._what, self._asked, self.wrong, self.notes)


def tried_in(
    mode: str, running: Running, engine: compare.Engine, check: Check, said: str = ""
) -> list[Tried]:
    """The connections under the policies of a mode. Policies that the agent refuses, and packets that the engine judges
    otherwise, are wrong; `said` is what their lines begin with, if not the mode."""
    running.apply(engine.given.policies[mode])
    check.wrong += [f"{said or mode}: refused: {words}" for words in running.refused]
    verdicts = engine.verdicts(mode, running.connections)
    tried = running.connect_as([one.allowed for one in verdicts])
    check.all(len(tried), compare.unlike_engine(said or mode, tried, verdicts))
    return tried
