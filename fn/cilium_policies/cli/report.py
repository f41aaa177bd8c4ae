"""`report`: the whole picture as one HTML page, an SVG, or Markdown."""

from __future__ import annotations

from typing import Any

import click

from cilium_policies.cli import options
from cilium_policies.cli.streams import put
from cilium_policies.cli.usage import version
from cilium_policies.document.finding import refused
from cilium_policies.questions import report as question
from cilium_policies.show.focus import focus_svg
from cilium_policies.show.graph import View
from cilium_policies.show.mermaid import mermaid
from cilium_policies.show.overview import overview_svg
from cilium_policies.show.page import page
from cilium_policies.show.table import rendered


@click.command("report", short_help="one HTML page, SVG or Markdown with the whole picture")
@options.reads_builds
@options.output("html", "svg", "md", "json", default="html")
@click.option("--focus", metavar="NS", help="An SVG of one namespace: its callers, its pods, whom they call.")
@click.option("--title", default="Network policies", help="The heading.")
def report_command(form: str, focus: str | None, title: str, **given: Any) -> int:
    """Writes the whole picture to stdout: namespaces as boxes, connections with their ports, and tables.

    The HTML page is one file that loads nothing from elsewhere. Markdown holds a Mermaid picture for forges.

    \b
    cilium-policies report rendered/ > report.html
    cilium-policies report -o svg --focus media rendered/ > media.svg

    Exit code: 0 done; 1 input or config refused; 2 wrong command line.
    """
    if focus and form not in ("svg", "html"):
        raise click.UsageError("--focus makes an SVG: -o svg")
    run = options.run_of(given)
    made = question.report(run.made.plan, run.made.policies.policies, title)
    view = View(made.graph)
    options.warn(run, given, "report")
    if focus:
        text = _focus(view, focus)
    elif form == "svg":
        text = overview_svg(view)
    elif form == "json":
        text = rendered([table for _, table in made.tables], "json")
    elif form == "md":
        head = f"## {title}\n\n{' · '.join(f'**{tile.number}** {tile.text}' for tile in made.tiles)}\n\n"
        text = head + mermaid(view) + "\n" + rendered([table for _, table in made.tables[1:]], "md")
    else:
        text = page(view, made.tiles, made.tables, f"made by {version().strip()}")
    put(text.encode("utf-8", "backslashreplace"))
    return 0


def _focus(view: View, name: str) -> str:
    if name not in view.groups:
        known = sorted(group.title for group in view.graph.groups if not group.lane)
        raise refused(f"no namespace {name} in the input", f"known here: {', '.join(known)}")
    return focus_svg(view, name)
