"""Build the judge: `python -m tests.engine.build` prints the path of the binary.

The binary is cached beside the tools, outside the checkout, under a hash of its sources, so that an unchanged judge
costs nothing. A cold build of Cilium's packages takes about five minutes on two cores; an edit of the judge itself
takes seconds.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools import CACHE, ROOT
from tests.tools.places import go_environment

SOURCES = ROOT / "tests" / "engine"
KEPT = 3  # judges of other sources that stay in the cache, a hundred megabytes each
HOW_TO_GET_GO = (
    "Cilium's engine needs Go 1.26 or newer: install it from https://go.dev/dl/ and put `go` on the PATH"
)


class NoGoError(RuntimeError):
    """There is no Go toolchain that can build the judge; the message says what is missing."""


def source_hash() -> str:
    """Twelve hex digits over the names and bytes of everything that the build reads."""
    digest = hashlib.sha256()
    for path in sorted([*SOURCES.glob("*.go"), SOURCES / "go.mod", SOURCES / "go.sum"]):
        if not path.name.endswith("_test.go"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def go_command() -> str:
    """The `go` to use. Raises NoGoError when there is none."""
    found = shutil.which("go")
    if found is None:
        raise NoGoError(HOW_TO_GET_GO)
    return found


def environment() -> dict[str, str]:
    """What Go runs with: no C compiler is needed, and its caches lie where they can be written."""
    return {**os.environ, **go_environment(), "CGO_ENABLED": "0"}


def answered(command: list[str], folder: Path = SOURCES) -> str:
    """What a `go` command that may have to download prints. Raises NoGoError with Go's last line where it fails."""
    done = subprocess.run(
        [go_command(), *command], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or "no word of why").splitlines()[-1]
        raise NoGoError(f"{HOW_TO_GET_GO} (go {command[0]}: {last})")
    return done.stdout


def binary() -> Path:
    """Where the judge of these sources stands, built or not."""
    return CACHE / f"judge-{source_hash()}" / "judge"


def build() -> Path:
    """Build the judge unless it is there already. Raises NoGoError, or CalledProcessError when it does not compile."""
    target = binary()
    if target.exists():
        return target
    go = go_command()
    target.parent.mkdir(parents=True, exist_ok=True)
    # Parallel test workers must not build the same minutes-long thing side by side.
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            answered(["list", "-deps", "."])  # an old Go, or modules that cannot be fetched, end here
            draft = target.with_name("judge.draft")
            command = [go, "build", "-p", "2", "-ldflags", "-s -w", "-o", str(draft), "."]
            subprocess.run(command, cwd=SOURCES, env=environment(), check=True)
            draft.replace(target)
            folders = sorted(CACHE.glob("judge-*"), key=lambda folder: folder.stat().st_mtime)
            for old in folders[: -KEPT - 1]:
                shutil.rmtree(old, ignore_errors=True)
    return target


if __name__ == "__main__":
    try:
        print(build())
    except (NoGoError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
