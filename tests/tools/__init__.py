"""The real tools that end-to-end tests run: where they are, what is missing, how they are started.

`.ci/tools.sh` installs them outside the checkout. Elsewhere a test whose tool is missing is skipped with one
line; under CI=true it fails, so that a green run means that every tool ran.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
IMAGE = "localhost/cilium-policies:0.1.0"
BASE = os.environ.get("CILIUM_POLICIES_BASE", "localhost/debian-base:1")
EPOCH = "1700000000"  # one date for the images of all test runs, so that equal trees give equal layers
CI = os.environ.get("CI") == "true"
CACHE = Path(
    os.environ.get("CILIUM_POLICIES_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "cilium-policies")
)


def environment(**extra: str) -> dict[str, str]:
    """The environment of a started tool: the tests' own cilium-policies first in PATH, then the cached tools."""
    own = os.environ.get("CILIUM_POLICIES_BIN") or str(Path(sys.executable).parent)
    env = dict(os.environ)
    env["PATH"] = os.pathsep.join([own, str(CACHE / "shim"), str(CACHE / "bin"), env["PATH"]])
    env.update(KPT_FN_RUNTIME="podman", KRM_FN_RUNTIME="podman")
    if (CACHE / "containers.conf").exists():
        env["CONTAINERS_CONF"] = str(CACHE / "containers.conf")
    return {**env, **extra}


def require(*names: str) -> None:
    """Skip the test where one of these commands is missing; fail it under CI=true."""
    path = environment()["PATH"]
    missing = [name for name in names if shutil.which(name, path=path) is None]
    if missing:
        absent(f"{', '.join(missing)} not installed: make tools")


def absent(why: str) -> None:
    """End the test: a failure under CI=true, else one skip line."""
    if CI:
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    stdin: str | bytes = b"",
    timeout: float = 120,
    env: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Start a command with the tools in PATH; stdout and stderr come back as text, exactly as printed."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        input=data,
        capture_output=True,
        timeout=timeout,
        env=env or environment(),
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode()
    )


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    """The command's stdout; fails the test with its stderr where it exited other than 0."""
    assert done.returncode == 0, f"{done.args} exited {done.returncode}\n{done.stderr}"
    return done.stdout


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One test process at a time: builds are shared between the workers of a run."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def digest(*paths: Path) -> str:
    """A short name for the content of files and folders, compiled files left out."""
    total = hashlib.sha256()
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts and file.name != "index.json":
                total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()[:16]


def build_image() -> str:
    """The image of this tree under the name that the examples use; built once for a content."""
    require("podman")
    sources = [ROOT / name for name in ("fn", "image", "requirements", "Dockerfile", "hatch_build.py")]
    sources += [ROOT / name for name in ("pyproject.toml", ".dockerignore", ".ci/image.sh")]
    tagged = f"localhost/cilium-policies:tree-{digest(*sources)}"
    with locked("image"):
        if run(["podman", "image", "exists", tagged]).returncode != 0:
            if run(["podman", "image", "exists", BASE]).returncode != 0:
                absent(f"base image {BASE} missing: make tools")
            env = environment(IMAGE=tagged, BASE=BASE, SOURCE_DATE_EPOCH=EPOCH)
            succeeded(run(["sh", ".ci/image.sh"], timeout=600, env=env))
            forget_trees_but(tagged)
        succeeded(run(["podman", "tag", tagged, IMAGE]))
    return IMAGE


def forget_trees_but(current: str) -> None:
    """Removes images of earlier trees: a machine that is kept between runs would fill up."""
    listed = succeeded(run(["podman", "images", "--format", "{{.Repository}}:{{.Tag}}"]))
    for name in listed.split():
        if ":tree-" in name and name != current:
            run(["podman", "rmi", name])
    run(["podman", "image", "prune", "-f"])


def build_flux() -> None:
    """A `flux` in PATH: the machine's own, else the two commands of tests/e2e/flux on Flux's libraries."""
    if shutil.which("flux"):
        return
    require("go")
    source = ROOT / "tests" / "e2e" / "flux"
    mark = CACHE / f".flux-{digest(source)}"
    with locked("flux"):
        if mark.exists() and (CACHE / "bin" / "flux").exists():
            return
        (CACHE / "bin").mkdir(exist_ok=True)
        succeeded(run(["go", "build", "-o", CACHE / "bin" / "flux", "."], cwd=source, timeout=900))
        for old in CACHE.glob(".flux-*"):
            old.unlink()
        mark.touch()
