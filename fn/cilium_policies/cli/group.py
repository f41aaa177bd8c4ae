"""The commands behind their names: click's group, each command imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

from cilium_policies.cli import bare
from cilium_policies.cli.names import COMMANDS, COMPLETE
from cilium_policies.cli.streams import NAME, fail
from cilium_policies.lean import Any

_MODULES = {"list": "connections"}  # where the module is not the command's own name


class Group(click.Group):
    """Knows the commands' names, and imports the module of the one that is run."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = import_module(f"cilium_policies.cli.{_MODULES.get(name, name.replace('-', '_'))}")
        found: click.Command = getattr(module, f"{name.replace('-', '_')}_command")
        return found


@click.group(cls=Group, name=NAME, context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """Zero-trust CiliumNetworkPolicies for every namespace of a build."""


# The function's own options are read elsewhere (bare.py); here they stand for the shell's completion.
for _words in (*bare.VALUES, *bare.FLAGS, "--version"):
    group.params.append(click.Option([_words], is_flag=_words not in bare.VALUES, expose_value=False))


def run_command(arguments: list[str]) -> int:
    """Runs one of the commands; a wrong command line is one line on stderr and exit code 2."""
    try:
        code: Any = group.main(arguments, prog_name=NAME, complete_var=COMPLETE, standalone_mode=False)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else NAME
        return fail(f"{_one_line(error)} ({command} --help)", 2)
    except click.ClickException as error:
        return fail(_one_line(error), 1)
    except click.Abort:
        return fail("stopped", 1)
    return code if isinstance(code, int) else 0


def _one_line(error: click.ClickException) -> str:
    text = " ".join(error.format_message().split()).rstrip(".")
    return text[:1].lower() + text[1:]
