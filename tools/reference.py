"""`docs/commands.md`: every command, option and exit code, from the definitions themselves.

python -m tools.reference [--check]
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from cilium_policies.cli.group import group
from cilium_policies.cli.names import COMMANDS
from cilium_policies.cli.usage import usage

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
_HEAD = """# Commands

<!-- Made from the definitions by `python -m tools.reference`: do not edit. -->

Exit codes of all: 0 done; 1 input or config refused, or `check`, `lint` or `diff --fail-on` found something;
2 wrong command line. Nothing else. What a command refuses it says in one line on stderr; answers go to stdout.

## cilium-policies

"""


def page() -> str:
    """The page's text."""
    context = click.Context(group)
    parts = [_HEAD, f"```\n{usage()}```\n"]
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None, name
        parts.append(_section(name, command))
    return "".join(parts)


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"cilium-policies {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    text = f"\n## {name}\n\n```\ncilium-policies {name} {usage}\n```\n\n{_prose(command.help or '')}\n"
    rows = "".join(
        f"| `{_forms(option)}` | {_cell(option.help or '')} |\n"
        for option in command.params
        if isinstance(option, click.Option)
    )
    return f"{text}| option | meaning |\n|---|---|\n{rows}" if rows else text


def _prose(text: str) -> str:
    """click's help text as Markdown: a paragraph after \\b is an example."""
    paragraphs = []
    for paragraph in text.split("\n\n"):
        lines = paragraph.strip("\n").split("\n")
        if lines[0].strip() == "\b":
            body = "\n".join(
                line.strip() for line in lines[1:]
            ).strip()  # since 3.13 docstrings end without blanks
            paragraphs.append(f"```sh\n{body}\n```")
        else:
            paragraphs.append(" ".join(line.strip() for line in lines).strip())
    return "\n\n".join(paragraphs) + "\n"


def _forms(option: click.Option) -> str:
    value = option.metavar or ("|".join(option.type.choices) if isinstance(option.type, click.Choice) else "")
    if option.is_flag:
        value = ""
    return ", ".join(option.opts) + (f" {value}".replace("|", "\\|") if value else "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Writes the page; with `--check` says whether it is stale."""
    text = page()
    if PAGE.exists() and PAGE.read_text("utf-8") == text:
        return 0
    if "--check" in arguments:
        print(f"stale: {PAGE.name}")
        return 1
    PAGE.write_text(text, "utf-8")
    print(f"written: {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
