"""`docs/performance.md` out of the measurements."""

from __future__ import annotations

from collections.abc import Mapping

from bench.measure import Run

HEAD = """\
# Performance

Made by `make bench`; do not edit. Ratios within one run are the claim, seconds depend on the machine.
Every candidate reads a ResourceList as kustomize hands it to a function: a realistic mix of objects, {size:.1f} kB
an item, all names different. The function does its full work: inventory, catalogue, derived policies, results. The
peers do no more than append one policy per namespace: one in Go on kyaml, one on PyYAML's C loader and dumper.
Medians of interleaved runs; CPU is user and system time; {interpreter}; {machine}.
"""
SHORT = """\
Where a target is missed: of a small build's time most is start-up. The interpreter takes 10 ms, `re` and `typing`
10 ms, this program's own modules 22 ms (a third of that for value types and regular expressions), reading the
catalogue's index 3 ms; nothing of PyYAML is imported unless the input holds what `document/plain.py` leaves to it.
What is left per item is spread over all packages (last table): the next step would be to compile `document`, `generate`
and `cilium` with mypyc, which takes the same annotated source. Whole builds spend their time in kustomize itself, which
is quadratic in the number of objects: policies added to the build cost it more than the function does.
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


def targets(rows: list[tuple[str, float, float]]) -> str:
    """What was asked for: (what, target, measured), each at most its target."""
    lines = [
        f"| {what} | at most {target:.3g} | {got:.3g} | {'met' if got <= target else '**missed**'} |"
        for what, target, got in rows
    ]
    return TARGETS + "\n".join(lines) + "\n"


def shares(title: str, packages: Mapping[str, float]) -> str:
    """A profile as a table."""
    lines = [f"## {title}", "", "| package | share |", "|---|---:|"]
    lines += [f"| {name} | {share:.0%} |" for name, share in packages.items() if share >= 0.01]
    return "\n".join(lines) + "\n"
