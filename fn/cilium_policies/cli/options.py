"""Options that several commands share, and the run that they ask for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import click

from cilium_policies import function
from cilium_policies.cli import ahead, bare, inputs
from cilium_policies.cli.bodies import parsing
from cilium_policies.cli.envelope import envelope, items_of
from cilium_policies.cli.names import OPTIONS, Option
from cilium_policies.cli.progress import Progress
from cilium_policies.cli.runs import Run as Run
from cilium_policies.cli.streams import put, put_text, say
from cilium_policies.config.settings import config_of
from cilium_policies.document.finding import INFO, Finding, RefusedError
from cilium_policies.document.origin import placed
from cilium_policies.generate.summary import findings, plural, printed, told, unprinted
from cilium_policies.kube.empty import counted, no_namespace, refuse_empty
from cilium_policies.kube.inventory import policy_objects
from cilium_policies.lean import TYPE_CHECKING, Any, TypeVar
from cilium_policies.show.table import FORMS, Table, rendered

if TYPE_CHECKING:
    from cilium_policies.document.source import Source
    from cilium_policies.evidence.carried import Aside
    from cilium_policies.generate.plan import Plan
    from cilium_policies.generate.policies import Policies

    Maker = Callable[[list[Source], Plan], Policies]

Command = TypeVar("Command", bound=Callable[..., Any])


def _overrides(_: click.Context, parameter: click.Parameter, value: Any) -> tuple[tuple[str, ...], ...]:
    """`--mode`, `--namespace` and `--set` as (path, text) pairs."""
    option = parameter.opts[0]
    try:
        if value is None:
            return ()
        return tuple(bare.override(option, one) for one in (value if isinstance(value, tuple) else (value,)))
    except bare.CommandLineError as wrong:
        raise click.UsageError(str(wrong)) from None


_FILE = click.Path(exists=True, dir_okay=False)
_FILES = click.argument(
    "files", nargs=-1, metavar="[FILE|DIR …]", type=click.Path(exists=True, allow_dash=True)
)


def _option(one: Option) -> Callable[[Command], Command]:
    """An option of the function's, as click has it."""
    return click.option(
        *one.names,
        one.field,
        metavar=one.metavar or None,
        is_flag=not one.metavar,
        multiple=one.repeated,
        callback=_overrides if one.sets else None,
        type=_FILE if one.metavar == "FILE" else None,
        help=f"{one.help[0].upper()}{one.help[1:]}.",
    )


_OPTIONS = [_option(one) for one in OPTIONS if one.of != "function"]


def reads_builds(command: Command) -> Command:
    """Adds FILE arguments and the options of the config; the command gets them all and hands them to `run_of`."""
    return _FILES(config_options(command))


def config_options(command: Command) -> Command:
    """Adds the options of the config, for a command that names its inputs itself; `options_of` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def output(*forms: str, default: str = "text") -> Callable[[Command], Command]:
    """Adds `-o FORM`."""
    choice = click.Choice(forms or FORMS)
    text = f"Output format (default {default})."
    return click.option("-o", "--output", "form", type=choice, default=default, help=text)


def options_of(given: dict[str, Any]) -> function.Options:
    """The function's options from what `reads_builds` added. Raises UsageError for a missing file."""
    return function.Options(
        config=inputs.named(given["config"]),
        overrides=(*given["mode"], *given["namespace"], *given["sets"]),
        inventory=inputs.named(given["inventory"]),
    )


def read(files: Sequence[str]) -> list[inputs.Input]:
    """The inputs; waiting for a keyboard would look like hanging."""
    if not files and inputs.nothing_piped():
        raise click.UsageError("nothing to read: pipe a build in or name a FILE or DIR")
    context = click.get_current_context()
    exclude = context.params.get("exclude", ())
    return inputs.read(list(files), exclude=exclude, command=context.info_name or "")


def run_of(given: dict[str, Any], aside: Aside = None, policies: Maker | None = None) -> Run:
    """The function's plan and policies for what the command line names. Raises RefusedError."""
    options = options_of(given)
    named = read(given["files"])
    return run_on(named, options, allow_empty=given["allow_empty"], aside=aside, policies=policies)


def run_on(
    named: list[inputs.Input],
    options: function.Options,
    *,
    allow_empty: bool = True,
    aside: Aside = None,
    policies: Maker | None = None,
) -> Run:
    """The function's plan and policies for these inputs. Raises RefusedError, also where they show no object at all and
    that is not what was meant. `aside` begins work in another process, and `policies` makes a plan's with its help."""
    with Progress() as told, _excludable(named):
        sources = []
        for number, (name, data) in enumerate(named):
            told(f"reading {name}", number, len(named))
            sources.append(ahead.split(data, name))
        ready = parsing(sources) if aside else None
        if not allow_empty:
            refuse_empty(sources)
        config = config_of(sources, options.config, options.overrides)
        told("working out which connections are needed")
        maker = partial(policies, sources) if policies else None
        made = function.make(sources, config, options, keep=True, aside=aside, ready=ready, policies=maker)
        run = Run(sources, made)
    _latest[:] = [run]
    return run


@contextmanager
def _excludable(named: list[inputs.Input]) -> Iterator[None]:
    """Where one of several files cannot be read, the refusal says how to go on without it."""
    try:
        yield
    except RefusedError as refusal:
        found, way = refusal.finding, function.LEFT_OUT_BY  # the function says it of several sources
        if len(named) == 1 or not found.line or way in found.cure or found.file not in dict(named):
            raise
        raise RefusedError(found._replace(cure="; ".join(filter(None, (found.cure, way))))) from None


# Stays until the process ends: to take a large run apart object by object serves nobody.
_latest: list[object] = []


def keep(*answers: object) -> None:
    """The same for what was made of the latest run."""
    _latest.extend(answers)


def refuse_no_namespace(run: Run, given: dict[str, Any]) -> None:
    """Raises RefusedError where objects were read and none of them is in a namespace that gets policies."""
    if not (given["allow_empty"] or run.made.plan.namespaces):
        raise RefusedError(no_namespace(run.sources))


def warn(
    run: Run, given: dict[str, Any], answer: str, *, beside: int = 0, said: list[Finding] | None = None
) -> None:
    """What the input leaves to be said: findings about the user's own config, the others with `-v`, and one line
    that says what was looked at. `answer` begins it, as in `list: 12 connections`; `beside` warnings are part of it.
    `said` are the run's findings, where they are known already."""
    said = findings(run.sources, run.made.plan, run.made.policies) if said is None else said
    said = [one for one in said if one.severity != INFO or one.about_config]
    verbose = given["verbose"]
    say(map(told, placed(printed(said, verbose=verbose), run.sources)))
    opens = run.made.policies.opened
    opened = f"; {plural(opens, 'flow')} that your own policies close will be open" if opens else ""
    say(
        [
            f"cilium-policies: {answer}; {looked_at(run)}{opened}{unprinted(said, verbose=verbose, beside=beside)}"
        ]
    )


def say_of_config(run: Run) -> None:
    """The findings about the user's own config, which no command keeps to itself."""
    said = findings(run.sources, run.made.plan, run.made.policies)
    say(told(one) for one in placed(said, run.sources) if one.about_config)


def looked_at(run: Run) -> str:
    """`212 objects, 9 namespaces, 41 policies to be written, 3 in the input`."""
    made = run.made
    written = len(policy_objects(made.plan.cluster.inventory)) + len(made.read.own)
    return ", ".join((
        plural(counted(run.sources), "object"),
        plural(len(made.plan.namespaces), "namespace"),
        f"{plural(len(made.policies.policies), 'policy', 'policies')} planned",
        f"{written} in the input",
    ))  # fmt: skip


def show(
    tables: Sequence[Table],
    form: str,
    kind: str = "",
    runs: Sequence[Run] = (),
    items: Sequence[dict[str, Any]] | None = None,
    **more: Any,
) -> None:
    """Tables on stdout; a terminal's width limits text. JSON is an answer of this `kind` about these runs (see
    `envelope`): `items`, else the first table's rows."""
    if form == "json" and kind:
        put(envelope(kind, items_of(tables[0]) if items is None else items, runs, **more).encode())
        return
    width = 0
    if sys.stdout.isatty():
        import shutil

        width = shutil.get_terminal_size((100, 24)).columns
    put_text(rendered(tables, form, width))
