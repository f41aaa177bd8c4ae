"""What is compared, built into `.cache/bench`: this program as its image runs it, and its peers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench import inputs

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "bench"
LIB = CACHE / "lib"
ENTRY = CACHE / "run.py"
EMPTY = b"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n"
WARM = (EMPTY, inputs.resource_list(40), b"import: {yaml: [too]}\n")


def quiet(*command: str, cwd: Path = ROOT, **environment: str) -> None:
    """Run a build step; its output only when it fails."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")


def function() -> list[str]:
    """This program from a wheel, compiled, started with the switches of the Dockerfile's entry point."""
    shutil.rmtree(LIB, ignore_errors=True)
    wheels = CACHE / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check")
    quiet(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), ".")
    wheel = next(wheels.glob("*.whl"))
    quiet(*pip, "install", "--target", str(LIB), "--no-deps", str(wheel))
    import yaml

    shutil.copytree(Path(yaml.__file__).parent, LIB / "yaml")
    native = Path(yaml.__file__).parent.parent / "_yaml"
    if native.is_dir():
        shutil.copytree(native, LIB / "_yaml")
    return start(
        "from cilium_policies.cli import program\nprogram()\n",
        ENTRY,
    )


def keeping_ids() -> list[str]:
    """The same with kustomize's ids left in the answer."""
    script = (ROOT / "bench" / "keep_ids.py").read_text().partition("annotations\n")[2]
    return start(script, CACHE / "keep_ids.py")


def start(script: str, place: Path) -> list[str]:
    """An entry point with everything that it imports compiled, as the image has it."""
    place.write_text(f"import sys\nsys.path.insert(0, {str(LIB)!r})\n{script}")
    switches = ["-I", "-S", "-X", "utf8", "-X", f"pycache_prefix={CACHE / 'bytecode'}"]
    for text in WARM:  # an interpreter that may write bytecode imports what each path needs
        subprocess.run([sys.executable, *switches, str(place)], input=text, capture_output=True, check=True)
    return [sys.executable, *switches, "-B", str(place)]


def go_peer() -> list[str]:
    """The function on kyaml; SystemExit where there is no Go."""
    binary = CACHE / "peer"
    quiet("go", "build", "-o", str(binary), ".", cwd=ROOT / "bench" / "peer", GOFLAGS="-buildvcs=false")
    return [str(binary)]


def pyyaml_peer() -> list[str]:
    """The function on PyYAML, in this interpreter."""
    return [sys.executable, str(ROOT / "bench" / "pyyaml_peer.py")]


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
