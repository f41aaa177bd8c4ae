"""A tool's process: all that it prints and says, however much, and how it ended."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from cilium_policies.builds.tool import ToolError, output, whatever

SCRIPT = "import sys; sys.{}.write('{}' * {}); sys.{}.write('{}' * {}); sys.exit({})"


def python(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


@pytest.fixture(params=["spawned", "by pipes", "by subprocess"])
def _every_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some systems have no files of memory, some no posix_spawn."""
    if request.param == "by pipes":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    if request.param == "by subprocess":
        monkeypatch.delattr(os, "posix_spawnp")


@pytest.mark.usefixtures("_every_way")
@pytest.mark.parametrize(("first", "second"), [("stdout", "stderr"), ("stderr", "stdout")])
def test_more_than_a_pipe_holds_on_either_stream(first: str, second: str) -> None:
    many = 300_000
    command = python(SCRIPT.format(first, "a", many, second, "b", many, 3))
    printed, said = whatever(command)
    assert {printed.decode(), said} == {"a" * many, "b" * many}


@pytest.mark.usefixtures("_every_way")
def test_how_it_ended(tmp_path: os.PathLike[str]) -> None:
    folder = os.fspath(tmp_path)
    assert output(python("print('well')"), folder=folder, root=folder) == b"well\n"
    with pytest.raises(ToolError, match="out of words"):
        output(python("import sys; sys.exit('out of words')"), folder=folder, root=folder)
    with pytest.raises(ToolError, match="exit code -9"):
        output(python("import os; os.kill(os.getpid(), 9)"), folder=folder, root=folder)
    with pytest.raises(ToolError, match="no such file or directory"):
        output(("no-such-tool",), folder=folder, root=folder)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="signals are asked of /proc")
@pytest.mark.usefixtures("_every_way")
def test_it_reads_nothing_and_a_closed_pipe_ends_it() -> None:
    printed, _ = whatever(("sh", "-c", "cat; grep SigIgn /proc/self/status"))
    name, mask = printed.split()
    assert name == b"SigIgn:"  # and nothing of standard input before it
    assert not int(mask, 16) & 1 << signal.SIGPIPE - 1  # Python ignores it; tools do not


@pytest.mark.usefixtures("_every_way")
def test_nothing_stays_open() -> None:
    before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
    for _ in range(3):
        whatever(python("pass"))
        with pytest.raises(ToolError):
            whatever(("no-such-tool",))
    after = set(os.listdir("/proc/self/fd")) if before else set()
    assert len(after) == len(before)


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = python("import os; print(os.environ['GOGC'])")
    monkeypatch.delenv("GOGC", raising=False)
    assert whatever(asked)[0] == b"400\n"
    monkeypatch.setenv("GOGC", "50")
    assert whatever(asked)[0] == b"50\n"


@pytest.mark.parametrize("in_memory", [True, False])
def test_who_is_interrupted_leaves_no_tool_at_work(in_memory: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while one waits for a tool that was not told of it."""
    began: list[int] = []
    spawn = os.posix_spawnp

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    if not in_memory:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr(os, "posix_spawnp", lambda *a, **k: began.append(spawn(*a, **k)) or began[-1])
    before = signal.signal(signal.SIGALRM, interrupted)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            whatever(("sleep", "600"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(ProcessLookupError):
        os.kill(began[0], 0)
