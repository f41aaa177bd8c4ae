"""`lint`: faults of policies, the user's own included."""

from __future__ import annotations

from typing import Any

import click

from cilium_policies.cilium.validity import VERSIONS
from cilium_policies.cli import options
from cilium_policies.cli.streams import put
from cilium_policies.document.finding import line_of
from cilium_policies.generate.summary import plural
from cilium_policies.questions import lint as question

_VERSION = (
    "Holds them against this version; repeat it. Left out: spec.cluster.ciliumVersion, else the newest."
)


@click.command("lint", short_help="policies that are refused, match nothing, or open more than they say")
@options.reads_builds
@options.output()
@click.option("--cilium-version", "versions", multiple=True, type=click.Choice(VERSIONS), help=_VERSION)
@click.option("--planned", is_flag=True, help="Looks at the policies that the function would write, too.")
@click.option("--checks", is_flag=True, help="Lists the checks instead.")
def lint_command(form: str, versions: tuple[str, ...], planned: bool, checks: bool, **given: Any) -> int:
    """Finds faults in the policies of the input: what Cilium refuses, what matches nothing, what opens too much.

    \b
    cilium-policies lint clusters/home
    kustomize build . | cilium-policies lint --cilium-version 1.16 --cilium-version 1.20

    Exit code: 0 done, no fault; 1 something found, or input or config refused; 2 wrong command line.
    """
    if checks:
        options.show([question.reference()], form, "CheckList")
        return 0
    run = options.run_of(given)
    own = [*(one.policy for one in run.made.read.own), *run.made.read.glass]
    generated = run.made.policies.policies if planned else []
    rows = question.lint(run.sources, run.made.plan, [] if planned else own, generated, versions)
    if form == "text":
        put("".join(f"{line_of(row.finding())} [{row.check}]\n" for row in rows).encode())
    else:
        options.show([question.table(rows)], form, "FindingList", [run], question.values(rows))
    options.warn(run, given, f"lint: {plural(len(rows), 'fault') if rows else 'no fault'}")
    return 1 if rows else 0
