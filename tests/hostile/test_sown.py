"""No secret sown beside or inside the texts of the cases leaves by any command: of every hundredth cluster here, of all
by `python -m tests.hostile.sown`."""

from __future__ import annotations

import pytest
from cilium_policies.cli.names import COMMANDS as NAMES

from tests.hostile.sown import COMMANDS, clusters, leaks

_READ_NOTHING = {"break-glass", "completion", "components"}


def test_each_command_that_reads_a_build_is_asked() -> None:
    assert {words[0] for words in COMMANDS.values()} | _READ_NOTHING == {*NAMES, "--only-policies"}


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.usefixtures("kustomize")
@pytest.mark.parametrize("number", range(0, len(clusters()), 100))
def test_no_secret_leaves(number: int) -> None:
    _, found = leaks(number)
    assert found == {}


def test_secrets_are_sown() -> None:
    planted, _ = leaks(40, "rules")
    assert planted > 3
