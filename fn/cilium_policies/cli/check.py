"""`check`: does a build hold what the function would add?"""

from __future__ import annotations

import click

from cilium_policies import function
from cilium_policies.cli import options
from cilium_policies.cli.streams import put, put_pieces, say
from cilium_policies.document.finding import ERROR, Finding, line_of
from cilium_policies.document.origin import placed
from cilium_policies.document.source import RESOURCE_LIST
from cilium_policies.generate.summary import plural, unknown
from cilium_policies.lean import Any
from cilium_policies.show.junit import Case, junit
from cilium_policies.show.table import Table, columns


@click.command("check", short_help="fails when a build lacks what the function would add")
@options.reads_builds
@options.output("text", "json", "junit")
@click.option(
    "--fail-on", type=click.Choice(("unknown",)), help="Fails for directions that nothing explains, too."
)
def check_command(form: str, fail_on: str | None, **given: Any) -> int:
    """Fails when policies are missing, moved, changed by hand or stale.

    Without a config it asks for presence: a default-deny of the function's in each namespace, and each workload
    selected by one of its policies. With one it compares with what that config would generate. Directions that nothing
    explains are named; they fail a check with --fail-on unknown alone.

    \b
    kustomize build . | cilium-policies check
    cilium-policies check --config cilium-policies.yaml -o junit rendered/

    Where the input shows no namespace at all it fails as well: the build before it may have.

    Exit code: 0 done, no problems; 1 something found, or input or config refused; 2 wrong command line.
    """
    wanted = options.options_of(given)
    wanted = wanted._replace(
        overrides=(*wanted.overrides, ("action", "check")), allow_empty=given["allow_empty"]
    )
    named = options.read(given["files"])
    run = options.run_on(named, wanted, allow_empty=given["allow_empty"])
    a_list = any(source.form == RESOURCE_LIST for source in run.sources)
    if (a_list and form == "text") or not run.made.config.enabled:
        outcome = function.run(named, wanted)
        put_pieces(outcome.pieces)
        say(outcome.stderr)
        return outcome.code
    options.say_of_config(run)
    found = function.amiss(run.sources, run.made, wanted)
    untold = unknown(run.made.plan)
    if fail_on:
        found += [one._replace(severity=ERROR) for one in untold]
    else:
        say(f"cilium-policies: unknown: {line_of(one)}" for one in placed(untold, run.sources))
    _show(run, found, form)
    return 1 if found else 0


def _show(run: options.Run, found: list[Finding], form: str) -> None:
    told = plural(len(found), "finding") if found else "no problems"
    spaces = sorted(run.made.plan.namespaces)
    if form == "junit":
        names = [*spaces, *sorted({one.namespace for one in found} - set(spaces))]
        cases = [
            Case(name or "build", "", tuple(line_of(one) for one in found if one.namespace == name))
            for name in names
        ]
        put(junit("cilium-policies check", cases).encode())
    elif form == "json":
        items = [
            {
                "check": "check",
                "severity": one.severity,
                "policy": "/".join(part for part in (one.kind, one.namespace, one.name) if part),
                "file": one.file,
                "line": one.line,
                "field": one.path,
                "message": one.message,
                "cure": one.cure,
            }
            for one in found
        ]
        options.show([Table("", columns("check"), [])], "json", "FindingList", [run], items)
    else:
        say(f"cilium-policies: {line_of(one)}" for one in placed(found, run.sources))
    say(
        [
            f"cilium-policies: check: {told} in {plural(len(spaces), 'namespace')}; checked only, nothing generated"
        ]
    )
