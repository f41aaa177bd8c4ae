"""`completion`: the script that teaches a shell the commands and their options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from cilium_policies.cli.names import COMPLETE
from cilium_policies.cli.streams import NAME, put

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", short_help="prints the completion script for a shell")
@click.argument("shell", type=click.Choice(SHELLS))
def completion_command(shell: str) -> int:
    """Prints the completion script for bash, zsh or fish.

    \b
    bash:  eval "$(cilium-policies completion bash)"
    zsh:   eval "$(cilium-policies completion zsh)"
    fish:  cilium-policies completion fish > ~/.config/fish/completions/cilium-policies.fish
    """
    from cilium_policies.cli.group import group

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"this click knows no {shell}")
    put((made(group, {}, NAME, COMPLETE).source() + "\n").encode())
    return 0
