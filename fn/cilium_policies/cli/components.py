"""`components`: the catalogue, one line a component, or all that it knows of one."""

from __future__ import annotations

import click

from cilium_policies.catalogue.load import load
from cilium_policies.cli import inputs, options
from cilium_policies.config.settings import config_of
from cilium_policies.questions import components as question


@click.command("components", short_help="the catalogue of known components")
@click.argument("words", nargs=-1, metavar="[NAME]")
@options.output()
@click.option(
    "--find",
    metavar="WORD",
    default="",
    help="Only components with this in their name, purpose, chart or image.",
)
@click.option("--stale", is_flag=True, help="Sorted by when an entry was last checked, oldest first.")
@click.option("--chart", metavar="NAME@VERSION", default="", help="record: the chart of a rendered stream.")
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Includes your own from spec.components.",
)
def components_command(
    words: tuple[str, ...], form: str, find: str, stale: bool, chart: str, config: str | None
) -> int:
    """Lists the catalogue; with NAME shows how the component is recognised, what it needs, and what you can set.

    `record CHART` (a folder, a .tgz, or - for a rendered stream) prints the beginning of an entry for each
    workload of a chart; it runs helm for the first two.

    \b
    cilium-policies components --find postgres
    cilium-policies components coredns
    cilium-policies components record ./charts/mine
    helm template zzrelease mine -n zznamespace | cilium-policies components record - --chart mine@1.2.3

    Exit code: 0 done; 1 config refused, or no such component; 2 wrong command line.
    """
    if words[:1] == ("record",):
        return _record(words[1:], chart)
    name = _name(words)
    said = config_of([], inputs.named(config), ())
    catalogue = load(said.defined_components, said.disabled_components)
    if name:
        options.show(
            question.shown(catalogue, name), form, "Component", items=question.values(catalogue, name)
        )
    else:
        table = question.stale(catalogue) if stale else question.listed(catalogue, find)
        options.show([table], form, "ComponentList")
    return 0


def _name(words: tuple[str, ...]) -> str:
    """`NAME`, `show NAME`, `list` or nothing."""
    names = [word for word in words if word not in ("list", "show")]
    if len(names) > 1:
        raise click.UsageError("one NAME at a time")
    return names[0] if names else ""


def _record(words: tuple[str, ...], chart: str) -> int:
    """Prints what a chart's render shows. Raises Refused where there is no render to look at."""
    from cilium_policies.builds import charts
    from cilium_policies.document.split import split
    from cilium_policies.kube.reading import objects
    from cilium_policies.questions import record

    if len(words) != 1:
        raise click.UsageError("record takes one chart: a folder, a .tgz, or - for a rendered stream")
    if charts.is_chart(words[0]):
        about, data = charts.rendered(words[0], chart)
    else:
        try:
            about, data = charts.given(inputs.read(list(words)), chart)
        except inputs.MissingInputError as missing:
            raise click.UsageError(str(missing)) from None
    shown = objects([split(data, words[0])], record.NAMESPACE).objects
    click.echo("---\n".join(map(record.text_of, record.entries(shown, about))), nl=False)
    return 0
