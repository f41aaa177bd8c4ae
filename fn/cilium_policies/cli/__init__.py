"""The command: the function itself without a subcommand, and the questions behind their names.

Start-up is paid at every build, so the function's own command line is read by hand; click is imported for
subcommands alone.
"""

from __future__ import annotations

import gc
import os
import sys

from cilium_policies.cli.names import COMMANDS, COMPLETE
from cilium_policies.cli.streams import fail, guarded


def program() -> None:
    """The whole process: `main`, then the end at once, as taking a large build apart object by object serves nobody."""
    code = main()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        code = code or 1
    os._exit(code)


def main() -> int:
    """Runs the command line of this process; the exit code is 0, 1 or 2."""
    _as_usual("SIGINT")
    gc.disable()  # the process ends with its answer; collecting cost a quarter of a large run and freed nothing
    return guarded(lambda: run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command line and returns its exit code."""
    if COMPLETE in os.environ or (arguments and arguments[0] in COMMANDS):
        _as_usual("SIGPIPE")
        _as_usual("SIGCHLD")  # who is started where it is ignored cannot wait for processes of its own
        asked = "" if COMPLETE in os.environ else arguments[0]
        if asked == "build":
            from cilium_policies.cli.building import plain, run_build

            if given := plain(arguments[1:]):
                return run_build(given)
        if asked == "report":
            from cilium_policies.cli import ahead

            ahead.begin(arguments[1:])
        from cilium_policies.cli.group import run_command

        return run_command(arguments)
    if arguments and arguments[0] == "help" and not os.path.exists("help"):
        arguments = [*arguments[1:2], "--help"]
        return run(arguments)
    if arguments and arguments[0] in ("-h", "--help", "--version"):
        _as_usual("SIGPIPE")  # the function itself fails at a closed pipe: exit 1
    from cilium_policies.cli.bare import CommandLineError, run_function

    try:
        return run_function(arguments)
    except CommandLineError as wrong:
        return fail(str(wrong), 2)


def _as_usual(name: str) -> None:
    """Ctrl-C, and a pipe closed on a report, end this program as they end others: without a word."""
    try:
        import _signal as signal  # its C half: `signal` itself wraps it in enums, at two milliseconds a start
    except ImportError:
        import signal

    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
