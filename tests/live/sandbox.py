"""One mount, PID, network, UTS, IPC and cgroup namespace that ends with its first process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.live.needs import UNSHARE, cgroup2, die_with_parent
from tests.tools import ROOT

# Outlives this process, however it ends: the sandbox's cgroup can be removed only when the sandbox is gone.
_SWEEPER = """
import os, sys, time
sys.stdin.read()
for _ in range(3000):
    try:
        os.rmdir(sys.argv[1])
    except FileNotFoundError:
        break
    except OSError:
        time.sleep(0.1)
    else:
        break
"""


def run(command: Sequence[str | Path]) -> int:
    """Run a command as the first process of a new sandbox; its exit code. Everything in it ends with the command,
    and with this process too, killed or not."""
    root = cgroup2()
    assert root is not None  # needs.missing() asks
    group = root / f"cilium-live-{os.getpid()}"
    group.mkdir(exist_ok=True)
    sweeper = subprocess.Popen(
        [sys.executable, "-c", _SWEEPER, str(group)], stdin=subprocess.PIPE, start_new_session=True
    )

    def enter() -> None:
        die_with_parent()
        (group / "cgroup.procs").write_text("0", encoding="utf-8")

    process = subprocess.Popen([*UNSHARE, *map(str, command)], cwd=ROOT, preexec_fn=enter)
    try:
        return process.wait()
    finally:
        process.kill()
        process.wait()
        try:
            sweeper.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            pass  # it goes on by itself: on a busy machine the last processes take their time
