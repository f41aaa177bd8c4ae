"""Standard input and output as real processes meet them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from cilium_policies.document.finding import Refused, line_of
from cilium_policies.krm import streams
try:
    data = streams.read_input()
    streams.write_output([data[:5], memoryview(data)[5:]] if len(sys.argv) < 2 else [b"x" * 100] * int(sys.argv[1]))
except Refused as error:
    print(line_of(error.finding), file=sys.stderr)
    raise SystemExit(streams.REFUSED)
"""


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", SCRIPT, *arguments], stderr=subprocess.PIPE, timeout=60, check=False, **options
    )


def test_everything_that_comes_in_goes_out() -> None:
    data = os.urandom(3_000_000)
    done = run(input=data, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout, done.stderr) == (0, data, b"")


def one_line(done: subprocess.CompletedProcess[bytes], *words: bytes) -> None:
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"Traceback" not in done.stderr
    assert all(word in done.stderr for word in words), done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_an_error() -> None:
    with open("/dev/full", "wb") as full:
        one_line(run("2000", input=b"", stdout=full), b"No space")


def test_a_closed_pipe_is_an_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        one_line(run("2000", input=b"", stdout=pipe), b"pipe")


def test_closed_streams_are_errors() -> None:
    one_line(run(stdin=subprocess.DEVNULL, preexec_fn=lambda: os.close(1)), b"output is closed")
    one_line(run(stdout=subprocess.PIPE, preexec_fn=lambda: os.close(0)), b"input is closed")
