"""Standard input read whole, standard output written whole, and the exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from cilium_policies.document.finding import Refused, refused

DONE = 0
REFUSED = 1  # input or config that cannot be used, or a check that found something
USAGE = 2  # a wrong command line

CHUNK = 1 << 16


def read_input() -> bytes:
    """All of standard input. Raises Refused where there is none."""
    if sys.stdin is None:
        raise refused("standard input is closed", "pipe a ResourceList or a YAML stream in")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise refused(f"cannot read standard input: {error.strerror}") from None


def write_output(pieces: Iterable[bytes | memoryview]) -> None:
    """Write all of `pieces` to standard output.

    The pieces must be ready: an error while they are made would leave half an answer. Raises Refused where
    they cannot be written whole (closed pipe, full disk).
    """
    if sys.stdout is None:
        raise refused("standard output is closed", "the answer goes there")
    try:
        sys.stdout.flush()
        write(sys.stdout.fileno(), pieces)
    except OSError as error:
        raise refused(
            f"cannot write standard output: {error.strerror}", "nothing or a part was written"
        ) from None


def write(descriptor: int, pieces: Iterable[bytes | memoryview]) -> None:
    """Write `pieces` to a descriptor, small ones together. Raises OSError."""
    small = bytearray()
    for piece in pieces:
        if len(piece) < CHUNK:
            small += piece
            if len(small) < CHUNK:
                continue
            piece = b""
        _write_all(descriptor, small)
        small = bytearray()
        _write_all(descriptor, piece)
    _write_all(descriptor, small)


def _write_all(descriptor: int, text: bytes | bytearray | memoryview) -> None:
    view = memoryview(text)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            import select

            select.select([], [descriptor], [])


__all__ = ["DONE", "REFUSED", "USAGE", "Refused", "read_input", "write", "write_output"]
