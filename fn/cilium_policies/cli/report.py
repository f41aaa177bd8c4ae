"""`report`: the whole picture as one HTML page, an SVG, or Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial

import click

from cilium_policies.checks.rows import Texts
from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.cli import options
from cilium_policies.cli.aside import aside
from cilium_policies.cli.report_beside import Beside
from cilium_policies.cli.snapshots import chooses_policies, snapshot
from cilium_policies.cli.streams import put_pieces
from cilium_policies.cli.usage import version
from cilium_policies.document.finding import INFO, Finding, refused
from cilium_policies.generate.summary import findings, plural
from cilium_policies.lean import Any
from cilium_policies.questions import report as question
from cilium_policies.show.focus import focus_svg
from cilium_policies.show.graph import View
from cilium_policies.show.overview import overview_svg
from cilium_policies.show.page import Sheet, page
from cilium_policies.show.table import Cell, Table, columns, rendered


@click.command("report", short_help="one HTML page, SVG or Markdown with the whole picture")
@options.reads_builds
@options.output("html", "svg", "md", "json", default="html")
@chooses_policies
@click.option("--now", is_flag=True, help="What the cluster does today, where audit denies nothing.")
@click.option("--focus", metavar="NS", help="An SVG of one namespace: its callers, its pods, whom they call.")
@click.option("--title", default="Network policies", help="The heading.")
def report_command(
    form: str, which: str | None, now: bool, focus: str | None, title: str, **given: Any
) -> int:
    """Writes the whole picture to stdout: namespaces as boxes, connections with their ports, and tables.

    Connections are what the policies decide once enforced, yours included, as `list` has them; each with why it is
    needed, where that is written, and the rule that lets it pass.

    The HTML page is one file that loads nothing from elsewhere. Markdown holds a Mermaid picture for forges.

    \b
    cilium-policies report rendered/ > report.html
    cilium-policies report -o svg --focus media rendered/ > media.svg

    Exit code: 0 done; 1 input or config refused; 2 wrong command line.
    """
    if focus and form not in ("svg", "html"):
        raise click.UsageError("--focus makes an SVG: -o svg")
    beside = Beside() if form == "html" and not focus else None
    run = options.run_of(given, aside, beside.policies if beside else None)
    said = cache(partial(findings, run.sources, run.made.plan, run.made.policies))
    asked = snapshot(run, which, enforced=not now)
    made = question.Report(
        run.made.plan,
        asked,
        title,
        standing=partial(_standing, run, which, now, said, asked, beside),
        words=partial(beside.words, run.made.plan) if beside else None,
    )
    if beside is not None:
        beside.draws(made.graph)  # all that the other process waits for; what is worked out below can wait
    view = View(made.graph)
    pieces: Iterable[str]
    if focus:
        pieces = [_focus(view, focus)]
    elif form == "svg":
        pieces = [overview_svg(view)]
    elif form == "json":
        pieces = [_json(run, made, question.sheets(asked, run.sources))]
    elif form == "md":
        from cilium_policies.show.mermaid import mermaid

        head = f"## {title}\n\n{' · '.join(f'**{tile.number}** {tile.text}' for tile in made.tiles)}\n\n"
        pieces = [head, mermaid(view), "\n", rendered([table for _, table in made.tables], "md")]
    else:
        assert beside is not None
        sheets = question.sheets(asked, run.sources)
        known = beside.written.sheets
        note = f"made by {version().strip()}"
        pieces = page(view, made.tiles, made.tables, note, sheets, known=known, drawn=beside.drawn)
    put_pieces(one.encode("utf-8", "backslashreplace") for one in pieces)
    options.warn(run, given, f"report: {plural(len(made.rows), 'connection')}", said=said())
    options.keep(asked, made, view, pieces, beside)
    return 0


def _standing(
    run: options.Run,
    which: str | None,
    now: bool,
    said: Callable[[], list[Finding]],
    asked: Snapshot,
    beside: Beside | None,
) -> dict[str, Table]:
    """The tables that need no connections."""
    from cilium_policies.questions.lint import violations  # a picture alone asks for none of them

    plan = run.made.plan
    judged = snapshot(run, which, enforced=True) if now else asked
    amiss = violations(judged, plan, Texts(run.sources), briefly=True)
    shown = [one for one in said() if one.severity != INFO]
    tables = question.standing_tables(plan, asked, amiss, shown, beside.uncovered() if beside else None)
    written = which == "written" or (which is None and bool(run.made.read.own))
    tables["Made from"] = _made_from(run, written, now, beside.written.digests if beside else ())
    return tables


def _made_from(run: options.Run, written: bool, now: bool, digests: Sequence[str]) -> Table:
    """What the report was made from: enough to make it again, and to see that it is another's."""
    from cilium_policies.cli.envelope import metadata

    about = metadata([run], digests)
    cluster = about["cluster"]
    rows: list[tuple[Cell, ...]] = [
        ("tool", f"{about['tool']['name']} {about['tool']['version']}"),
        ("mode", about["mode"]),
        (
            "policies",
            f"{'as written' if written else 'planned'}, {'as of now' if now else 'enforced'}",
        ),
        ("Cilium", cluster["ciliumVersion"] or "not said: 1.16 or newer is assumed"),
        ("distribution", cluster["distribution"] or "not known"),
        ("cluster domain", cluster["domain"]),
    ]
    rows += [
        (f"input {one['name']}", f"{plural(one['objects'], 'object')}, {one['digest']}")
        for one in about["inputs"]
    ]
    return Table("What this report was made from", columns("what", "value"), rows)


def _json(run: options.Run, made: question.Report, sheets: list[Sheet]) -> str:
    from cilium_policies.cli.envelope import envelope, items_of
    from cilium_policies.questions import values

    tables = dict(made.tables)
    sections = {
        "namespaces": items_of(tables["Namespaces"]),
        "uncovered": items_of(tables["Uncovered"]),
        "findings": items_of(tables["Findings"]),
        "policies": [
            {"policy": one.name, "namespace": one.group, "origin": one.note, "text": one.text}
            for one in sheets
        ],
    }
    return envelope("Report", values.decided(made.rows), [run], sections)


def _focus(view: View, name: str) -> str:
    if name not in view.groups:
        known = sorted(group.title for group in view.graph.groups if not group.lane)
        raise refused(f"no namespace {name} in the input", f"known here: {', '.join(known)}")
    return focus_svg(view, name)
