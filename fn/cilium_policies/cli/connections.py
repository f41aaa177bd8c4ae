"""`list` and `explain`: who may talk to whom, and which rule decides."""

from __future__ import annotations

import click

from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.cli import options
from cilium_policies.cli.snapshots import chooses_policies, snapshot
from cilium_policies.cli.streams import put_text
from cilium_policies.generate.summary import plural
from cilium_policies.generate.uncovered import directions
from cilium_policies.lean import Any
from cilium_policies.questions import foreign, uncovered, values
from cilium_policies.questions import list as listing
from cilium_policies.questions.decided import decided
from cilium_policies.questions.report import connections as decided_table
from cilium_policies.show.table import FORMS


@click.command("list", short_help="who may talk to whom")
@options.reads_builds
@options.output(*FORMS, "yaml")
@chooses_policies
@click.option(
    "--focus", metavar="NS/NAME", default="", help="Only connections of this workload, or of namespace NS."
)
@click.option(
    "--from", "source", metavar="PATTERN", default="", help="Only from these: media/*, world, host …"
)
@click.option("--to", "target", metavar="PATTERN", default="", help="Only to these.")
@click.option("--port", metavar="PORT", default="", help="Only on this port: 8080, 53/UDP.")
@click.option("--why", is_flag=True, help="Also says why each connection is needed and which rule allows it.")
@click.option("--by", type=click.Choice(("namespace",)), help="A matrix of namespaces and ports.")
@click.option(
    "--exposed", is_flag=True, help="What the world may connect to, and what may connect to the world."
)
@click.option(
    "--uncovered",
    "open_ends",
    is_flag=True,
    help="What is denied although nothing says whether it is needed, with config lines.",
)
@click.option("--unknown-only", is_flag=True, help="With --uncovered: leave out what is known in part.")
@click.option(
    "--foreign",
    "asked_for",
    is_flag=True,
    help="What rests on another namespace's word, and what consents to it.",
)
@click.option("--now", is_flag=True, help="What the cluster does today, where audit denies nothing.")
def list_command(form: str, which: str | None, now: bool, **given: Any) -> int:
    """Lists the connections that pass once the policies are enforced, yours and Kubernetes' own included.

    Between what the input shows, the nodes and the outside: pods of other builds are not listed.

    \b
    kustomize build . | cilium-policies list
    cilium-policies list --focus media/radarr --why rendered/
    cilium-policies list --to 'data/*' --port 5432 rendered/
    cilium-policies list --by namespace -o md rendered/
    cilium-policies list --uncovered rendered/
    cilium-policies list --foreign rendered/

    Exit code: 0 done; 1 input or config refused, or no object in it; 2 wrong command line.
    """
    filters = (given["source"], given["target"], given["port"])
    focused = given["focus"] or any(filters)
    kinds = (focused, given["by"], given["exposed"], given["open_ends"], given["asked_for"])
    if sum(map(bool, kinds)) > 1:
        raise click.UsageError(
            "--focus (--from, --to, --port), --by, --exposed, --uncovered and --foreign are different lists: choose one"
        )
    if given["unknown_only"] and not given["open_ends"]:
        raise click.UsageError("--unknown-only goes with --uncovered")
    if form == "yaml" and not given["open_ends"]:
        raise click.UsageError("-o yaml goes with --uncovered: it is a block of spec.allow")
    run = options.run_of(given)
    if given["asked_for"]:
        count = _foreign(run, form)
    elif given["open_ends"]:
        count = _uncovered(run, form, unknown_only=given["unknown_only"])
    else:
        asked = snapshot(run, which, enforced=not now)
        count = _between(run, asked, form) if given["by"] else _listed(run, asked, form, given, filters)
    told = len(run.made.plan.uncovered) if given["open_ends"] else 0
    options.warn(run, given, f"list: {count}", beside=told)
    return 0


def _uncovered(run: options.Run, form: str, *, unknown_only: bool) -> str:
    plan = run.made.plan
    table = uncovered.table(plan, unknown_only=unknown_only)
    if form == "yaml":
        put_text("".join(f"{line}\n" for line in uncovered.block(plan, unknown_only=unknown_only)))
    elif form == "text":
        put_text("".join(f"{line}\n" for line in uncovered.lines(plan, unknown_only=unknown_only)))
    else:
        items = uncovered.values(plan, unknown_only=unknown_only) if form == "json" else None
        options.show([table], form, "UncoveredList", [run], items)
    found = uncovered.listed(plan, unknown_only=unknown_only)
    return plural(directions(found), "uncovered direction")


def _foreign(run: options.Run, form: str) -> str:
    plan = run.made.plan
    table = foreign.table(plan)
    if form == "text":
        put_text("".join(f"{line}\n" for line in foreign.lines(plan)))
    else:
        options.show([table], form, "ForeignList", [run], foreign.values(plan) if form == "json" else None)
    return plural(len(table.rows), "opening") + " on another namespace's word"


def _between(run: options.Run, asked: Snapshot, form: str) -> str:
    between = listing.by_namespace(asked)
    matrix = listing.matrix(between)
    items = values.connections(between) if form == "json" else None
    options.show([matrix], form, "NamespaceConnectionList", [run], items)
    return plural(len(matrix.rows), "row")


def _listed(
    run: options.Run, asked: Snapshot, form: str, given: dict[str, Any], filters: tuple[str, str, str]
) -> str:
    if any(filters):
        rows = listing.filtered(listing.connections(asked, given["focus"], apart=True), *filters)
    else:
        rows = listing.exposure(asked) if given["exposed"] else listing.connections(asked, given["focus"])
    if form == "text" and not given["why"]:
        put_text("".join(f"{row}\n" for row in rows) or "no connection\n")
        return plural(len(rows), "connection")
    found = decided(run.made.plan, asked, rows)
    if form == "text":
        put_text("".join(f"{line}\n" for one in found for line in one.lines()) or "no connection\n")
    else:
        items = values.decided(found) if form == "json" else None
        options.show([decided_table(found)], form, "ConnectionList", [run], items)
    return plural(len(rows), "connection")
