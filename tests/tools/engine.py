"""The container engine of the tests: a docker whose daemon answers, else podman under docker's name."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.tools.places import CACHE

SHIM = CACHE / "shim"  # holds a `docker` that is podman


class Engine(NamedTuple):
    """command: what starts it. podman: it is podman, by whatever name. shim: kustomize needs SHIM to find it."""

    command: str
    podman: bool
    shim: bool

    @property
    def runtime(self) -> str:
        """What kpt calls it: kpt asks docker for a version that podman does not have."""
        return "podman" if self.podman else "docker"


@cache
def engine(path: str) -> Engine | None:
    """The engine that PATH leads to; None where none answers."""
    docker, podman = shutil.which("docker", path=path), shutil.which("podman", path=path)
    if docker and answer(docker, "version", "--format", "{{.Server.Version}}"):
        return Engine(docker, "podman" in answer(docker, "--version").lower(), shim=False)
    if podman and answer(podman, "info"):
        return Engine(podman, podman=True, shim=True)
    return None


def make_shim(podman: str) -> None:
    """Writes SHIM/docker."""
    SHIM.mkdir(parents=True, exist_ok=True)
    script = f'#!/bin/sh\nexec {shlex.quote(podman)} "$@"\n'
    target = SHIM / "docker"
    if not target.exists() or target.read_text() != script:
        draft = SHIM / ".docker"
        draft.write_text(script)
        draft.chmod(0o755)
        draft.replace(target)


def answer(command: str, *arguments: str) -> str:
    """What a tool prints when asked; "" where it fails or hangs: its name in PATH alone says nothing."""
    try:
        done = subprocess.run(
            [command, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout.strip() or "ok") if done.returncode == 0 else ""


def without(path: str, command: str, folder: Path) -> str:
    """PATH without this command: a folder that holds it is stood in for by links to all else that it holds."""
    kept = []
    for number, part in enumerate(path.split(":")):
        if not part or not os.path.lexists(Path(part) / command):
            kept.append(part)
            continue
        stand_in = folder / str(number)
        stand_in.mkdir(parents=True)
        for each in Path(part).iterdir():
            if each.name != command:
                (stand_in / each.name).symlink_to(each)
        kept.append(str(stand_in))
    return ":".join(kept)
