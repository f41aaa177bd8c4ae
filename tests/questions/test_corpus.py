"""The questions on every case of the corpus: they answer, and their answers are the expected flows."""

from __future__ import annotations

from pathlib import Path

import pytest
from cilium_policies.checks.snapshot import Known, Snapshot, with_generated
from cilium_policies.cli.options import Run, run_on
from cilium_policies.document.finding import ERROR, RefusedError
from cilium_policies.evaluate.portset import NOTHING, PortSet, union
from cilium_policies.function import Options
from cilium_policies.questions import diff, explain, lint
from cilium_policies.questions import list as listing
from cilium_policies.questions.decided import OPEN, decided
from cilium_policies.questions.expected import read
from cilium_policies.questions.judged import Judge
from cilium_policies.questions.recorded import recorded

from tests.engine.corpus import Case, Row, cases


def runs(corpus: Path) -> list[tuple[Case, Run]]:
    found = []
    for case in cases(corpus):
        named = [(str(build), build.read_bytes()) for build in case.builds]
        found.append((case, run_on(named, Options())))
    return found


@pytest.fixture(scope="module")
def made(corpus: Path) -> list[tuple[Case, Run]]:
    return runs(corpus)


def test_list_diff_and_lint_answer(made: list[tuple[Case, Run]]) -> None:
    for case, run in made:
        plan, policies = run.made.plan, run.made.policies.policies
        enforced = with_generated(plan.cluster, policies, enforced=True)
        rows = listing.connections(enforced)
        assert rows, case.name
        assert listing.by_namespace(enforced), case.name
        assert diff.diff(enforced, enforced).changes == []
        opened = diff.diff(enforced, with_generated(plan.cluster, policies)).changes
        assert {one.change for one in opened} == {diff.ALLOWED}, case.name
        found = lint.lint(run.sources, plan, [], policies)
        assert [row for row in found if row.severity == ERROR or not row.line] == [], case.name


def test_the_report_has_lists_connections_and_a_record_holds(made: list[tuple[Case, Run]]) -> None:
    for case, run in made:
        plan, policies = run.made.plan, run.made.policies.policies
        enforced = with_generated(plan.cluster, policies, enforced=True)
        shown: dict[tuple[str, str], PortSet] = {}
        for row in decided(plan, enforced):
            assert row.rules or row.kind == OPEN, (case.name, row)
            assert row.reasons, (case.name, row)
            ends = row.connection[:2]
            shown[ends] = union(shown.get(ends, NOTHING), row.connection.open)
        listed: dict[tuple[str, str], PortSet] = {}
        for one in listing.connections(enforced):
            listed[one[:2]] = union(listed.get(one[:2], NOTHING), one.open)
        assert shown == listed, case.name
        judge = Judge(enforced, plan.config)
        tests = read("record.yaml", recorded(enforced).encode())
        assert [one.text for one in tests if not judge.judge(one).passed] == [], case.name


def test_explain_says_what_the_corpus_expects(made: list[tuple[Case, Run]]) -> None:
    asked = agreed = 0
    for case, run in made:
        plan, policies = run.made.plan, run.made.policies.policies
        # The expected flows are those of the generated policies alone: one tree has an open one of its own.
        alone = [Known(one) for one in policies]
        now, enforced = (Snapshot(plan.cluster, alone, enforced=hard) for hard in (False, True))
        for row in case.rows:
            flow = _flow(row)
            if flow is None or row.strict:
                continue
            try:
                answers = explain.explain(now, enforced, *flow)
            except RefusedError:
                continue  # an end that only the pods of run time show
            asked += 1
            denied = any(answer.enforced == "denied" for answer in answers)
            agreed += denied == (row.expect == "deny")
            assert all(answer.sides and explain.lines(answer) for answer in answers)
    print(f"{agreed} of {asked} flows as expected")
    assert asked > 600
    assert agreed > 0.97 * asked


def _flow(row: Row) -> tuple[str, str, str] | None:
    """A row's ends and port as `explain` takes them."""
    names = []
    for end in (row.query["from"], row.query["to"]):
        name = end.get("pod") or end.get("service") or end.get("entity") or end.get("cidr") or end.get("fqdn")
        if not name or end.get("node"):
            return None
        names.append(str(name))
    return names[0], names[1], f"{row.query['port']}/{row.query.get('protocol', 'TCP')}"
