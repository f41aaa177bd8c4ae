"""`python -m bench [--sizes 100,1000] [--builds 100,1000] [--rounds N] [--page FILE]`: measure, print, write."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench import browser, builds, commands, container, kustomize, page, profile
from bench.measure import Ratio, Run, interleaved, paired, run

REPORTED = 8_000  # items, among them a thousand workloads
REPORT, TREE = "report of 1,000 workloads", "build of 150 Kustomizations"
ROUNDS = {100: 31, 1_000: 11, 10_000: 5, 50_000: 1}
BUILT, PAIRS = 1_000, 71  # items of the build that is held to `cat`'s pair by pair: the two are close
OURS, GO, PYYAML = "cilium-policies", "Go peer", "PyYAML peer"
HERE = "cilium-policies, this checkout's Python"
LARGEST_HERE = 10_000  # items
GO_GIB = {50_000: 11}  # what the Go peer needs; less available means a machine that swaps
MAKE = """
import sys
from bench import inputs
with open(sys.argv[3], "wb") as file:
    file.write(getattr(inputs, sys.argv[1])(int(sys.argv[2])))
"""


class Results(NamedTuple):
    """All measurements: by size, at start, in a container, of whole builds by size; shares of the time by package."""

    sizes: dict[int, dict[str, Run]]
    start: dict[str, Run]
    container: dict[str, Run]
    builds: dict[int, dict[str, Run]]
    of_cat: Ratio | None  # CPU of the build of `BUILT` items
    of_tool: Ratio | None  # seconds of the build of many Kustomizations
    packages: dict[str, float]
    commands: dict[str, dict[str, Run]]
    opens: float | None  # seconds that a browser takes for the large report


def main() -> None:
    """Build, measure, write."""
    options = arguments()
    builds.CACHE.mkdir(parents=True, exist_ok=True)
    ours, go, pyyaml = builds.function(), builds.go_peer(), builds.pyyaml_peer()
    sizes: dict[int, dict[str, Run]] = {}
    for size in options.sizes:
        source = made("resource_list", size)
        compared = {OURS: ours}
        if size <= LARGEST_HERE and builds.interpreter() != sys.executable:
            compared[HERE] = builds.function_here()
        if available_gib() >= GO_GIB.get(size, 0):
            compared[GO] = go
        if size <= options.pyyaml:
            compared[PYYAML] = pyyaml
        calls = {name: partial(run, command, str(source)) for name, command in compared.items()}
        sizes[size] = interleaved(calls, options.rounds or ROUNDS.get(size, 3))
        show(f"{size} items", sizes[size])
    start = start_up(ours)
    show("start-up", start)
    inside = container.start_up(builds.CACHE / "empty.yaml")
    show("in a container", inside)
    functions = {"cat": ["cat"], GO: go, PYYAML: pyyaml, OURS: ours}
    whole, of_cat = whole_builds(options.builds, options.rounds, functions)
    packages = profile.packages(made("resource_list", 10_000))
    large = made("stream", REPORTED)
    asked_at = {REPORT: commands.report(large, options.rounds)}
    opens = browser.report(large, options.rounds) if browser.CHROMIUM else None
    of_tool = None
    if binary := builds.kustomize():
        asked_at[TREE], of_tool = commands.build(binary, options.rounds)
        print(f"{TREE}, seconds of the tool's, pair by pair: {page.shown(of_tool)}", flush=True)
    for title, runs in asked_at.items():
        show(title, runs)
    options.page.write_text(
        text(Results(sizes, start, inside, whole, of_cat, of_tool, packages, asked_at, opens))
    )
    print(f"bench: wrote {options.page}")


def arguments() -> argparse.Namespace:
    """The command line."""
    numbers = lambda text: [int(word) for word in text.split(",") if word]  # noqa: E731
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--sizes", type=numbers, default=[100, 1_000, 10_000, 50_000])
    parser.add_argument(
        "--builds", type=numbers, default=[100, 1_000], help="items of whole kustomize builds"
    )
    parser.add_argument("--pyyaml", type=int, default=1_000, help="largest size for the PyYAML peer")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--page", type=Path, default=builds.ROOT / "docs" / "performance.md")
    return parser.parse_args()


def made(kind: str, size: int) -> Path:
    """An input file; another process makes it, so that this one stays small (its memory would count as a child's)."""
    path = builds.CACHE / f"{kind}-{size}.yaml"
    subprocess.run([sys.executable, "-c", MAKE, kind, str(size), str(path)], cwd=builds.ROOT, check=True)
    return path


def start_up(ours: list[str]) -> dict[str, Run]:
    """The interpreter, the interpreter with PyYAML, this function on an empty list."""
    empty = builds.CACHE / "empty.yaml"
    empty.write_bytes(builds.EMPTY)
    python = builds.bare(builds.interpreter(), builds.COMPILED)
    yaml = f"import sys; sys.path.insert(0, {str(builds.LIB)!r}); import yaml"
    commands = {"python": [*python, "-c", "pass"], "import yaml": [*python, "-c", yaml], OURS: ours}
    return interleaved({name: partial(run, command, str(empty)) for name, command in commands.items()}, 21)


def whole_builds(
    sizes: list[int], rounds: int, commands: dict[str, list[str]]
) -> tuple[dict[int, dict[str, Run]], Ratio | None]:
    """`kustomize build` by size, and what it is of `cat`'s at `BUILT`; empty without kustomize."""
    binary = builds.kustomize()
    if binary is None:
        print("bench: no kustomize (make tools): whole builds left out")
        return {}, None
    functions = {"no function": ""}
    for number, (name, command) in enumerate(commands.items()):
        functions[name] = builds.executable(command, f"function-{number}")
    functions[f"{OURS}, ids kept"] = builds.executable(builds.keeping_ids(), "function-ids")
    found, of_cat = dict[int, dict[str, Run]](), None
    for size in sizes:
        calls = kustomize.candidates(binary, functions, made("stream", size))
        found[size] = interleaved(calls, rounds or (5 if size < 1_000 else 7))
        show(f"kustomize build, {size} items", found[size])
        if size == BUILT:
            of_cat = paired(calls[OURS], calls["cat"], rounds or PAIRS)
            print(f"  CPU of cat's, pair by pair: {page.shown(of_cat)}", flush=True)
    return found, of_cat


def text(found: Results) -> str:
    """The page."""
    largest = max(found.sizes)
    bytes_each = made("resource_list", largest).stat().st_size / largest
    python = ".".join(map(str, builds.version_of(builds.interpreter())))
    other = (
        "" if builds.interpreter() == sys.executable else f" (this checkout's: {platform.python_version()})"
    )
    interpreter = f"Python {python}{other}, {version('go', 'version')}"
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    parts = [
        page.HEAD.format(size=bytes_each / 1000, interpreter=interpreter, machine=machine),
        page.targets(asked(found, bytes_each)),
        *([page.table("Whole `kustomize build`", by_size(found.builds), "cat")] if found.builds else []),
        page.NOTES,
        page.table("Commands", found.commands, commands.TOOL),
        page.table("The function alone", by_size(found.sizes), GO),
        page.table("Start-up with an empty list", {"": found.start}, "import yaml"),
    ]
    if found.container:
        parts.append(page.table("In a container, an empty list", {"": found.container}, container.EMPTY))
    parts.append(page.shares("Where the time goes at 10,000 items (cProfile, by package)", found.packages))
    return "\n".join(parts)


def by_size(groups: dict[int, dict[str, Run]]) -> dict[str, dict[str, Run]]:
    """Groups with sizes for people."""
    return {f"{size:,} items": runs for size, runs in groups.items()}


def asked(found: Results, bytes_each: float) -> list[tuple[str, float, float | Ratio]]:
    """The targets that these measurements answer."""
    rows = list[tuple[str, float, float | Ratio]]()
    for size, cpu, peak in ((100, 1, None), (1_000, 1 / 3, 1 / 3), (10_000, 1 / 5, 1 / 10)):
        if GO in found.sizes.get(size, {}):
            mine, theirs = found.sizes[size][OURS], found.sizes[size][GO]
            rows.append((f"{size:,} items: CPU of the Go peer's", cpu, mine.cpu / theirs.cpu))
            if peak is not None:
                rows.append((f"{size:,} items: peak of the Go peer's", peak, mine.peak / theirs.peak))
    rows += [
        (f"{size:,} items: peak in sizes of the input", 4, runs[OURS].peak * 2**20 / bytes_each / size)
        for size, runs in found.sizes.items()
        if size >= 10_000
    ]
    if {10_000, 50_000} <= set(found.sizes):
        growth = found.sizes[50_000][OURS].cpu / found.sizes[10_000][OURS].cpu
        rows.append(("CPU of 50,000 items in CPU of 10,000 (linear is 5)", 5.5, growth))
    rows.append(
        ("start-up: CPU of `import yaml`", 1.5, found.start[OURS].cpu / found.start["import yaml"].cpu)
    )
    if found.container:
        over = found.container[OURS].wall - found.container[container.EMPTY].wall
        rows.append(("container: seconds over an empty one", 0.1, over))
    if found.of_cat:
        runs = found.builds[BUILT]
        kept = runs[f"{OURS}, ids kept"]
        rows.append((f"build of {BUILT:,} items: CPU of `cat`'s", 1, found.of_cat))
        rows.append((f"build of {BUILT:,} items: CPU with ids kept", 0.85, runs[OURS].cpu / kept.cpu))
    if REPORT in found.commands:
        (runs,) = found.commands[REPORT].values()
        rows.append((f"{REPORT}: seconds", 1.5, runs.wall))
    if found.opens is not None:
        rows.append((f"{REPORT}: seconds to load in Chromium", 1, found.opens))
    if found.of_tool:
        rows.append((f"{TREE}: seconds of the tool's", 1.1, found.of_tool))
    return rows


def show(title: str, results: dict[str, Run]) -> None:
    """One group as it comes in."""
    print(title, flush=True)
    for name, found in results.items():
        print(
            f"  {name:28} wall {found.wall:8.3f} s  CPU {found.cpu:8.3f} s  peak {found.peak:7.0f} MiB",
            flush=True,
        )


def version(*command: str) -> str:
    """What a tool calls itself."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def available_gib() -> float:
    """Memory that a process may have, in GiB; plenty where that is not known."""
    try:
        with open("/proc/meminfo") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("MemAvailable")) / 2**20
    except (OSError, StopIteration):
        return 1e6


if __name__ == "__main__":
    main()
