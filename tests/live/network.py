"""The node's network: a bridge with the node itself, the API server's node, a second node and the rest of the world."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.live import compiler
from tests.live.needs import clang
from tests.live.sockets import HOME

LAN, CONTROL, NODE2, WORLD = "lan", "control", "node2", "world"  # the bridge's namespace and its guests
POD_CIDR, POD_CIDR6 = "10.244.0.0/20", "fd00:244::/112"
CLIENT, CLIENT6 = "203.0.113.77", "2001:db8::77"  # an address that the world calls from
SERVER, SERVER6 = "198.51.100.80", "2001:db8::80"  # one that it answers at; it owns every other address too


class Host(NamedTuple):
    """One guest of the bridge."""

    namespace: str
    address: str
    address6: str


NODE = Host(HOME, "172.30.0.11", "fd00:30::11")
HOSTS = {
    "node": NODE,
    CONTROL: Host(CONTROL, "172.30.0.10", "fd00:30::10"),
    NODE2: Host(NODE2, "172.30.0.12", "fd00:30::12"),
    WORLD: Host(WORLD, "172.30.0.1", "fd00:30::1"),
}


def run(command: str) -> None:
    """One shell command that must succeed. Raises RuntimeError with its words."""
    done = subprocess.run(["sh", "-ec", command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr.strip() or done.returncode}")


def mounts(programs: Path) -> None:
    """File systems of the sandbox's own. Of the machine's settings only the network's, which are the namespace's own,
    can be written: the agent sets two others."""
    run("mount -t tmpfs tmpfs /run && mkdir -p /run/netns /run/cilium/cgroupv2 /run/lib /run/bin /run/kube")
    for folder in ("kernel", "vm", "fs"):
        run(f"mount --bind /proc/sys/{folder} /proc/sys/{folder}")
        run(f"mount -o remount,ro,bind /proc/sys/{folder}")
    run("mount -t sysfs sysfs /sys && mount -t bpf bpf /sys/fs/bpf")
    run("mount -t cgroup2 none /run/cilium/cgroupv2")
    run("mount --bind /run/netns /run/netns && mount --make-shared /run/netns")
    run("hostname node1")
    for one in programs.iterdir():
        Path("/run/bin", one.name).symlink_to(one)
    _compilers(programs.parent / "objects")
    os.environ["PATH"] = f"/run/bin:{os.environ['PATH']}"
    run("cp -r /run/bin/source/bpf /run/lib/bpf && chmod -R u+w /run/lib/bpf")


def _compilers(objects: Path) -> None:
    """clang and llc under the names that the agent calls."""
    found = clang()
    assert found is not None  # needs.missing() asks
    assembler = shutil.which(found.name.replace("clang", "llc"))
    assert assembler is not None
    Path("/run/bin/llc").symlink_to(assembler)
    objects.mkdir(exist_ok=True)
    script = [sys.executable, "-I", compiler.__file__, str(found), str(objects)]
    Path("/run/bin/clang").write_text(f'#!/bin/sh\nexec {shlex.join(script)} "$@"\n', encoding="utf-8")
    Path("/run/bin/clang").chmod(0o755)


def lan() -> None:
    """The bridge and its guests. World owns every address that nobody else has."""
    run("ip link set lo up")
    for name in (LAN, CONTROL, NODE2, WORLD):
        run(f"ip netns add {name} && ip -n {name} link set lo up")
    run(f"ip -n {LAN} link add br0 type bridge && ip -n {LAN} link set br0 up")
    for name, host in HOSTS.items():
        _guest(name, host)
    # Not in table local, which comes first: the pods' ranges are narrower.
    for family, everything in ((4, "0.0.0.0/0"), (6, "::/0")):
        run(f"ip -n {WORLD} -{family} route add local {everything} dev lo table main")
    for name in ("all", "eth0"):
        run(f"ip netns exec {WORLD} sysctl -qw net.ipv4.conf.{name}.rp_filter=0")
    for name in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"):
        Path("/proc/sys", name).write_text("1", encoding="utf-8")


def _guest(name: str, host: Host) -> None:
    there = f"-n {host.namespace}" if host.namespace else ""
    run(f"ip {there} link add eth0 type veth peer name to-{name} netns {LAN}")
    run(f"ip -n {LAN} link set to-{name} master br0 up")
    run(f"ip {there} addr add {host.address}/24 dev eth0 && ip {there} link set eth0 up")
    run(f"ip {there} addr add {host.address6}/64 dev eth0 nodad")
    if host is not NODE:
        run(f"ip {there} route add {POD_CIDR} via {NODE.address}")
        run(f"ip {there} -6 route add {POD_CIDR6} via {NODE.address6}")
    if name != WORLD:
        run(f"ip {there} route add default via {HOSTS[WORLD].address}")
        run(f"ip {there} -6 route add default via {HOSTS[WORLD].address6}")
