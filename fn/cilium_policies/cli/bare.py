"""The function's own command line, read without argparse or click: this path is run at every build."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.cli import inputs
from cilium_policies.cli.names import COMMANDS, OPTIONS
from cilium_policies.cli.streams import put, put_pieces, say, verbose
from cilium_policies.document.spelling import meant, near
from cilium_policies.errors import CiliumPoliciesError

MODES = ("audit", "enforce")


class CommandLineError(CiliumPoliciesError):
    """A command line that says nothing sensible: exit 2, this one line."""


class Arguments:
    """What the command line says. `asks` is help or version, when it asks for one."""

    __slots__ = ("asks", "config", "exclude", "files", "inventory", "only_policies", "overrides", "verbose")

    def __init__(self) -> None:
        self.files: list[str] = []
        self.config = ""
        self.exclude: tuple[str, ...] = ()
        self.inventory = ""
        self.overrides: list[tuple[str, ...]] = []
        self.only_policies = False
        self.verbose = False
        self.asks = ""


_OWN = {name: one for one in OPTIONS if one.of != "questions" for name in one.names}
VALUES = {name: one for name, one in _OWN.items() if one.metavar}
ASKS = {name: one.field for name, one in _OWN.items() if one.field in ("help", "version")}
FLAGS = {name: one.field for name, one in _OWN.items() if not one.metavar and name not in ASKS}


def run_function(arguments: list[str]) -> int:
    """Reads, runs the function, and only then writes. Raises CommandLineError for a wrong command line."""
    given = parse(arguments)
    if given.asks:
        from cilium_policies.cli.usage import usage, version

        put((usage() if given.asks == "help" else version()).encode())
        return 0
    if not given.files and inputs.nothing_piped():
        raise CommandLineError("nothing to read: pipe a build in or name a FILE (cilium-policies --help)")
    if given.files:
        _refuse_word(given.files)
    if inputs.is_tree(given.files) and not given.only_policies:
        raise CommandLineError(
            "several files or a folder need --only-policies, or `cilium-policies write --output DIR`"
        )
    try:
        read = inputs.read(given.files, exclude=given.exclude, command="--only-policies")
        config = inputs.named(given.config)
        inventory = inputs.named(given.inventory)
    except inputs.MissingInputError as missing:
        raise CommandLineError(str(missing)) from None
    from cilium_policies import function

    overrides = tuple(given.overrides)
    options = function.Options(config, overrides, inventory, given.only_policies, verbose(given.verbose))
    outcome = function.run(read, options)
    put_pieces(outcome.pieces)
    say(outcome.stderr)
    return outcome.code


def parse(arguments: list[str]) -> Arguments:
    """The command line as values; options may stand anywhere before `--`. Raises CommandLineError."""
    given = Arguments()
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            given.files.extend(rest)
            break
        if word in ASKS:
            given.asks = ASKS[word]
            break
        if word in FLAGS:
            setattr(given, FLAGS[word], True)
        elif word.startswith("-") and word != "-":
            _read_value(given, word, rest)
        else:
            given.files.append(word)
    return given


def _read_value(given: Arguments, word: str, rest: list[str]) -> None:
    option, equals, value = word.partition("=")
    known = VALUES.get(option)
    if known is None:
        raise CommandLineError(f"unknown option {option}{_near(option, [*VALUES, *FLAGS, *ASKS])}")
    if not equals:
        if not rest:
            raise CommandLineError(f"{option} needs a value")
        value = rest.pop(0)
    if known.sets:
        given.overrides.append(override(option, value))
    elif known.repeated:
        setattr(given, known.field, (*getattr(given, known.field), value))
    else:
        setattr(given, known.field, value)


def override(option: str, value: str) -> tuple[str, ...]:
    """What `--mode`, `--namespace` or `--set` stands for: path, text, and the words of the command line. Raises
    WrongError."""
    if option == "--mode":
        if value not in MODES:
            raise CommandLineError(f"--mode {value}: write audit or enforce")
        return ("mode", value, f"--mode {value}")
    if option in ("-n", "--namespace"):
        return ("namespaces.default", value, f"{option} {value}")
    field, equals, text = value.partition("=")
    if not field or not equals:
        raise CommandLineError(
            f"--set {value}: write --set PATH=VALUE, as in --set namespaces.exclude=kube-system"
        )
    return (field, text, f"--set {value}")


def _refuse_word(files: list[str]) -> None:
    """Raises CommandLineError where a command was meant: misspelt, or behind an option."""
    for word in files:
        if word.isalpha() and not inputs.exists(word):
            if word in COMMANDS:
                raise CommandLineError(f"the command comes first: cilium-policies {word} …")
            raise CommandLineError(f"{word} is neither a file nor a command{_near(word, COMMANDS)}")


def _near(word: str, known: Iterable[str]) -> str:
    question = meant(near(word, known))
    return f"; {question}" if question else " (cilium-policies --help)"
