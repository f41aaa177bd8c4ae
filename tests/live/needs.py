"""What the sandbox needs of a machine, asked before anything is built: one line for what is missing."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools import environment

UNSHARE = (
    "unshare", "--mount", "--propagation", "private", "--net", "--pid", "--fork", "--kill-child=SIGKILL",
    "--mount-proc", "--uts", "--ipc", "--cgroup",
)  # fmt: skip
CLANG = tuple(f"clang-{version}" for version in range(22, 16, -1))
_COMMANDS = {
    "ip": "apt-get install iproute2",
    "unshare": "apt-get install util-linux",
    "sysctl": "apt-get install procps",
    "openssl": "apt-get install openssl",
    "helm": "make tools",  # for the agent's settings, which its chart makes
}
_CAPABILITIES = {12: "NET_ADMIN", 13: "NET_RAW", 21: "SYS_ADMIN", 38: "PERFMON", 39: "BPF"}
_TRIAL = (  # what the sandbox does, in small; each step with the words for its failure
    ("no BPF file system can be mounted", "mount -t bpf bpf /sys/fs/bpf"),
    ("no cgroup2 can be mounted", "mount -t cgroup2 none /mnt"),
    ("no network namespace can be made", "mount -t tmpfs tmpfs /run && ip netns add trial"),
    ("the kernel has no veth", "ip link add trial0 type veth peer name trial1"),
    ("the kernel has no vxlan", "ip link add trial0 type vxlan id 2 dev lo dstport 8472"),
    ("the kernel has no bridge", "ip link add trial0 type bridge"),
)


def there(command: str) -> bool:
    """Whether the sandbox finds a command."""
    return shutil.which(command, path=environment()["PATH"]) is not None


def clang() -> Path | None:
    """The newest clang that the agent can use, from 17 on."""
    found = (shutil.which(name) for name in CLANG)
    return next((Path(one) for one in found if one), None)


def missing() -> str:
    """What this machine lacks; "" where the sandbox can run."""
    if sys.platform != "linux":
        return f"it needs Linux, this is {sys.platform}"
    if os.geteuid() != 0:
        return "it needs root: sudo make live"
    lacking = [name for bit, name in _CAPABILITIES.items() if not _effective() >> bit & 1]
    if lacking:
        return f"it needs the capabilities {', '.join(lacking)}"
    for command, cure in _COMMANDS.items():
        if not there(command):
            return f"{command} is not installed: {cure}"
    found = clang()
    if found is None or shutil.which(found.name.replace("clang", "llc")) is None:
        return "the agent compiles its programs with clang 17 or newer: apt-get install clang-19 llvm-19"
    if cgroup2() is None:
        return "no cgroup2 is mounted, and the agent must not get the machine's own"
    return _tried()


def cgroup2() -> Path | None:
    """Where the machine has its cgroup2 hierarchy."""
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        if after.split()[0] == "cgroup2":
            return Path(before.split()[4])
    return None


def _effective() -> int:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def _tried() -> str:
    for words, command in (("namespaces cannot be made", "true"), *_TRIAL):
        script = f"set -e; ip link set lo up; mount -t sysfs sysfs /sys; {command}"
        done = subprocess.run([*UNSHARE, "sh", "-c", script], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            told = (done.stderr.strip().splitlines() or ["no word"])[-1]
            return f"{words}: {told}"
    return ""


def die_with_parent() -> None:
    """For a child between fork and exec: the kernel ends it when the process that started it ends, however."""
    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
