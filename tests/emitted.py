"""Every policy that the function makes in any test of this process is one that Cilium takes, on 1.16 to 1.20."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from cilium_policies.cilium.write import policy_text
from cilium_policies.generate.policies import Policies

from tests.engine.build import NoGoError
from tests.engine.crds import crd_directories
from tests.engine.judge import Judge

BATCH = 500


@pytest.fixture(scope="session", autouse=True)
def emitted() -> Iterator[dict[bytes, str]]:
    """Text of each policy made so far, with the test that made it first; at the end the judge is asked about all.

    What a test starts as a command is not seen. The tests that need the judge say where it is missing; here its
    absence is silent.
    """
    found: dict[bytes, str] = {}
    make = Policies.__init__

    def made(self: Policies, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        for policy in self.policies:
            found.setdefault(policy_text(policy), os.environ.get("PYTEST_CURRENT_TEST", ""))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Policies, "__init__", made)
        yield found
    try:
        refused = _refused(found) if found else []
    except NoGoError:
        return
    if refused:
        pytest.fail("\n".join(refused), pytrace=False)


def _refused(found: dict[bytes, str]) -> list[str]:
    """Test and reason for each policy that the API server or the agent of some version would not take."""
    texts, lines = list(found), []
    crds = crd_directories()
    with Judge() as judge:
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            answers = judge.findings("---\n".join(text.decode() for text in batch), crds)
            assert len(answers) == len(batch)
            pairs = zip(batch, answers, strict=True)
            lines += [f"{found[text]}: {answer}" for text, answer in pairs if answer.refused]
    return lines
