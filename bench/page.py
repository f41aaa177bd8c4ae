"""`docs/performance.md` out of the measurements."""

from __future__ import annotations

from collections.abc import Mapping

from bench.measure import Ratio, Run

HEAD = """\
# Performance

Made by `make bench`; do not edit. Ratios within one run are the claim, seconds depend on the machine.
Every candidate reads a ResourceList as kustomize hands it to a function: a realistic mix of objects, {size:.1f} kB
an item, all names different. The function does its full work: inventory, catalogue, derived policies, results. The
peers do no more than append one policy per namespace: one in Go on kyaml, one on PyYAML's C loader and dumper.
Medians of interleaved runs; CPU is user and system time; {interpreter}; {machine}.
"""
NOTES = """\
Where the time goes: two thirds of a build of 100 items are start-up, and most of that is importing this program's own
two hundred modules (their regular expressions and value types among it); `typing`, `signal` and PyYAML are not imported
at all (`lean.py` says how), nor what the config and few clusters need, and a pattern is compiled where a sign of what
it finds stands in a text. `tests/cli/test_startup.py` counts both. The image has all modules in one file, without which
100 items would take an eighth longer. Per item, reading YAML is a fifth, deriving from
configuration a quarter, making and writing policies a fifth; the rest is spread over all packages (last table). The Go
peer's CPU varies with its collector.
`report` has a second process cut a large file into its items while it imports what it needs, one parse two thirds
of the bodies that pods are found by and then those of routes, monitors and roles, one read two thirds of the pods'
configuration; the last makes half of the policies, says where needs are written, and draws most pictures. What stands
alone on one processor is the finding of the pods, what follows their configuration, and what the policies let pass: a
third of the time. `build` is the tool's time, and what passes before the first tool is at work and after the last:
importing, and reading the repository. The tool alone makes the same objects, of a tree whose own kustomizations say the
namespaces that Flux's say here; its seconds, too, are compared in neighbouring pairs.
The interpreter is the system's, as users get it: Debian builds it, and Docker's official image its own, with
profile-guided optimisation. What a developer compiles (pyenv's default) mostly is not, and needs a seventh more: where
this checkout has another interpreter, the function alone is measured with both.
Twice the objects take twice the time, whatever their kind, in one namespace and under one set of labels, where twice
as many flows are needed: `tests/hostile/test_multiplied.py` counts the work. Flows grow by the square where each of
many needs each of many others: several Prometheuses whose selectors take every monitor, restores of one database's
clusters, clients of one Service before many workloads, parts of one program that call each other. Rules then grow by
the square as well, unless the others have one set of labels, and the time with the flows, no faster. Pods of one
instance that all call each other over an edge of the catalogue are looked at once.
Whole builds spend their time in kustomize itself, which finds an object by comparing all with all (`CurId`: a third of
`cat`'s CPU, near half of this function's): 187 policies besides 1,000 objects are 31 % more comparisons, whatever
stands in them. What stands in them is 4.7 % of kustomize's instructions, results are 0.1 %; in flow style or as JSON
neither costs less, name and namespace stand first, where they are looked for, and policies come last, where they are
compared the fewest times. The two ids that are left out save more than all that; kustomize's third,
`kustomize.config.k8s.io/id`, which passes through as all else does, is another 0.9 %, and its numbers 0.1 %. Counted in
instructions, without the collector, the build is 0.93 of `cat`'s, and 3.8 % of that are the function's own. But
comparing waits for memory, and copying comments, which the ids are for, does so less: what else is in the processor's
caches moves the ratio of the CPU, from 0.955 to 1.03 between runs of this page; beside a load of twenty to thirty
programs it was 1.07 (1.003 to 1.12, 50 pairs). So that row is measured in neighbouring pairs, and it says between what
the median lies (95 %). To do clearly better, kustomize would have to look ids up instead of comparing all with all
(`UpdateResMapValues`), or there would have to be fewer policies: of these 187, three stand in each of 13 namespaces
(default-deny, DNS, API server), the others are a workload's each.
"""
TARGETS = """\
## Targets

| what | target | here | |
|---|---|---|---|
"""


def table(title: str, results: Mapping[str, Mapping[str, Run]], base: str) -> str:
    """One section: rows by group, each candidate's numbers and its share of the base's."""
    lines = [f"## {title}", "", f"| | | wall s | CPU s | peak MiB | CPU of {base} | peak of {base} |"]
    lines.append("|---|---|---:|---:|---:|---:|---:|")
    for group, candidates in results.items():
        reference = candidates.get(base)
        for name, found in candidates.items():
            cpu = f"{found.cpu / reference.cpu:.2f}" if reference else ""
            peak = f"{found.peak / reference.peak:.2f}" if reference else ""
            lines.append(
                f"| {group} | {name} | {found.wall:.3f} | {found.cpu:.3f} | {found.peak:.0f} | {cpu} | {peak} |"
            )
    return "\n".join(lines) + "\n"


def targets(rows: list[tuple[str, float, float | Ratio]]) -> str:
    """What was asked for: (what, target, measured), each at most its target."""
    lines = [
        f"| {what} | at most {target:.3g} | {shown(got)} | {verdict(got, target)} |"
        for what, target, got in rows
    ]
    return TARGETS + "\n".join(lines) + "\n"


def shown(got: float | Ratio) -> str:
    """A number, with what it lies between where that is known."""
    if isinstance(got, Ratio):
        return f"{got.median:.3g} ({got.low:.3g} to {got.high:.3g})"
    return f"{got:.3g}"


def verdict(got: float | Ratio, target: float) -> str:
    """Met is what is below the target wherever it lies, and missed what is above it."""
    low, high = (got.low, got.high) if isinstance(got, Ratio) else (got, got)
    if high <= target:
        return "met"
    return "**missed**" if low > target else "**neither met nor missed for certain**"


def shares(title: str, packages: Mapping[str, float]) -> str:
    """A profile as a table."""
    lines = [f"## {title}", "", "| package | share |", "|---|---:|"]
    lines += [f"| {name} | {share:.0%} |" for name, share in packages.items() if share >= 0.01]
    return "\n".join(lines) + "\n"
