"""What the program touches, seen by the kernel: it reads what it is told to, writes nothing, asks nobody."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.tools import EXAMPLES, environment, require, run, succeeded

pytestmark = pytest.mark.e2e

CONFIG = EXAMPLES / "stream" / "config.yaml"
MANIFESTS = EXAMPLES / "argocd" / "app" / "wiki.yaml"
CALLS = "trace=open,openat,creat,unlink,rename,mkdir,socket,connect,execve,fork,vfork,clone,clone3"


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """The system calls of one run, one a line."""
    require("strace")
    program = shutil.which("cilium-policies", path=environment()["PATH"])
    command = [str(program), "--config", str(CONFIG)]
    fresh = environment(PYTHONDONTWRITEBYTECODE="1")
    succeeded(
        run(command, stdin=MANIFESTS.read_bytes(), env=fresh)
    )  # a work tree may compile its catalogue once
    log = tmp_path_factory.mktemp("strace") / "log"
    traced = ["strace", "-f", "-y", "-e", CALLS, "-o", log, *command]
    assert "default-deny" in succeeded(run(traced, stdin=MANIFESTS.read_bytes(), env=fresh))
    return log.read_text().splitlines()


def opened(calls):
    """(path, flags) of each open that succeeded."""
    pattern = re.compile(r'open(?:at)?\((?:[^,"]*, )?"([^"]*)", ([A-Z_|]+).*\) = \d')
    return [found.groups() for found in map(pattern.search, calls) if found]


def test_it_opens_no_socket(calls):
    assert [call for call in calls if re.search(r"\b(socket|connect)\(", call)] == []


def test_it_starts_no_process(calls):
    started = [
        call for call in calls if re.search(r"\b(execve|fork|vfork|clone3?)\(", call) and "ENOENT" not in call
    ]

    assert len(started) == 1, "the program itself"


def test_it_writes_and_removes_no_file(calls):
    writing = [call for call in opened(calls) if re.search("O_(WRONLY|RDWR|CREAT|TRUNC)", call[1])]

    assert writing == []
    assert [call for call in calls if re.search(r"\b(unlink|rename|mkdir|creat)\(", call)] == []


def test_it_reads_its_own_files_the_interpreters_and_those_named(calls):
    import cilium_policies

    own = [Path(cilium_policies.__file__).parents[1], sys.prefix, sys.base_prefix]
    allowed = [str(Path(path).resolve()) for path in own] + [
        "/usr",
        "/lib",
        "/etc",
        "/proc",
        "/dev",
        sys.prefix,
    ]
    others = {path for path, _ in opened(calls) if not path.startswith(tuple(allowed))}

    assert {str(Path(path).resolve()) for path in others} == {str(CONFIG)}
