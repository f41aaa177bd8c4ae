"""The agent's compiler: what was begun is finished, and done once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.live import compiler

CLANG = """\
#!/bin/sh
echo begun >>{folder}/calls
while [ ! -e {folder}/go ]; do sleep 0.05; done
[ ! -e {folder}/fail ] || {{ echo "no such thing" >&2; exit 3; }}
echo "$@"
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    clang = tmp_path / "clang"
    clang.write_text(CLANG.format(folder=tmp_path), encoding="utf-8")
    clang.chmod(0o755)
    (tmp_path / "objects").mkdir()
    return [sys.executable, "-I", compiler.__file__, str(clang), str(tmp_path / "objects")]


def asked(command: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=600)


def test_a_compiler_that_is_killed_has_its_work_done(command: list[str], tmp_path: Path) -> None:
    with subprocess.Popen([*command, "-c", "a.c"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as killed:
        while not (tmp_path / "calls").exists():
            time.sleep(0.05)
        killed.kill()
        killed.communicate(timeout=600)  # nothing that goes on holds its pipes
    (tmp_path / "go").touch()
    done = asked(command, "-c", "a.c")
    assert (done.stdout, done.returncode) == ("-c a.c\n", 0)
    assert (tmp_path / "calls").read_text() == "begun\n"
    assert asked(command, "-c", "b.c").stdout == "-c b.c\n"
    assert (tmp_path / "calls").read_text() == "begun\nbegun\n"


def test_a_failure_is_told_and_not_kept(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    (tmp_path / "fail").touch()
    done = asked(command, "-c", "a.c")
    assert (done.stdout, done.stderr, done.returncode) == ("", "no such thing\n", 3)
    (tmp_path / "fail").unlink()
    assert asked(command, "-c", "a.c").stdout == "-c a.c\n"


def test_other_questions_go_to_the_compiler_itself(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    assert asked(command, "--version").stdout == "--version\n"
    assert list((tmp_path / "objects").iterdir()) == []


def test_what_the_agent_wrote_belongs_to_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_GENERATED", str(tmp_path))
    header, arguments = tmp_path / "node_config.h", (f"-I{tmp_path}", "-c", "a.c")
    header.write_text("1")
    first = compiler._key("clang", arguments)
    header.write_text("2")
    assert compiler._key("clang", arguments) != first
    header.write_text("1")
    assert compiler._key("clang", arguments) == first
