"""What the machine itself has, so that a run can show that it changed none of it."""

from __future__ import annotations

import ctypes
import json
import os
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.live.needs import cgroup2

_BPF = {"x86_64": 321, "aarch64": 280}  # the number of the bpf system call
_NEXT_PROGRAM, _PROGRAM_BY_ID, _INFO = 11, 13, 15
_COUNTERS = (  # settings that count and change by themselves
    "kernel/random/", "kernel/ns_last_pid", "kernel/pty/nr", "fs/dentry-state", "fs/file-nr", "fs/inode-",
    "fs/aio-nr", "fs/quota/", "net/netfilter/nf_conntrack_count", "kernel/sched_domain", "fs/dentry",
)  # fmt: skip


class State(NamedTuple):
    """Everything outside the sandbox that an agent could change."""

    sysctls: dict[str, str]
    links: frozenset[str]
    addresses: frozenset[str]
    mounts: frozenset[str]
    cgroups: frozenset[str]
    programs: frozenset[str]  # names of loaded eBPF programs with their numbers

    def changed(self, before: State) -> list[str]:
        """What differs from an earlier state, one line each."""
        found = [
            f"sysctl {name}: {before.sysctls.get(name)} before, {value} now"
            for name, value in self.sysctls.items()
            if value != before.sysctls.get(name)
        ]
        for what in ("links", "addresses", "mounts", "cgroups", "programs"):
            now, then = getattr(self, what), getattr(before, what)
            found += [f"{what}: {one} is new" for one in sorted(now - then)]
            found += [f"{what}: {one} is gone" for one in sorted(then - now)]
        return found


def state() -> State:
    """The machine as it is now."""
    root = cgroup2()
    return State(
        _sysctls(),
        frozenset(one["ifname"] for one in _ip("link")),
        frozenset(address["local"] for one in _ip("addr") for address in one["addr_info"]),
        frozenset(_mounts()),
        frozenset(os.path.relpath(one, root) for one, _, _ in os.walk(root)) if root else frozenset(),
        frozenset(_programs()),
    )


def _sysctls() -> dict[str, str]:
    root, found = Path("/proc/sys"), {}
    for path in root.rglob("*"):
        name = str(path.relative_to(root))
        if name.startswith(_COUNTERS) or not path.is_file():
            continue
        try:
            found[name] = path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            continue  # write-only, or of a device that gives nothing
    return found


def _ip(what: str) -> list[dict[str, list[dict[str, str]]]]:
    done = subprocess.run(["ip", "-j", what], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _mounts() -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    return [
        f"{fields[4]} {line.partition(' - ')[2].split()[0]}" for line in lines if (fields := line.split())
    ]


def _programs() -> list[str]:
    number, found = 0, []
    while (number := _next(number)) > 0:
        found.append(f"{number} {_name(number)}")
    return found


def bpf(command: int, attributes: ctypes.Array[ctypes.c_char]) -> int:
    """The bpf system call: a file, 0, or below 0 where it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.syscall(_BPF[os.uname().machine], command, attributes, len(attributes)))


def _next(number: int) -> int:
    attributes = ctypes.create_string_buffer(struct.pack("IIII", number, 0, 0, 0), 16)
    return struct.unpack("IIII", attributes.raw)[1] if bpf(_NEXT_PROGRAM, attributes) == 0 else 0


def _name(number: int) -> str:
    """The name of a loaded program; struct bpf_prog_info keeps it at byte 64."""
    handle = bpf(_PROGRAM_BY_ID, ctypes.create_string_buffer(struct.pack("III", number, 0, 0), 12))
    if handle < 0:
        return "gone"
    info = ctypes.create_string_buffer(256)
    request = struct.pack("IIQ", handle, len(info), ctypes.addressof(info))
    try:
        told = bpf(_INFO, ctypes.create_string_buffer(request, len(request)))
    finally:
        os.close(handle)
    return info.raw[64:80].rstrip(b"\0").decode(errors="replace") if told == 0 else "unknown"
