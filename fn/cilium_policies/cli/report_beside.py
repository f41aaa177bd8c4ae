"""The second process of `report`: it has what the plan tells, makes policies of half of the namespaces, writes what
needs no connections, and draws when it is told what.

What it hands over is what this process would make. One copy for all of it: each costs 20 to 30 ms in a large program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial

from cilium_policies.checks.snapshot import Known
from cilium_policies.cli.aside import InTurn, is_worthwhile
from cilium_policies.cli.envelope import digest
from cilium_policies.document.source import Source
from cilium_policies.evidence.edge import Edge
from cilium_policies.generate import shared_policies as shared
from cilium_policies.generate.plan import Plan
from cilium_policies.generate.policies import Policies
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.questions import uncovered
from cilium_policies.questions.because import told as words_of
from cilium_policies.questions.report import sheet
from cilium_policies.show.graph import Graph, View, of_plain, plain
from cilium_policies.show.page import folded, overall, pictures_of
from cilium_policies.show.table import Cell, Column, Table

_DRAWN_THERE = 0.77  # of the pictures, beside the map: this process has tables to write meanwhile
Cells = tuple[str, list[tuple[str, ...]], list[tuple[Cell, ...]], str]  # a table without a class


class Written(NamedTuple):
    """What needs no connections: where each need of the plan is written, texts of policies that were made there, the
    table of what is uncovered, the inputs' digests."""

    words: list[str]
    sheets: dict[tuple[str, str], str]
    uncovered: Cells
    digests: list[str]


class Beside:
    """What the second process makes; where there is none, each is made when it is asked for."""

    def __init__(self) -> None:
        self._turns: InTurn | None = None

    def policies(self, sources: list[Source], plan: Plan) -> Policies:
        """The policies of a plan. With it begins the other process."""

        def share(policies: Policies) -> list[Any]:
            here, there = shared.halves(plan) if is_worthwhile() else (sorted(plan.namespaces), [])
            self._turns = InTurn(partial(_work, sources, plan, policies, there))
            own = policies.of(here)
            return [*own, *shared.taken(self._turns.next(), policies, plan, there)]

        return Policies(plan, share)

    @cached_property
    def written(self) -> Written:
        assert self._turns is not None
        return Written(*self._turns.next())

    def words(self, plan: Plan) -> Callable[[Edge], str]:
        """What says where a need of the plan's is written."""
        words = dict(zip(map(id, plan.edges), self.written.words, strict=True))
        return lambda edge: words[id(edge)]

    def uncovered(self) -> Table:
        title, columns, rows, empty = self.written.uncovered
        return Table(title, tuple(Column(*one) for one in columns), rows, empty)

    def draws(self, graph: Graph) -> None:
        """Tells what is to be drawn."""
        assert self._turns is not None
        self._turns.tell(plain(graph))

    def drawn(self, view: View) -> list[str]:
        """The page's pictures, of which this process draws the last. They are the last that the other makes."""
        assert self._turns is not None
        assert self.written  # the answer before
        groups = list(view.groups)
        own = pictures_of(view, groups[_there(groups) :])
        others = self._turns.next()
        self._turns.end()
        return [*others, *own]


def _there(groups: Sequence[str]) -> int:
    return round(len(groups) * _DRAWN_THERE)


def _work(
    sources: list[Source], plan: Plan, policies: Policies, there: list[str], told: Callable[[], Any]
) -> Iterator[Any]:
    found = shared.made(policies, there)
    yield shared.carried(found, plan)
    title, columns, rows, empty = uncovered.table(plan)
    sheets = [sheet(Known(one)) for one in found[0]]
    yield tuple(
        Written(
            list(map(words_of, plan.edges)),
            {(one.name, one.note): folded(one) for one in sheets},
            (title, list(map(tuple, columns)), rows, empty),
            list(map(digest, sources)),
        )
    )
    view = View(of_plain(*told()))
    groups = list(view.groups)
    yield [overall(view), *pictures_of(view, groups[: _there(groups)])]
