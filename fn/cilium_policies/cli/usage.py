"""What `--help` and `--version` print."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from textwrap import wrap

from cilium_policies.cli.names import COMMANDS, OPTIONS

_COLUMN = 22

_PAGE = """\
usage: cilium-policies [OPTION …] [FILE|DIR …]
       cilium-policies COMMAND [OPTION …] …

Reads a build (multi-document YAML, or the ResourceList of kustomize and kpt)
and writes it back with zero-trust CiliumNetworkPolicies for every namespace in
it. Without a FILE it reads stdin. In audit, the default, nothing is cut.

  kustomize build . | cilium-policies > build.yaml
  helm template my-app ./chart | cilium-policies --namespace my-app
  cilium-policies build . | cilium-policies report > report.html

options:
{options}

commands (cilium-policies COMMAND --help):
{commands}

exit code: 0 done; 1 input refused, or something found; 2 wrong command line
"""


def usage() -> str:
    """What `--help` prints, no line longer than 80 characters."""
    options = (
        _row(f"{', '.join(one.names)} {one.metavar}".rstrip(), one.help)
        for one in OPTIONS
        if one.of != "questions"
    )
    commands = (_row(name, text) for name, text in COMMANDS.items())
    return _PAGE.format(options="\n".join(options), commands="\n".join(commands))


def _row(name: str, text: str) -> str:
    """A name and its text beside it, or below it where the name is long."""
    first, *rest = wrap(text, 80 - _COLUMN, break_on_hyphens=False)
    head = f"  {name}".ljust(_COLUMN)
    if not head.endswith(" "):
        head, first, rest = head.rstrip(), "", [first, *rest]
    return "\n".join([head + first, *(" " * _COLUMN + line for line in rest)])


@cache
def version() -> str:
    """`cilium-policies 1.2.3` and a newline."""
    return f"cilium-policies {next(_installed(), '(not installed)')}\n"


def _installed() -> Iterator[str]:
    """The version, by the folder that every installer leaves beside a package. `importlib.metadata` finds the same, and
    takes longer to import than all other modules of a question together."""
    head, tail = "cilium_policies-", ".dist-info"
    for place in sys.path:
        try:
            names = os.listdir(place or ".")
        except OSError:  # no folder: a zip file, or nothing
            continue
        yield from (
            name[len(head) : -len(tail)] for name in names if name.startswith(head) and name.endswith(tail)
        )
