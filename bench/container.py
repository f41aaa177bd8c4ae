"""What the function costs in its image over a container that starts the same interpreter and does nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from bench.builds import ROOT, cache
from bench.measure import Failed, Run, interleaved, run

NAMES = subprocess.run(
    [sys.executable, ROOT / ".ci" / "public.py"], capture_output=True, text=True, check=True
)
IMAGE = "{0}:{2}".format(*NAMES.stdout.split())  # what `make image` builds
EMPTY = "python3 -I -S -c pass"
SWITCHES = ["--rm", "-i", "--network", "none", "--read-only", "--user", "65534:65534"]


def start_up(stdin: Path) -> dict[str, Run]:
    """Wall clock of the two (the CPU is the engine's, not the container's); empty where no container of it runs."""
    engine = shutil.which("podman") or shutil.which("docker")
    if engine is None:
        return {}
    if subprocess.run([engine, "image", "inspect", IMAGE], capture_output=True, check=False).returncode:
        return {}
    base = [engine, "run", *SWITCHES]
    commands = {
        EMPTY: [*base, "--entrypoint", "python3", IMAGE, "-I", "-S", "-c", "pass"],
        "cilium-policies": [*base, IMAGE],
    }
    conf = cache() / "containers.conf"  # the limits that `make tools` sets
    environment = {"CONTAINERS_CONF": str(conf), **os.environ} if conf.exists() else None
    calls = {name: partial(run, command, str(stdin), environment) for name, command in commands.items()}
    try:
        return interleaved(calls, 7)
    except Failed as failed:
        print(f"bench: containers left out: {failed}")
        return {}
