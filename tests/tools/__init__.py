"""The real tools that end-to-end tests run: where they are, what is missing, how they are started.

A tool counts as there when PATH, or the folder that `.ci/tools.sh` fills, leads to it and it answers. Without one a
test is skipped with one line; under CI=true it fails, so that a green run means that every tool ran.
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
from functools import cache
from pathlib import Path

import pytest

from tests.tools.engine import SHIM, Engine, answer, engine, make_shim
from tests.tools.places import CACHE, go_environment

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
_NAMES = subprocess.run(
    [sys.executable, ROOT / ".ci" / "public.py"], capture_output=True, text=True, check=True
).stdout.split()
REPOSITORY, SOURCE, VERSION = _NAMES  # of the image without its tag, and of the source
IMAGE = f"{REPOSITORY}:{VERSION}"
BASE = os.environ.get("CILIUM_POLICIES_BASE", "localhost/debian-base:1")
EPOCH = "1700000000"  # one date for the images of all test runs, so that equal trees give equal layers
STAGE = "cilium-policies.stage"  # the label of what a build leaves without a name
CI = os.environ.get("CI") == "true"
# podman 4 on a busy machine: the container ended well, and it forgot how.
LOST = b"from DB: no such exit code"
QUESTIONS = {"kubectl": ["version", "--client"], "go": ["version"], "helm": ["version", "--short"]}
QUESTIONS |= {"kustomize": ["version"], "kpt": ["version"], "flux": ["--version"], "helm4": ["version"]}
QUESTIONS |= {one: ["version"] for one in ("crane", "cosign", "buildx", "openssl")}
# Of the test that runs; None outside of tests.
marks: frozenset[str] | None = None


def environment(**extra: str) -> dict[str, str]:
    """The environment of a started tool: the tests' own cilium-policies first in PATH, then the cached tools."""
    own = os.environ.get("CILIUM_POLICIES_BIN") or str(Path(sys.executable).parent)
    env = dict(os.environ)
    env["PATH"] = os.pathsep.join([own, str(CACHE / "bin"), env["PATH"]])
    if (CACHE / "containers.conf").exists():
        env["CONTAINERS_CONF"] = str(CACHE / "containers.conf")
    found = engine(env["PATH"])
    if found:
        env.update(KPT_FN_RUNTIME=found.runtime, KRM_FN_RUNTIME=found.runtime)
        if found.shim:
            make_shim(found.command)
            env["PATH"] = os.pathsep.join([own, str(SHIM), env["PATH"]])
    return {**env, **extra}


def require(*names: str) -> None:
    """Skip the test where one of these commands is missing; fail it under CI=true. "container" is the engine."""
    missing = [name for name in names if not there(name)]
    if missing:
        absent(f"{', '.join(missing)} not here: make tools")


def there(name: str) -> bool:
    """Whether the command is in PATH and answers. A test that asks for the engine says so by its mark: the machine
    without a daemon runs no others."""
    path = environment()["PATH"]
    if name != "container":
        return _answers(name, path)
    assert marks is None or "container" in marks, (
        "this test asks for a container engine: pytest.mark.container"
    )
    return bool(engine(path))


@cache
def _answers(name: str, path: str) -> bool:
    found = shutil.which(name, path=path)
    return bool(found and answer(found, *QUESTIONS.get(name, ["--version"])))


def container_engine() -> Engine:
    """The engine that starts images here; ends the test where there is none."""
    require("container")
    found = engine(environment()["PATH"])
    assert found
    return found


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
    timeout: float = 300,
    env: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Start a command with the tools in PATH; stdout and stderr come back as text, exactly as printed."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    for _ in range(3):
        done = subprocess.run(
            list(map(str, command)),
            cwd=cwd,
            input=data,
            capture_output=True,
            timeout=timeout,
            env=env or environment(),
            check=False,
        )
        if done.returncode == 0 or LOST not in done.stderr:
            break
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
    command = container_engine().command
    # The README is the wheel's description: it lies in the image as the code does.
    names = ("fn", "image", "requirements", "Dockerfile", "hatch_build.py", "pyproject.toml", "README.md")
    sources = [ROOT / name for name in (*names, "LICENSE", "docs/schema", ".dockerignore", ".ci/image.sh")]
    tagged = f"{REPOSITORY}:tree-{digest(*sources)}"
    with locked("image"):
        if run([command, "image", "inspect", tagged]).returncode != 0:
            build_image_as(tagged)
            _forget_older_trees(command, tagged)
        succeeded(run([command, "tag", tagged, IMAGE]))
    return IMAGE


def build_image_as(name: str, **extra: str) -> None:
    """Runs `.ci/image.sh` on the base that tests use; ends the test where the engine cannot."""
    command = container_engine().command
    if run([command, "image", "inspect", BASE]).returncode != 0:
        absent(f"base image {BASE} missing: make tools")
    started = run([command, "run", "--rm", "--network", "none", BASE, "true"])
    if started.returncode != 0:
        absent(f"{command} starts no container here: {_last_line(started.stderr)}")
    env = environment(IMAGE=name, BASE=BASE, SOURCE_DATE_EPOCH=EPOCH, ENGINE=command, **extra)
    built = run(["sh", ".ci/image.sh"], timeout=600, env=env)
    run([command, "image", "prune", "-f", "--filter", f"label={STAGE}"])
    if built.returncode != 0:
        absent(f"the image cannot be built here: {_last_line(built.stderr)}")


def _last_line(text: str) -> str:
    return (text.strip() or "no word of why").splitlines()[-1]


def _forget_older_trees(command: str, newest: str, kept: int = 4) -> None:
    """Removes images of earlier trees, and nothing else: a machine that is kept between runs would fill up."""
    built = CACHE / "images"  # the image's own date is that of its tree, always the same here
    names = [*(built.read_text().split() if built.exists() else ()), newest]
    for name in names[:-kept]:
        run([command, "rmi", name])
    built.write_text("\n".join(names[-kept:]))


def build_flux() -> None:
    """A `flux` in PATH: the machine's own, else the two commands of tests/e2e/flux on Flux's libraries."""
    if there("flux"):
        return
    require("go")
    source = ROOT / "tests" / "e2e" / "flux"
    mark = CACHE / f".flux-{digest(source)}"
    with locked("flux"):
        if mark.exists() and (CACHE / "bin" / "flux").exists():
            return
        (CACHE / "bin").mkdir(parents=True, exist_ok=True)
        env = {**environment(), **go_environment()}
        fetched = run(["go", "list", "-deps", "."], cwd=source, timeout=600, env=env)
        if fetched.returncode != 0:
            absent(f"Go cannot build Flux's libraries here: {_last_line(fetched.stderr)}")
        command = ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", CACHE / "bin" / "flux", "."]
        succeeded(run(command, cwd=source, timeout=900, env=env))
        for old in CACHE.glob(".flux-*"):
            old.unlink()
        mark.touch()
