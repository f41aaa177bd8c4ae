"""`lint`: violations in policies, the user's own included."""

from __future__ import annotations

import json
from collections import Counter

import click

from cilium_policies.checks.rows import Row
from cilium_policies.cilium.validity import VERSIONS
from cilium_policies.cli import inputs, options
from cilium_policies.cli.streams import put, put_text
from cilium_policies.cli.usage import version
from cilium_policies.document.finding import line_of, refused
from cilium_policies.generate.summary import plural
from cilium_policies.lean import Any
from cilium_policies.questions import lint as question
from cilium_policies.show.junit import Case, junit
from cilium_policies.show.sarif import sarif
from cilium_policies.show.table import FORMS

_FILE = click.Path(exists=True, dir_okay=False)
_VERSION = (
    "Cilium version to check against; can be repeated. Default: spec.cluster.ciliumVersion, else the newest."
)


@click.command("lint", short_help="policies that are refused, match nothing, or open more than they say")
@options.reads_builds
@options.output(*FORMS, "sarif", "junit")
@click.option("--cilium-version", "versions", multiple=True, type=click.Choice(VERSIONS), help=_VERSION)
@click.option("--planned", is_flag=True, help="Also checks the policies that the function would write.")
@click.option(
    "--since",
    metavar="OLD",
    type=click.Path(exists=True),
    help="Only findings that an older FILE or DIR does not have.",
)
@click.option(
    "--baseline",
    metavar="FILE",
    type=_FILE,
    help="Only findings that this output of lint -o json does not have.",
)
@click.option(
    "--all", "every", is_flag=True, help="One line per finding; otherwise similar ones share a line."
)
@click.option("--checks", is_flag=True, help="Lists the checks instead.")
def lint_command(form: str, versions: tuple[str, ...], checks: bool, **given: Any) -> int:
    """Finds violations in the policies of the input: what Cilium refuses, what matches nothing, what opens too much.

    --since and --baseline leave out what was there before, for a pull request or a tree with many findings.

    \b
    cilium-policies lint clusters/home
    cilium-policies lint --since main/ pull-request/
    cilium-policies lint -o json . > known.json; cilium-policies lint --baseline known.json .
    kustomize build . | cilium-policies lint --cilium-version 1.16 --cilium-version 1.20

    Exit code: 0 done, no violation; 1 something found, or input or config refused, or no object; 2 wrong command line.
    """
    if checks:
        if form in ("sarif", "junit"):
            raise click.UsageError(f"--checks cannot be printed as {form}")
        options.show([question.reference()], form, "CheckList")
        return 0
    run = options.run_of(given)
    rows = _rows(run, versions, given)
    found = question.new(rows, _known(versions, given))
    _show(run, found, form, every=given["every"])
    old = f", {len(rows) - len(found)} known ones left out" if len(rows) > len(found) else ""
    options.warn(run, given, f"lint: {plural(len(found), 'violation') if found else 'no violation'}{old}")
    return 1 if found else 0


def _rows(run: options.Run, versions: tuple[str, ...], given: dict[str, Any]) -> list[Row]:
    planned = given["planned"]
    own = [] if planned else [one.policy for one in run.made.read.own]
    generated = run.made.policies.policies if planned else []
    return question.lint(run.sources, run.made.plan, [*own, *run.made.read.glass], generated, versions)


def _known(versions: tuple[str, ...], given: dict[str, Any]) -> Counter[str]:
    """What was there before, by identity."""
    known: Counter[str] = Counter()
    if given["since"]:
        old = options.run_of({**given, "files": (given["since"],), "allow_empty": True})
        known.update(map(question.identity, _rows(old, versions, given)))
    if given["baseline"]:
        file = given["baseline"]
        try:
            items = json.loads(inputs.read_file(file))["items"]
            known.update("\n".join((one["check"], one["policy"], one["message"])) for one in items)
        except (ValueError, LookupError, TypeError):
            raise refused(
                "this is not the output of lint", "write one: cilium-policies lint -o json …", file=file
            ) from None
    return known


def _show(run: options.Run, rows: list[Row], form: str, *, every: bool) -> None:
    if form == "text":
        lines = [
            one.line(run.sources)
            for one in ([question.Group(row, 1, 1, ()) for row in rows] if every else question.grouped(rows))
        ]
        put_text("".join(f"{line}\n" for line in lines))
    elif form == "sarif":
        name, _, number = version().strip().partition(" ")
        put(sarif(name, number, question.descriptions(), question.results(rows)).encode())
    elif form == "junit":
        cases = [
            Case(name, "", tuple(line_of(row.finding()) for row in rows if row.check == name))
            for name in question.descriptions()
        ]
        put(junit("cilium-policies lint", cases).encode())
    else:
        options.show([question.table(rows)], form, "FindingList", [run], question.values(rows))
