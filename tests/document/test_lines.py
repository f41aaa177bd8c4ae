"""Lines of fields: the quick reader of plain blocks says what the event parser says, or nothing."""

from __future__ import annotations

import pytest
from cilium_policies.document import lines
from cilium_policies.document.plain import plain_lines

from tests.hostile import seeds

TEXTS = [
    "a: 1\nb:\n  c: [x]\n  d:\n  - e: 1\n    f: 2\n  - g\n",
    "a:\n- b: 1\n  c:\n  - d\n  - e: |\n      x: y\n      - z\n    f: 1\n- g\nh: 1\n",
    "# c\na:\n\n  # d\n  b: 'x'\n  c: |-\n    - q\n\n    r\n  d: {}\n",
    "a:\nb: 1\n",
    "a:\n  - b\n  - c: 1\nd: []\n",
    "a: {b: c, d: e}\nf:\n- g: [h, i]\n- {j: k}\n- [l]\n",
    *seeds.documents(),
]


@pytest.mark.parametrize("text", TEXTS)
def test_both_readers_agree(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = plain_lines(text.encode(), 7)
    monkeypatch.setattr(lines, "plain_lines", lambda *_: None)
    assert quick in (None, lines.lines_of(text.encode(), 7))


def test_plain_blocks_are_read_quickly() -> None:
    assert sum(plain_lines(text.encode(), 1) is None for text in TEXTS) < len(TEXTS) / 2
    assert plain_lines(b"a: 1\na: 2\n", 1) is None


def test_half_a_surrogate_pair_ends_the_lines() -> None:
    """JSON has it, YAML refuses it."""
    found = lines.lines_of(b'{"a": 1,\n"b": "\\ud83d",\n"c": 2}', 1)
    assert found[("a",)] == 1
    assert ("c",) not in found
