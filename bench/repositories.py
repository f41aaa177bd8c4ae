"""`python -m bench.repositories DIR[@CLUSTER] …`: real repositories, from nothing to a report; a Markdown table.

The tool's own time is that of the processes that `build` starts (kustomize, helm); the rest is this program's.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

# Runs the program in this process, so that its own CPU and that of what it starts are told apart.
RUN = """
import os, resource, sys
from cilium_policies.cli import program

def end(code, leave=os._exit):
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        os.write(2, f"cpu {used.ru_utime + used.ru_stime}\\n".encode())
    leave(code)

os._exit = end
try:
    program()
except SystemExit as ended:
    end(ended.code or 0)
end(0)
"""
HEAD = (
    "| repository | built | documents | build s | CPU of the tools | own CPU | own / tools | report s | policies |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---:|\n"
)


class Answer(NamedTuple):
    """What a command printed and said, its wall time, and CPU seconds: its own, and of what it started."""

    printed: bytes
    said: str
    wall: float
    own: float
    tools: float


def ran(*words: str, stdin: bytes = b"") -> Answer:
    """Runs `cilium-policies WORDS`."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", RUN, *words], input=stdin, capture_output=True, check=False)
    wall = time.perf_counter() - start
    said = done.stderr.decode(errors="replace")
    own, tools = (float(one) for one in re.findall(r"(?m)^cpu ([\d.e-]+)$", said))
    return Answer(done.stdout, said, wall, own, tools)


def row(name: str) -> str:
    """A repository's line of the table."""
    folder, _, cluster = name.partition("@")
    built = ran("build", "--partial", *(["--cluster", cluster] if cluster else []), folder)
    told = re.findall(r"built (\d+ \w+): (\d+) documents(?:, (\d+) not built)?", built.said)
    if not told:
        return f"| {Path(folder).name} | {built.said.splitlines()[0]} | | | | | | | |\n"
    what, documents, failed = told[0]
    report = ran("report", stdin=built.printed)
    policies = re.findall(r"(\d+) polic\w+ planned", report.said)
    units = f"{what}, {failed} not built" if failed else what
    times = (
        f"{built.wall:.1f} | {built.tools:.1f} | {built.own:.1f} | {built.own / max(built.tools, 1e-9):.0%}"
    )
    return (
        f"| {Path(folder).name}{f' ({cluster})' if cluster else ''} | {units} | {documents} | {times} |"
        f" {report.wall:.1f} | {policies[0] if policies else '–'} |\n"
    )


if __name__ == "__main__":
    sys.stdout.write(HEAD)
    for each in sys.argv[1:]:
        sys.stdout.write(row(each))
        sys.stdout.flush()
