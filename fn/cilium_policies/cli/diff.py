"""`diff`: the connections that a change newly allows or denies."""

from __future__ import annotations

from typing import Any

import click

from cilium_policies.checks.situation import Situation
from cilium_policies.cli import options
from cilium_policies.cli.situations import chooses_policies, situation
from cilium_policies.cli.streams import put, say
from cilium_policies.questions import diff as question
from cilium_policies.questions.foreign import pairs
from cilium_policies.show.table import rendered

_PATH = click.Path(exists=True, allow_dash=True)


@click.command("diff", short_help="connections that a change newly allows or denies")
@click.argument("before", type=_PATH)
@click.argument("after", type=_PATH)
@options.config_options
@options.output()
@chooses_policies
@click.option(
    "--fail-on",
    type=click.Choice(question.FAIL_ON),
    multiple=True,
    help="Exit 1 when such a change is found.",
)
def diff_command(
    before: str, after: str, form: str, which: str | None, fail_on: tuple[str, ...], **given: Any
) -> int:
    """Compares two builds, files or folders, connection by connection, with their policies enforced.

    \b
    cilium-policies diff before.yaml after.yaml
    cilium-policies diff -o md --fail-on new-allow-from-world main/ pull-request/

    Exit code: 0 done; 1 --fail-on found something, or input or config refused; 2 wrong command line.
    """
    wanted = options.options_of(given)
    sides: list[Situation] = []
    runs: list[options.Run] = []
    for name in (before, after):
        run = options.run_on(options.read([name]), wanted, allow_empty=given["allow_empty"])
        options.warn(run, given, f"diff: {name}")
        runs.append(run)
        sides.append(situation(run, which, enforced=True))
    found = question.diff(sides[0], sides[1], pairs(runs[1].made.plan))
    if form == "md":
        put(rendered([question.table(found, "Network connections that change")], form).encode())
    else:
        options.show(
            [question.table(found)],
            form,
            "ChangeList",
            runs,
            question.values_of(found),
            added=found.added,
            removed=found.removed,
        )
    say(
        f"cilium-policies: {name} is {what}"
        for what, names in (("new", found.added), ("gone", found.removed))
        for name in names
    )
    failed = question.fails(found, fail_on)
    if failed:
        say([f"cilium-policies: --fail-on {', '.join(fail_on)}: {len(failed)} changes"])
    return 1 if failed else 0
