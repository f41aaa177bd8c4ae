"""What is compared, built into `.cache/bench`: this program as its image runs it, and its peers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bench import inputs

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "bench"
LIB = CACHE / "lib"
ENTRY = CACHE / "run.py"
COMPILED = CACHE / "bytecode"  # what `start` leaves
PROGRAM = "from cilium_policies.cli import program\nprogram()\n"
EMPTY = b"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n"
SYSTEM = "/usr/bin/python3"
WARM = (EMPTY, inputs.resource_list(40), b"import: {yaml: [too]}\n")


@cache
def interpreter() -> str:
    """The interpreter that users get: distributions and the official image build theirs with profile-guided
    optimisation, tools that compile one for a developer mostly do not. This one, where the system's is another version
    and so cannot load PyYAML's extension from here; $BENCH_PYTHON, where that is set."""
    wanted = os.environ.get("BENCH_PYTHON", SYSTEM)
    return wanted if version_of(wanted)[:2] == sys.version_info[:2] else sys.executable


def version_of(python: str) -> tuple[int, ...]:
    """An interpreter's version; empty where none can be asked."""
    script = "import sys; print(*sys.version_info[:3])"
    try:
        said = subprocess.run(
            [python, "-I", "-c", script], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return ()
    return tuple(map(int, said.split()))


def quiet(*command: str, cwd: Path = ROOT, **environment: str) -> None:
    """Run a build step; its output only when it fails."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")


def function() -> list[str]:
    """This program from a wheel, compiled and started as in the image; click, which its questions need, lies beside
    it."""
    shutil.rmtree(LIB, ignore_errors=True)
    wheels = CACHE / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check")
    quiet(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), ".")
    wheel = next(wheels.glob("*.whl"))
    quiet(*pip, "install", "--target", str(LIB), "--no-deps", str(wheel))
    import click
    import yaml

    shutil.copytree(Path(click.__file__).parent, LIB / "click")
    shutil.copytree(Path(yaml.__file__).parent, LIB / "yaml")
    native = Path(yaml.__file__).parent.parent / "_yaml"
    if native.is_dir():
        shutil.copytree(native, LIB / "_yaml")
    start(PROGRAM, ENTRY)
    return as_image(interpreter())


def function_here() -> list[str]:
    """The same in this checkout's own interpreter."""
    return as_image(sys.executable)


def as_image(python: str, script: str = PROGRAM, name: str = "run.py") -> list[str]:
    """The image's entry point with its file of modules, for an interpreter; `script` is what it runs in the end."""
    home = CACHE / "image" / ".".join(map(str, version_of(python)))
    home.mkdir(parents=True, exist_ok=True)
    command = bare(python, home / "bytecode")
    quiet(*command, "image/bytecode.py", str(LIB), str(home / "modules"))
    finder = (ROOT / "image" / "run.py").read_text().partition("\nfrom cilium_policies")[0]
    entry = finder.replace("/app/lib", str(LIB)).replace("/app/", f"{home}/")
    (home / name).write_text(f"{entry}\n{script}")
    return [*command, str(home / name)]


def command() -> list[str]:
    """The command as an installation has it: the same program in a process that imports `site`."""
    return [interpreter(), str(ENTRY)]


def keeping_ids() -> list[str]:
    """The same with kustomize's ids left in the answer."""
    script = (ROOT / "bench" / "keep_ids.py").read_text().partition("annotations\n")[2]
    return as_image(interpreter(), script, "keep_ids.py")


def start(script: str, place: Path, warm: Sequence[bytes] = WARM) -> list[str]:
    """An entry point of another program, or of this one in another way: with a file of bytecode for each module."""
    place.write_text(f"import sys\nsys.path.insert(0, {str(LIB)!r})\n{script}")
    *command, keeping = bare(interpreter(), COMPILED)
    for text in warm:  # an interpreter that may write bytecode imports what each path needs
        subprocess.run([*command, str(place)], input=text, capture_output=True, check=True)
    return [*command, keeping, str(place)]


def bare(python: str, bytecode: Path) -> list[str]:
    """An interpreter with the switches of the image, which reads bytecode in a folder, and writes none: the last."""
    return [python, "-I", "-S", "-X", "utf8", "-X", f"pycache_prefix={bytecode}", "-B"]


def go_peer() -> list[str]:
    """The function on kyaml; SystemExit where there is no Go."""
    binary = CACHE / "peer"
    quiet("go", "build", "-o", str(binary), ".", cwd=ROOT / "bench" / "peer", GOFLAGS="-buildvcs=false")
    return [str(binary)]


def pyyaml_peer() -> list[str]:
    """The function on PyYAML, in the same interpreter."""
    peer = str(ROOT / "bench" / "pyyaml_peer.py")
    script = f"import runpy\nrunpy.run_path({peer!r}, run_name='__main__')\n"
    return start(script, CACHE / "pyyaml_peer.py", warm=[EMPTY])


def executable(command: list[str], name: str) -> str:
    """A script that runs a command: kustomize's `exec.path` takes no arguments with blanks."""
    path = CACHE / name
    words = " ".join("'" + word.replace("'", "'\\''") + "'" for word in command)
    path.write_text(f"#!/bin/sh\nexec {words}\n")
    path.chmod(0o755)
    return str(path)


def cache() -> Path:
    """Where `make tools` puts what it builds."""
    return Path(os.environ.get("CILIUM_POLICIES_CACHE") or Path.home() / ".cache" / "cilium-policies")


def kustomize() -> str | None:
    """kustomize from PATH or from where `make tools` put it."""
    return shutil.which("kustomize") or shutil.which(str(cache() / "bin" / "kustomize"))
