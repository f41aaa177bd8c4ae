"""Fixtures of all tests: judge, CRDs of each Cilium version, corpus, a second core; what is held of every policy."""

from collections import Counter

import pytest
from cilium_policies.cli import aside
from hypothesis import settings

from tests import tools
from tests.emitted import emitted
from tests.engine.fixtures import corpus, crds, judge

__all__ = ["corpus", "crds", "emitted", "judge"]

# A busy machine is no failure; what must be quick has a test of its own.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def two_cores(monkeypatch):
    """Another process may work beside this one, whatever the machine has."""
    monkeypatch.setattr(aside, "_cores", lambda: 2)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Whoever asks for a tool can see what its test is marked with."""
    tools.marks = frozenset(one.name for one in item.iter_markers())


def pytest_terminal_summary(terminalreporter):
    """What was skipped, by its reason: one line for a missing tool, not one for each test that needs it."""
    skipped = terminalreporter.stats.get("skipped", ())
    reasons = Counter(each.longrepr[2].removeprefix("Skipped: ") for each in skipped)
    for reason, tests in reasons.most_common():
        terminalreporter.line(f"skipped {tests}: {reason}")
