"""docs/pipelines.md shows pieces of the examples that run, word for word."""

from __future__ import annotations

import re

import pytest

from tests.tools import EXAMPLES, ROOT

PAGE = (ROOT / "docs" / "pipelines.md").read_text()
BLOCKS = re.findall(r"<!-- (\S+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)


def test_every_block_names_its_file():
    assert len(BLOCKS) == PAGE.count("\n```") / 2


@pytest.mark.parametrize(("file", "block"), BLOCKS, ids=[file for file, _ in BLOCKS])
def test_a_block_stands_in_the_example(file, block):
    text = words((ROOT / file).read_text())

    for line in block.splitlines():
        assert words(line) in text


def words(text):
    """The text with its spaces evened out, so that a script may indent or continue a command."""
    return " ".join(text.split())


def test_every_example_is_on_the_page_or_on_another():
    shown = {file.split("/")[1] for file, _ in BLOCKS}
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()} - {"shop"}

    assert folders - shown <= {"layers"}
    assert "examples/layers" in PAGE
