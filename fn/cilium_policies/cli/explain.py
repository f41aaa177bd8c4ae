"""`explain`: whether one connection passes, and which rule decides."""

from __future__ import annotations

import sys

import click

from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.cli import options
from cilium_policies.cli.colour import verdicts
from cilium_policies.cli.snapshots import chooses_policies, snapshot
from cilium_policies.cli.streams import put, put_text, say
from cilium_policies.document.finding import RefusedError, line_of, refused
from cilium_policies.generate.summary import plural
from cilium_policies.lean import Any
from cilium_policies.questions import explain as question
from cilium_policies.questions.drops import Drop, Drops, drops, lines


@click.command("explain", short_help="whether one connection passes, and which rule decides")
@options.reads_builds
@options.output()
@chooses_policies
@click.option(
    "--from",
    "source",
    metavar="END",
    help="NS/WORKLOAD, a pod as kubectl prints it, world, host, an address …",
)
@click.option("--to", "target", metavar="END", help="The same; or NS/SERVICE, or a cluster DNS name.")
@click.option("--port", metavar="PORT", help="8080, 53/UDP, or the name of a port of its target.")
def explain_command(
    form: str, which: str | None, source: str | None, target: str | None, port: str | None, **given: Any
) -> int:
    """Says for each direction whether the connection passes, which rule decides and why, and what would change it.

    With `-` in place of the three it reads Hubble's drops from stdin and explains each of them; without manifests it
    says what Hubble knows, and the entry that would allow the drop. `-n` completes names without a namespace.

    \b
    cilium-policies explain --from media/radarr --to world --port 443 rendered/
    cilium-policies explain -n shop --from web-7d4b9c6f5-x2x4z --to api.shop.svc.cluster.local --port http rendered/
    hubble observe -o json --verdict DROPPED | cilium-policies explain - rendered/

    Exit code: 0 done, whatever the answer; 1 input, config or a name refused, or no object; 2 wrong command line.
    """
    if not (source or target or port) and "-" in given["files"]:
        return _explain_drops(form, which, given)
    if not (source and target and port):
        raise click.UsageError(
            "give --from, --to and --port, or pipe Hubble's drops into `explain - rendered/`"
        )
    asker = _Asker(options.run_of(given), which, given)
    answers = asker.answers(Drop(source, target, port))
    if form == "text":
        put(
            "".join(
                f"{verdicts(line, sys.stdout)}\n" for one in answers for line in question.lines(one)
            ).encode()
        )
    else:
        asker.show(answers, form)
    asker.warn()
    return 0


class _Asker:
    def __init__(self, run: options.Run, which: str | None, given: dict[str, Any]) -> None:
        self._run = run
        self._given = given
        self._now: Snapshot = snapshot(run, which, enforced=False)
        self._enforced: Snapshot = snapshot(run, which, enforced=True, glass=False)
        self._namespace = next((one[1] for one in given["namespace"]), "")

    def answers(self, one: Drop) -> list[question.Answer]:
        needs = self._run.made.plan.edges
        return question.explain(self._now, self._enforced, *one, namespace=self._namespace, needs=needs)

    def show(self, answers: list[question.Answer], form: str) -> None:
        items = [question.value(one) for one in answers]
        options.show([question.table(answers)], form, "VerdictList", [self._run], items)

    def warn(self) -> None:
        options.warn(self._run, self._given, "explain")


def _explain_drops(form: str, which: str | None, given: dict[str, Any]) -> int:
    files = [name for name in given["files"] if name != "-"]
    if not files and form != "text":
        raise click.UsageError(
            f"stdin holds the drops, and -o {form} needs the manifests: name a FILE or DIR"
        )
    if sys.stdin.isatty():
        raise click.UsageError("no drops: pipe in hubble observe -o json --verdict DROPPED")
    found = drops(sys.stdin.buffer)
    _refuse_nothing(found)
    if not files:
        return _tell_drops(found)
    asker = _Asker(options.run_of({**given, "files": files}), which, given)
    every: list[question.Answer] = []
    for one, count in found.drops:
        try:
            answers = asker.answers(one)
        except RefusedError as unknown:
            say([f"cilium-policies: {one.source} => {one.target} {one.port}: {line_of(unknown.finding)}"])
            continue
        every += answers
        if form == "text":
            head = f"# dropped {plural(count, 'time')}\n"
            put_text(head + "".join(f"{line}\n" for each in answers for line in question.lines(each)))
    if form != "text":
        asker.show(every, form)
    if found.odd:
        say([f"cilium-policies: lines that are not from Hubble: {found.odd}"])
    asker.warn()
    return 0


def _tell_drops(found: Drops) -> int:
    """Without manifests: what Hubble itself says of the drops."""
    for one, count in found.drops:
        text = [f"# dropped {plural(count, 'time')}", *lines(one, found)]
        put_text("".join(f"{line}\n" for line in text))
    what = "the rule that decides, and why: name the manifests as well, explain - rendered/"
    say([f"cilium-policies: explain: {plural(len(found.drops), 'drop')} from Hubble alone; {what}"])
    return 0


def _refuse_nothing(found: Drops) -> None:
    if not found.drops:
        what = f"no drop among {plural(found.odd + found.others, 'line')}"
        raise refused(what, "pipe in hubble observe -o json --verdict DROPPED", file="stdin")
