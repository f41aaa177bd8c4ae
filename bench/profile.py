"""Where the function's time goes, by package."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from bench.builds import LIB, start

SCRIPT = """
import cProfile, gc, json, pstats
from cilium_policies.cli import run
gc.disable()  # as `main` has it
profile = cProfile.Profile()
profile.enable()
run([])
profile.disable()
packages = {}
for (file, _, name), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():
    if "cilium_policies" in file:
        package = file.split("cilium_policies/")[1].split("/")[0].removesuffix(".py")
    elif file == "~" and callers:
        continue
    else:
        package = "the standard library"
    packages[package] = packages.get(package, 0) + own
for (file, _, name), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():
    if file == "~":  # a built-in function counts for its callers
        total = sum(part[2] for part in callers.values()) or 1
        for (caller, _, _), part in callers.items():
            package = "the standard library"
            if "cilium_policies" in caller:
                package = caller.split("cilium_policies/")[1].split("/")[0].removesuffix(".py")
            packages[package] = packages.get(package, 0) + own * part[2] / total
with open(PLACE, "w") as file:
    json.dump(packages, file)
"""


def packages(stdin: Path) -> dict[str, float]:
    """Share of the run (imports of the first modules aside) by package, the largest first."""
    place = LIB.parent / "profile.json"
    command = start(f"PLACE = {str(place)!r}\n{SCRIPT}", LIB.parent / "profile.py")
    with open(stdin, "rb") as source:
        subprocess.run(
            command, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
        )
    found: dict[str, float] = json.loads(place.read_text())
    whole = sum(found.values())
    return {name: own / whole for name, own in sorted(found.items(), key=lambda pair: -pair[1])}
