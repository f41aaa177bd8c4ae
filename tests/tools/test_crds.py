"""The CRD schemas beside the code are what the tool cuts from Cilium's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import crds as tool


@pytest.mark.judge
def test_the_data_are_those_of_cilium(crds: dict[str, Path]) -> None:
    assert tool.text(crds) == tool.DATA.read_text("utf-8")


def test_a_keyword_that_the_checker_does_not_know_stops_the_tool() -> None:
    with pytest.raises(tool.CutError, match="unknown keyword multipleOf"):
        tool._cut({"type": "integer", "multipleOf": 2}, "port")
    with pytest.raises(tool.CutError, match="linear"):
        tool._cut({"type": "string", "pattern": "^([a-z]+[.]?)+$"}, "matchName")
