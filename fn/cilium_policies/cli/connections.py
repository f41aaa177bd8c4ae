"""`list` and `explain`: who may talk to whom, and which rule decides."""

from __future__ import annotations

from typing import Any

import click

from cilium_policies.cli import options
from cilium_policies.cli.situations import chooses_policies, situation
from cilium_policies.cli.streams import put
from cilium_policies.generate.summary import plural
from cilium_policies.questions import explain as explaining
from cilium_policies.questions import list as listing
from cilium_policies.questions import values
from cilium_policies.questions.report import uncovered


@click.command("list", short_help="who may talk to whom")
@options.reads_builds
@options.output()
@chooses_policies
@click.option(
    "--focus", metavar="NS/NAME", default="", help="Only connections of this workload, or of namespace NS."
)
@click.option("--by", type=click.Choice(("namespace",)), help="A matrix of namespaces and ports.")
@click.option("--exposed", is_flag=True, help="What the world may open, and what may open the world.")
@click.option("--uncovered", "open_ends", is_flag=True, help="What nothing explains, and how to allow it.")
@click.option("--now", is_flag=True, help="As the cluster decides today: audit cuts nothing.")
def list_command(
    form: str,
    which: str | None,
    focus: str,
    by: str | None,
    exposed: bool,
    open_ends: bool,
    now: bool,
    **given: Any,
) -> int:
    """Lists the connections that pass once the policies are enforced, yours and Kubernetes' own included.

    Between what the input shows, the nodes and the outside: pods of other builds are not listed.

    \b
    kustomize build . | cilium-policies list
    cilium-policies list --focus media/radarr rendered/
    cilium-policies list --by namespace -o md rendered/
    cilium-policies list --uncovered rendered/

    Exit code: 0 done; 1 input or config refused; 2 wrong command line.
    """
    if sum((bool(focus), bool(by), exposed, open_ends)) > 1:
        raise click.UsageError(
            "--focus, --by, --exposed and --uncovered are four different lists: choose one"
        )
    run = options.run_of(given)
    if open_ends:
        found = uncovered(run.made.plan)
        options.show([found], form, "UncoveredList", [run])
        options.warn(run, given, f"list: {plural(len(found.rows), 'uncovered direction')}")
        return 0
    asked = situation(run, which, enforced=not now)
    if by:
        between = listing.by_namespace(asked)
        matrix = listing.matrix(between)
        items = values.connections(between, listing.parties(asked)) if form == "json" else None
        options.show([matrix], form, "NamespaceConnectionList", [run], items)
        options.warn(run, given, f"list: {plural(len(matrix.rows), 'row')}")
        return 0
    rows = listing.exposure(asked) if exposed else listing.connections(asked, focus)
    if form == "text":
        put("".join(f"{row}\n" for row in rows).encode() or b"no connection\n")
    else:
        items = values.connections(rows, listing.parties(asked)) if form == "json" else None
        options.show([listing.table(rows)], form, "ConnectionList", [run], items)
    options.warn(run, given, f"list: {plural(len(rows), 'connection')}")
    return 0


@click.command("explain", short_help="whether one connection passes, and which rule decides")
@options.reads_builds
@options.output()
@chooses_policies
@click.option(
    "--from", "source", metavar="END", required=True, help="NS/WORKLOAD, world, host, an address, a name …"
)
@click.option("--to", "target", metavar="END", required=True, help="The same; or NS/SERVICE.")
@click.option(
    "--port", metavar="PORT", required=True, help="8080, 53/UDP, or the name of a port of its target."
)
def explain_command(form: str, which: str | None, source: str, target: str, port: str, **given: Any) -> int:
    """Says for each direction whether the connection passes, which rule decides and why, and what would change it.

    \b
    cilium-policies explain --from media/radarr --to world --port 443 rendered/
    cilium-policies explain --from network/envoy --to media/radarr --port http rendered/

    Exit code: 0 done, whatever the answer; 1 input, config or a name refused; 2 wrong command line.
    """
    run = options.run_of(given)
    now, enforced = (situation(run, which, enforced=hard) for hard in (False, True))
    answers = explaining.explain(now, enforced, source, target, port)
    if form == "text":
        put("".join(f"{line}\n" for answer in answers for line in explaining.lines(answer)).encode())
    else:
        items = [explaining.value(one) for one in answers]
        options.show([explaining.table(answers)], form, "VerdictList", [run], items)
    options.warn(run, given, "explain")
    return 0
