"""What `build` does, and the command lines of it that are read without click.

A build of a hundred Kustomizations takes a second with all processors at work, and to import click takes a fiftieth of
that before the first of them begins. So a usual command line is read here, and click has every other: help, what is
wrong, what is rare.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from cilium_policies.builds.run import Built, build
from cilium_policies.builds.texts import stream
from cilium_policies.builds.tool import FLATE, TOOLS
from cilium_policies.cli.progress import Progress
from cilium_policies.cli.streams import NAME, put, say
from cilium_policies.lean import NamedTuple

try:
    import _signal as signal  # its C half
except ImportError:
    import signal

WITH = (*TOOLS, FLATE)
_SHOWN = 20


class Given(NamedTuple):
    """A command line of `build`. `command` is "" for the tool that is there; `sources` are folders by name."""

    folder: str = "."
    cluster: str = ""
    command: str = ""
    sources: Mapping[str, str] = {}
    partial: bool = False


def plain(words: list[str]) -> Given | None:
    """The command line, where it is a folder and options with their values behind them; None for any other."""
    values: dict[str, str] = {}
    folders: list[str] = []
    partial = False
    rest = iter(words)
    for word in rest:
        if word == "--partial":
            partial = True
        elif word in ("--cluster", "--with") and word not in values:
            values[word] = next(rest, "")
        elif word.startswith("-"):
            return None
        else:
            folders.append(word)
    command, cluster = (values.get(option, "") for option in ("--with", "--cluster"))
    (folder, *more) = folders or ["."]
    usual = all(values.values()) and not any(one.startswith("-") for one in values.values())
    if more or not usual or (command and command not in WITH) or not _is_readable(folder):
        return None
    return Given(folder, cluster, command, partial=partial)


def _is_readable(folder: str) -> bool:
    return os.path.isdir(folder) and os.access(folder, os.R_OK)


def run_build(given: Given) -> int:
    """Builds and prints; the exit code. Raises RefusedError."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the temporary folder goes, too
    made: Built | None
    try:
        with Progress() as told:
            made = build(
                given.folder, cluster=given.cluster, command=given.command, sources=given.sources, told=told
            )
    except KeyboardInterrupt:
        made = None
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # to print leaves nothing behind
    if made is None:
        os.kill(os.getpid(), signal.SIGINT)
        return 1
    return _answer(made, given.partial)


def _answer(made: Built, partial: bool) -> int:
    noted = made.notes if sys.stderr is not None and sys.stderr.isatty() else made.notes[:_SHOWN]
    say(f"{NAME}: {line}" for line in noted)
    if len(noted) < len(made.notes):
        say([f"{NAME}: … and {len(made.notes) - len(noted)} more such lines"])
    say(f"{NAME}: {line}" for line in made.failures)
    if made.failures and not partial:
        say([f"{NAME}: {len(made.failures)} not built, so nothing is printed; --partial prints the rest"])
        return 1
    put(stream(made.documents))
    failed = f", {len(made.failures)} not built" if made.failures else ""
    say([f"{NAME}: {made.tool} built {made.what}: {len(made.documents)} documents{failed}"])
    return 0
