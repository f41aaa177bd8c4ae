"""The whole function: text in, the cluster that it shows, a plan of who needs whom, policies, text out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cilium_policies.config.model import Config
from cilium_policies.config.settings import config_of, settings
from cilium_policies.document.finding import ERROR, Finding, RefusedError, line_of
from cilium_policies.document.finding import refused as error
from cilium_policies.document.source import RESOURCE_LIST, Source, identity
from cilium_policies.document.split import split
from cilium_policies.generate.reconcile import changes, documents
from cilium_policies.krm.answer import pieces
from cilium_policies.krm.ids import has_paths
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.reading import Objects, objects
from cilium_policies.lean import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cilium_policies.evidence.carried import Aside
    from cilium_policies.generate.plan import Plan
    from cilium_policies.generate.policies import Policies
    from cilium_policies.kube.objects import Object
    from cilium_policies.workloads.inventory.told import Read


class Options(NamedTuple):
    """What a command line says: `config` and `inventory` as (file name, bytes), `overrides` as (path, text)."""

    config: tuple[str, bytes] | None = None
    overrides: tuple[tuple[str, ...], ...] = ()
    inventory: tuple[str, bytes] | None = None
    only_policies: bool = False
    verbose: bool = False
    allow_empty: bool = True  # False: an input in which there is nothing to look at is an error


class Outcome(NamedTuple):
    """The whole answer; nothing is written before it stands here. `code` is the exit code.

    `pieces` are slices of the input and new texts, to be taken once: joined they would double the memory.
    """

    pieces: Iterable[bytes | memoryview]
    stderr: list[str]
    code: int

    @property
    def stdout(self) -> bytes:
        return b"".join(self.pieces)


class Made(NamedTuple):
    """What a run makes of its input."""

    config: Config
    read: Objects
    plan: Plan
    policies: Policies
    older: list[Finding]  # what an inventory does not know of this input


def run(inputs: list[tuple[str, bytes]], options: Options) -> Outcome:
    """One run over (name, bytes) inputs; every way of running the program comes through here."""
    sources: list[Source] = []
    try:
        sources += (split(data, name) for name, data in inputs)
        if not options.allow_empty:
            from cilium_policies.kube.empty import refuse_empty

            refuse_empty(sources)
        config = config_of(sources, options.config, options.overrides)
        refuse_generators(sources)
        if not config.enabled or not (any(source.items for source in sources) or config.named_namespaces):
            return passed_through(sources, objects(sources), config, options)
        made = make(sources, config, options)
        return (
            checked(sources, made, options) if config.action == "check" else answered(sources, made, options)
        )
    except RefusedError as refusal:
        return refused(sources, refusal)


def refuse_generators(sources: list[Source]) -> None:
    """Under `generators:` kustomize shows a function nothing but its own config. Raises RefusedError."""
    for source in sources:
        config = source.function_config
        if config is not None and len(source.items) == 1:
            only = source.items[0]
            if identity(only.load())[:4] == identity(config.load())[:4]:
                raise error(
                    "the list holds only the function's own config: under `generators:` kustomize shows nothing else",
                    "name it under `transformers:`, in a build that has resources",
                    file=source.file,
                    line=only.line,
                )


LEFT_OUT_BY = "--exclude GLOB leaves files out"


def refuse_unreadable(sources: list[Source]) -> None:
    """Raises RefusedError for the first item that is no YAML, with the number of files that hold such items."""
    bad = [
        next(filter(_is_error, source.findings)) for source in sources if any(map(_is_error, source.findings))
    ]
    if bad:
        more = f"; {len(bad) - 1} more files like this" if len(bad) > 1 else ""
        cure = f"{bad[0].cure}{more}; {LEFT_OUT_BY}" if len(sources) > 1 else bad[0].cure
        raise RefusedError(bad[0]._replace(cure=cure.removeprefix("; ")))


def _is_error(finding: Finding) -> bool:
    return finding.severity == ERROR


def make(
    sources: list[Source],
    config: Config,
    options: Options,
    *,
    keep: bool = False,
    aside: Aside = None,
    ready: Callable[[list[Object]], None] | None = None,
    policies: Callable[[Plan], Policies] | None = None,
) -> Made:
    """The plan and the policies for what the sources show. `keep`: their bodies stay, for who asks for them again.
    `aside` begins work in another process, for whom time counts for more than CPU; `ready` gives the objects the bodies
    that were parsed so, before the pods are found and behind it; `policies` makes those of the plan with its help."""
    # Imported here, so that an empty build and a refused config do not pay for them.
    from cilium_policies.catalogue.load import load as catalogue
    from cilium_policies.generate.plan import plan
    from cilium_policies.generate.policies import Policies
    from cilium_policies.workloads.gather import gather
    from cilium_policies.workloads.inventory.merge import other_builds

    refuse_unreadable(sources)
    read = objects(sources, config.default_namespace)
    known = catalogue(config.defined_components, config.disabled_components)
    others, outdated = other_builds(read, sources, config.inventory, options.inventory, known, _reader)
    told = settings(config, Inventory([*read.objects, *others]), known)
    told = told._replace(is_tree=bool(config.inventory or options.inventory))
    if ready is not None:
        ready(read.objects)
    cluster = gather(read.objects, known, told, others)
    if ready is not None:
        ready(read.objects)
    planned = plan(cluster, config, known, sources, aside)
    if keep:  # questions ask of single pods
        from cilium_policies.evidence.edge import written_out

        planned = planned._replace(edges=written_out(planned.edges))
    for one in () if keep else read.objects:
        one.forget()
    planned.findings.extend(outdated)
    return Made(config, read, planned, (policies or Policies)(planned), outdated)


def _reader() -> Read:
    """What finds the addresses in a text: for an inventory, which few builds have."""
    from cilium_policies.evidence.told import told

    return told


def answered(sources: list[Source], made: Made, options: Options) -> Outcome:
    """The items as they came, the policies after them, and what there is to say."""
    from cilium_policies.document.origin import placed
    from cilium_policies.generate.summary import findings, printed, summary

    said = findings(sources, made.plan, made.policies)
    shown = placed(printed(said, verbose=options.verbose), sources)
    lines = summary(said, shown, made.plan, made.policies, verbose=options.verbose)
    if not made.plan.namespaces:
        from cilium_policies.kube.empty import counted

        lines[-1] += f"; objects in the input: {counted(sources)}"
    if options.only_policies:
        return Outcome([documents(made.policies.policies)], lines, 0)
    source = sources[0]
    change = changes(made.read.own, made.policies.policies, comments=source.form != RESOURCE_LIST)
    return Outcome(pieces(source, results=said, drop_ids=True, **change._asdict()), lines, 0)


def checked(sources: list[Source], made: Made, options: Options) -> Outcome:
    """What the answer should hold and does not, as an answer."""
    return _verdict(sources, amiss(sources, made, options), len(made.plan.namespaces))


def amiss(sources: list[Source], made: Made, options: Options) -> list[Finding]:
    """What the answer should hold and does not."""
    from cilium_policies.generate.check import check  # builds that generate do not pay for it

    found = [one._replace(severity=ERROR) for one in made.older]
    if made.read.glass:
        from cilium_policies.generate.break_glass import still_open

        found += still_open(made.read.glass)
    found += check(made.plan, made.policies, [*made.read.own, *made.read.listed])
    if not (options.allow_empty or made.plan.namespaces):
        from cilium_policies.kube.empty import no_namespace

        found.append(no_namespace(sources))
    return found


def _verdict(sources: list[Source], found: list[Finding], namespaces: int) -> Outcome:
    """A list that kpt sent (its items have paths) goes back as it came; one of kustomize's goes back empty, as a
    validator must, but only when the check passed."""
    from cilium_policies.document.origin import placed
    from cilium_policies.generate.summary import plural

    lines = [f"cilium-policies: {line_of(finding)}" for finding in placed(found, sources)]
    told = plural(len(found), "finding") if found else "no problems"
    place = plural(namespaces, "namespace")
    lines.append(f"cilium-policies: check: {told} in {place}; checked only, nothing generated")
    if sources[0].form != RESOURCE_LIST or not (found or _from_kpt(sources[0])):
        return Outcome([], lines, 1 if found else 0)
    return Outcome(pieces(sources[0], results=found), lines, 1 if found else 0)


def _from_kpt(source: Source) -> bool:
    """kpt says which file an item came from. kustomize does so too behind a first function, but marks each item."""
    return has_paths(source) and b"kustomize.config.k8s.io/id" not in source.data


def passed_through(sources: list[Source], read: Objects, config: Config, options: Options) -> Outcome:
    """Nothing to do, or `enabled: false`: every item as it came, less the policies of earlier runs."""
    if config.action == "check":
        from cilium_policies.generate.check import stale

        return _verdict(sources, list(map(stale, [*read.own, *read.listed])), 0)
    off = "switched off by spec.enabled; its own policies are removed"
    lines = [f"cilium-policies: {'0 objects in the input, nothing to do' if config.enabled else off}"]
    if options.only_policies:
        return Outcome([], lines, 0)
    change = changes(read.own, [], comments=False)
    return Outcome(pieces(sources[0], results=[], drop_ids=True, **change._asdict()), lines, 0)


def refused(sources: list[Source], refusal: RefusedError) -> Outcome:
    """An error: one line on stderr; a ResourceList goes back whole, with the error among its results."""
    from cilium_policies.document.origin import placed

    line = f"cilium-policies: {line_of(placed([refusal.finding], sources)[0])}"
    whole = len(sources) == 1 and sources[0].form == RESOURCE_LIST
    return Outcome(pieces(sources[0], results=[refusal.finding]) if whole else [], [line], 1)
