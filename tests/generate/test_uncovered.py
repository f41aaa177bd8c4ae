"""Why a direction is listed as uncovered."""

from __future__ import annotations

import re
from pathlib import Path

from cilium_policies.generate import uncovered


def test_every_reason_has_a_sentence() -> None:
    """The members of Why are read by the type checker alone: their text is compared."""
    text = Path(uncovered.__file__).read_text(encoding="utf-8")
    members = text[text.index("Why = Literal[") :]
    assert set(re.findall(r'"([a-z-]+)"', members[: members.index("]")])) == set(uncovered._SENTENCES)
