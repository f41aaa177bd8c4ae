"""`diff`: the connections that a change newly allows or denies."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cilium_policies.checks.rows import Row
from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.cli import options
from cilium_policies.cli.envelope import envelope
from cilium_policies.cli.snapshots import chooses_policies, snapshot
from cilium_policies.cli.streams import put, say
from cilium_policies.document.split import split
from cilium_policies.generate.reconcile import documents
from cilium_policies.generate.summary import plural
from cilium_policies.kube.objects import Object
from cilium_policies.kube.reading import objects
from cilium_policies.lean import Any
from cilium_policies.questions import diff as question
from cilium_policies.questions import lint, needed
from cilium_policies.questions.foreign import pairs
from cilium_policies.questions.softened import denied_unknown, softened, unexplained

_PATH = click.Path(exists=True, allow_dash=True)


@click.command("diff", short_help="connections that a change newly allows or denies")
@click.argument("before", type=_PATH)
@click.argument("after", type=_PATH)
@options.config_options
@options.output()
@chooses_policies
@click.option(
    "--fail-on",
    type=click.Choice((*question.FAIL_ON, "need-cut", "new-fault")),
    multiple=True,
    help="Exit 1 when such a change is found.",
)
def diff_command(
    before: str, after: str, form: str, which: str | None, fail_on: tuple[str, ...], **given: Any
) -> int:
    """Compares two builds, files or folders, connection by connection, with their policies enforced.

    Below them: needs that the manifests gain and lose, those that the policies cut now (a chart that renames a label),
    and what lint finds that it did not find before. On stderr, too: which policies go back to audit, directions of
    which nothing is known any more, and those that policies of another version deny and this one knows nothing of.

    \b
    cilium-policies diff before.yaml after.yaml
    cilium-policies diff -o md --fail-on new-allow-from-world main/ pull-request/

    Exit code: 0 done; 1 --fail-on found something, or input or config refused; 2 wrong command line.
    """
    wanted = options.options_of(given)
    sides: list[Snapshot] = []
    runs: list[options.Run] = []
    for name in (before, after):
        run = options.run_on(options.read([name]), wanted, allow_empty=given["allow_empty"])
        options.warn(run, given, f"diff: {name}")
        runs.append(run)
        sides.append(snapshot(run, which, enforced=True))
    found = question.diff(sides[0], sides[1], pairs(runs[1].made.plan))
    plans = [run.made.plan for run in runs]
    needs = needed.needed((plans[0], sides[0]), (plans[1], sides[1]))
    violations = needed.new_violations(*(_violations(run, which) for run in runs))
    tables = [question.table(found, "Network connections that change" if form == "md" else "")]
    tables += [needed.table(needs)] if needs else []
    tables += [lint.table(violations)._replace(title="New findings of lint")] if violations else []
    if form == "json":
        sections = {"needs": needed.values(needs), "findings": lint.values(violations)}
        told = {"added": found.added, "removed": found.removed}
        put(envelope("ChangeList", question.values_of(found), runs, sections, **told).encode())
    else:
        options.show(tables, form)
    say(
        f"cilium-policies: {name} is {what}"
        for what, names in (("new", found.added), ("gone", found.removed))
        for name in names
    )
    old, new = ([one.policy for one in run.made.read.own] for run in runs)
    say(f"cilium-policies: {line}" for line in softened(old, new))
    say(f"cilium-policies: newly unknown: {line}" for line in unexplained(*plans))
    say(_of_another_version(runs, old))
    failed = len(question.fails(found, fail_on))
    failed += sum(row.change == needed.CUT for row in needs) if "need-cut" in fail_on else 0
    failed += len(violations) if "new-fault" in fail_on else 0
    if failed:
        say([f"cilium-policies: --fail-on {', '.join(fail_on)}: {plural(failed, 'change')}"])
    return 1 if failed else 0


def _of_another_version(runs: list[options.Run], old: list[Object]) -> Iterator[str]:
    """What this version does not know and the policies before deny, where another one wrote them."""
    if not old:
        return
    anew = [one.policy for one in objects([split(documents(runs[0].made.policies.policies), "")]).own]
    found = denied_unknown(old, anew, runs[1].made.plan)
    if found:
        yield (
            f"cilium-policies: another version wrote the policies before; this one knows nothing of"
            f" {plural(len(found), 'direction')} that they deny:"
        )
        yield from (f"  {line}" for line in found)


def _violations(run: options.Run, which: str | None) -> list[Row]:
    """What lint finds in the policies that are compared."""
    own = [one.policy for one in run.made.read.own]
    written = which == "written" or (which is None and bool(own))
    generated = [] if written else run.made.policies.policies
    return lint.lint(run.sources, run.made.plan, own if written else [], generated)
