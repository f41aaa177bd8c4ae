"""Build what the sandbox runs: `python -m tests.live.build [CILIUM VERSION]` prints the folder of the programs.

Go modules and nothing else: no image, no download of a binary. Cached beside the tools, under a hash of the modules and
the version of Go; ten minutes cold on two cores, nothing when warm.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tests.engine.build import NoGoError, go_command
from tests.tools import CACHE

MODULES = Path(__file__).resolve().parent / "go"
CILIUM = "1.20.2"  # as in go/cilium/go.mod
KUBERNETES = "1.36.4"  # as in go/kube/go.mod
KEPT = 2  # builds of other modules that stay in the cache, 350 MB each
_VERSION = "k8s.io/component-base/version"


class Program(NamedTuple):
    """One command: the module that knows it, its package, and what the linker is told."""

    module: str
    package: str
    flags: str = ""


PROGRAMS = {
    "etcd": Program("kube", "go.etcd.io/etcd/server/v3"),
    "kube-apiserver": Program(
        "kube",
        "k8s.io/kubernetes/cmd/kube-apiserver",
        # Without a version the API server refuses to start.
        f"-X {_VERSION}.gitVersion=v{KUBERNETES} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=36",
    ),
    "cilium-cni": Program("cilium", "github.com/cilium/cilium/plugins/cilium-cni"),
    "hubble": Program("cilium", "github.com/cilium/cilium/hubble"),
    "cilium-agent": Program("cilium", "github.com/cilium/cilium/daemon"),
}


def folder(version: str = CILIUM) -> Path:
    """Where the programs of this version stand, built or not. Raises NoGoError."""
    digest = hashlib.sha256(version.encode())
    for path in sorted(MODULES.rglob("go.*")):
        digest.update(path.read_bytes())
    digest.update(_said(go_command(), "env", "GOVERSION").encode())
    return CACHE / f"live-{digest.hexdigest()[:12]}"


def built(version: str = CILIUM) -> bool:
    """Whether nothing is left to build. Raises NoGoError."""
    return all((folder(version) / "bin" / name).exists() for name in (*PROGRAMS, "source"))


def build(version: str = CILIUM) -> Path:
    """Build what is missing, and say so on stderr. Raises NoGoError, or CalledProcessError when Go fails."""
    target = folder(version)
    (target / "bin").mkdir(parents=True, exist_ok=True)
    with (target / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        modules = _modules(target, version)
        for name, program in PROGRAMS.items():
            if not (target / "bin" / name).exists():
                _compile(modules / program.module, target / "bin" / name, program)
        if not (target / "bin" / "source").exists():
            place = _said(go_command(), "list", "-m", "-f", "{{.Dir}}", "github.com/cilium/cilium",
                          cwd=modules / "cilium")  # fmt: skip
            (target / "bin" / "source").symlink_to(place)
    for old in sorted(CACHE.glob("live-*"), key=lambda one: one.stat().st_mtime)[: -KEPT - 1]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def _modules(target: Path, version: str) -> Path:
    """The modules of this version: the committed ones, or a copy with another Cilium and what that needs."""
    if version == CILIUM:
        return MODULES
    copy = target / "go"
    if not copy.exists():
        draft = target / "go.draft"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(MODULES, draft)
        wanted = "module live\n\ngo 1.26.0\n\nrequire github.com/cilium/cilium v" + version + "\n"
        (draft / "cilium" / "go.mod").write_text(wanted, encoding="utf-8")
        (draft / "cilium" / "go.sum").unlink()
        subprocess.run([go_command(), "mod", "tidy"], cwd=draft / "cilium", check=True)
        draft.rename(copy)
    return copy


def _compile(module: Path, target: Path, program: Program) -> None:
    flags = f"-s -w {program.flags}"
    command = [go_command(), "build", "-v", "-p", "2", "-ldflags", flags, "-o", f"{target}.draft"]
    begun, packages, last = time.monotonic(), 0, ""
    process = subprocess.Popen(
        ["nice", "-n", "19", *command, program.package],
        cwd=module,
        env={**os.environ, "CGO_ENABLED": "0"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:  # one package a line, as they are done
        if re.match(r"[\w./~-]+$", line):
            packages += 1
            _tell(f"\r  {target.name}: {packages} packages, {time.monotonic() - begun:.0f} s", tty=True)
        else:
            last = line
    if process.wait() != 0:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=last)
    Path(f"{target}.draft").rename(target)
    _tell(f"\r  {target.name}: built, {packages} packages compiled in {time.monotonic() - begun:.0f} s\n")


def _tell(text: str, *, tty: bool = False) -> None:
    if sys.stderr.isatty() or not tty:
        sys.stderr.write(text if sys.stderr.isatty() else text.lstrip("\r"))
        sys.stderr.flush()


def _said(*command: str, cwd: Path | None = None) -> str:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    try:
        print(build(*sys.argv[1:]))
    except (NoGoError, subprocess.CalledProcessError) as error:
        sys.exit(f"{error}\n{getattr(error, 'stderr', '') or ''}".strip())
