"""The sandbox leaves the machine as it is: before, after, and after it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.live import machine, needs
from tests.tools import ROOT

# What the agent does to its surroundings, in small: file systems, a bridge, a filter on an interface, settings.
INSIDE = """
import sys, time
from pathlib import Path
from tests.live import network
from tests.live.sockets import HOME, Servers, Way, attempt_as

network.mounts(Path(sys.argv[1]))
network.lan()
for name in ("kernel/core_pattern", "fs/file-max", "vm/swappiness"):
    try:
        Path("/proc/sys", name).write_text("1")
        print("written:", name)
    except OSError:
        pass
Path("/proc/sys/net/ipv4/tcp_fin_timeout").write_text("7")
network.run("mkdir /run/cilium/cgroupv2/inside && rmdir /run/cilium/cgroupv2/inside")
servers = Servers()
servers.listen("world", 443, "TCP")
print(attempt_as(True, Way(HOME), network.SERVER, 443, "TCP").result, flush=True)
time.sleep(float(sys.argv[2]))
"""
OUTSIDE = "import sys; from tests.live import sandbox; sys.exit(sandbox.run(sys.argv[1:]))"
OTHERS = ("containers", "libpod", "buildah", "podman", "runc", "overlay", "/netns/", "/tmp/", "cni-", "veth")


pytestmark = pytest.mark.xdist_group("live")


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """A process that runs INSIDE in a sandbox; one more argument is how many seconds it stays."""
    lacking = needs.missing()
    if lacking:
        pytest.skip(f"no sandbox: {lacking}")
    programs = tmp_path / "bin"
    (programs / "source" / "bpf").mkdir(parents=True)
    return [sys.executable, "-c", OUTSIDE, sys.executable, "-c", INSIDE, str(programs)]


def changed(before: machine.State) -> list[str]:
    """What is otherwise now. Other tests of the same run start containers meanwhile, and other sandboxes."""
    now = machine.state()
    found = [one for one in now.changed(before) if not any(word in one for word in OTHERS)]
    beside = any(
        "cilium-live-" in one for one in now.cgroups | before.cgroups
    )  # an agent of another run loads its own
    found = [one for one in found if not (one.startswith("programs") and ("cil_" not in one or beside))]
    return [one for one in found if "cilium-live-" not in one]


def test_nothing_of_the_machine_changes(command: list[str]) -> None:
    before = machine.state()
    done = subprocess.run([*command, "0"], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert (done.stdout, done.returncode) == ("pass\n", 0), done.stderr
    assert changed(before) == []


def test_it_ends_with_the_process_that_started_it(command: list[str]) -> None:
    root = needs.cgroup2()
    before = machine.state()
    with subprocess.Popen([*command, "600"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert root is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "pass\n"
        group = root / f"cilium-live-{process.pid}"
        inside = [int(one) for one in (group / "cgroup.procs").read_text(encoding="utf-8").split()]
        assert inside
        os.kill(process.pid, signal.SIGKILL)
    end = time.monotonic() + 300
    while (any(map(lives, inside)) or group.exists()) and time.monotonic() < end:
        time.sleep(0.1)
    assert [one for one in inside if lives(one)] == []
    assert not group.exists()
    assert changed(before) == []


def lives(number: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{number}/status").read_text(encoding="utf-8")
    except OSError:
        return False
