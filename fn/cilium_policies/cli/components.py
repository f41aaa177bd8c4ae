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
    "--find", metavar="WORD", default="", help="Only components whose name, purpose, chart or image has it."
)
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="With your own of spec.components.",
)
def components_command(words: tuple[str, ...], form: str, find: str, config: str | None) -> int:
    """Lists the catalogue; with NAME shows how the component is recognised, what it needs, and what you can set.

    \b
    cilium-policies components --find postgres
    cilium-policies components coredns

    Exit code: 0 done; 1 config refused, or no such component; 2 wrong command line.
    """
    name = _name(words)
    said = config_of([], inputs.named(config), ())
    catalogue = load(said.defined_components, said.disabled_components)
    if name:
        options.show(
            question.shown(catalogue, name), form, "Component", items=question.values(catalogue, name)
        )
    else:
        options.show([question.listed(catalogue, find)], form, "ComponentList")
    return 0


def _name(words: tuple[str, ...]) -> str:
    """`NAME`, `show NAME`, `list` or nothing."""
    names = [word for word in words if word not in ("list", "show")]
    if len(names) > 1:
        raise click.UsageError("one NAME at a time")
    return names[0] if names else ""
