"""The answer leaves in few pieces, and none of its large ones is copied."""

from __future__ import annotations

from cilium_policies.cli import streams


def test_small_pieces_leave_together_and_large_ones_as_they_are() -> None:
    large = memoryview(b"x" * 70_000)
    pieces = [*[b"item"] * 50, large, *[memoryview(b"item")] * 50]
    found = list(streams._portions(pieces))
    assert b"".join(found) == b"".join(pieces)
    assert len(found) == 3
    assert any(one is large for one in found)
