"""A command line run in this process: no start-up, for tests that ask what is said and not how a process behaves."""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cilium_policies.cli import run
from cilium_policies.cli.streams import guarded

if TYPE_CHECKING:
    from collections.abc import Iterator


class Done(NamedTuple):
    returncode: int
    stdout: bytes
    stderr: bytes


def within(*words: str, stdin: bytes = b"", cwd: Path | None = None) -> Done:
    """What `cilium-policies WORDS` answers, started in the folder `cwd`."""
    here = Path.cwd()
    pipe = signal.getsignal(signal.SIGPIPE)  # a command lets a closed pipe end its process: not this one
    os.chdir(cwd or here)
    try:
        with _streams(stdin) as (out, err):
            code = guarded(lambda: run(list(words)))
            sys.stdout.flush()
            sys.stderr.flush()
    finally:
        os.chdir(here)
        signal.signal(signal.SIGPIPE, pipe)
    return Done(code, out.getvalue(), err.getvalue())


@contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    sys.stdout, sys.stderr = io.TextIOWrapper(out), io.TextIOWrapper(err)
    try:
        yield out, err
    finally:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            stream.detach()
        sys.stdin, sys.stdout, sys.stderr = before
