"""`rollout`: the phases of enforcement, and the step to the next."""

from __future__ import annotations

from typing import IO, Any

import click

from cilium_policies.cli import edit, inputs, options
from cilium_policies.cli.audit import enforced_audit, read_all
from cilium_policies.cli.streams import put, put_text, say
from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.generate.break_glass import still_open
from cilium_policies.questions import rollout as question
from cilium_policies.questions.recording import opened

_PASTE = """\
  # Below spec: of the config. Editors check it with docs/schema of this program and this line as its first:
  # yaml-language-server: $schema=PATH/config.json
"""


@click.command("rollout", short_help="shows the phases of enforcement")
@options.reads_builds
@options.output()
@click.option("--propose", is_flag=True, help="Prints phases for a config that has none, as YAML.")
@click.option("--advance", is_flag=True, help="Sets the next phase in the file that --config names.")
@click.option(
    "--to", metavar="N", type=click.IntRange(0), help="Sets phase N in the file that --config names."
)
@click.option(
    "--accept-uncovered",
    "accept",
    is_flag=True,
    help="Also enforces directions about which nothing is known, and writes rollout.accepted.",
)
@click.option("--dry-run", is_flag=True, help="Shows the line that --advance or --to would change.")
@click.option("--if-clean", "dump", metavar="DUMP", type=click.File("rb"),
              help="Only if this recording (see audit) shows nothing that would be cut.")  # fmt: skip
@click.option(
    "--window", metavar="TIME", default="24h", show_default=True, help="What DUMP must span: 90m, 24h, 7d."
)
def rollout_command(
    form: str,
    propose: bool,
    advance: bool,
    to: int | None,
    accept: bool,
    dry_run: bool,
    dump: IO[bytes] | None,
    window: str,
    **given: Any,
) -> int:
    """Shows what each phase of spec.rollout enforces, what is uncovered in it, and which namespaces come late.

    --advance changes one number in your own config file, keeps its comments and layout, and prints the line and
    the way back. It needs the manifests, as FILE or DIR: it goes no further while a policy of break-glass stands in
    them, nor where the phase would enforce a direction of which nothing is known (list --uncovered), unless told
    --accept-uncovered. A step back with --to asks nothing.

    \b
    cilium-policies rollout --config cilium-policies.yaml rendered/
    cilium-policies rollout --config cilium-policies.yaml --advance rendered/
    cilium-policies rollout --config cilium-policies.yaml --advance --if-clean week.json --window 7d rendered/

    --if-clean goes on only when, for each namespace that would newly be enforced, DUMP spans the window without a
    gap, lost nothing, holds a policy verdict in each direction that has workloads, and none that would be cut.

    Exit code: 0 done; 1 input or config refused, or the recording not clean; 2 wrong command line.
    """
    if advance or to is not None:
        if not given["config"]:
            raise click.UsageError("--advance and --to change a file: name it with --config")
        if given["files"]:
            _refuse_open(given)
        if dump is not None and not _is_clean(dump, to, window, given):
            return 1
        text = _text_of(given["config"])
        wanted = edit.phase_edit(given["config"], text, to)
        if wanted.phase == wanted.was:
            say([f"cilium-policies: {given['config']} is at phase {wanted.was} already: nothing to change"])
            return 0
        if wanted.phase > wanted.was and not _is_known(wanted.phase, accept, given):
            return 1
        change = edit.phase_edit(given["config"], text, to, accept=accept and wanted.phase > wanted.was)
        return _set_phase(given["config"], change, dry_run)
    if dump is not None:
        raise click.UsageError("--if-clean goes with --advance or --to")
    run = options.run_of(given)
    if propose:
        put(_PASTE.encode() + question.as_yaml(question.proposed(run.made.plan)).encode())
        options.warn(run, given, "rollout")
        return 0
    options.show([question.phases(run.made.plan)], form, "PhaseList", [run], question.values(run.made.plan))
    options.warn(run, given, "rollout")
    say([f"cilium-policies: {question.next_step(run.made.plan)}"])
    return 0


def _is_clean(dump: IO[bytes], to: int | None, window: str, given: dict[str, Any]) -> bool:
    """Whether the recording is reason enough; where not, the reasons are said."""
    from cilium_policies.questions import clean

    if not given["files"]:
        raise click.UsageError("--if-clean needs the manifests: name them as FILE or DIR")
    try:
        seconds = clean.window_of(window)
    except ValueError as error:
        raise click.UsageError(f"--window: {error}") from None
    run = options.run_of(given)
    audit, _ = enforced_audit(run)
    plan = run.made.plan
    assert audit.repository is not None
    rollout = plan.config.rollout
    if rollout is None:
        raise refused("the config has no spec.rollout", "cilium-policies rollout --propose prints one")
    phase = rollout.phase + 1 if to is None else to
    wanted = clean.coming(plan, plan.config._replace(rollout=rollout._replace(phase=phase)))
    recording = opened(dump)
    if recording.metrics is not None:
        heard = clean.of_metrics(recording.metrics, audit.repository)
    else:
        read_all(audit, recording.lines)
        heard = clean.of_flows(audit)
    found = list(clean.reasons(heard, wanted, seconds))
    say(f"cilium-policies: not clean: {reason}" for reason in found)
    if found:
        say([f"cilium-policies: phase {phase} is not set: {dump.name} gives {len(found)} reasons against it"])
    else:
        spaces = ", ".join(sorted({name for name, _ in wanted})) or "no namespace with workloads"
        say([f"cilium-policies: clean for {spaces}: {clean.span_in_words(heard)}"])
    return not found


def _is_known(phase: int, accept: bool, given: dict[str, Any]) -> bool:
    """Whether nothing unknown would be denied in the phases up to this one, or somebody has accepted that. What is
    known in part is listed in any case."""
    from cilium_policies.questions import ahead

    if not given["files"]:
        raise click.UsageError("going on needs the manifests: name them as FILE or DIR")
    found = ahead.directions(options.run_of(given).made.plan, phase)
    say(f"cilium-policies: known in part: {one}" for one in found.guessed)
    if not found.unknown:
        return True
    say(f"cilium-policies: unknown: {one}" for one in found.unknown)
    if accept or found.accepted:
        return True
    say(
        [
            f"cilium-policies: phase {phase} is not set: nothing is known of {len(found.unknown)} directions that it"
            " would enforce; say what they need (list --uncovered), hold them (namespaces.uncovered: audit), or"
            " --accept-uncovered"
        ]
    )
    return False


def _refuse_open(given: dict[str, Any]) -> None:
    """An emergency that is not over is no time to enforce more."""
    open_ends = list(still_open(options.run_of({**given, "allow_empty": True}).made.read.glass))
    if open_ends:
        raise RefusedError(open_ends[0])


def _text_of(file: str) -> str:
    try:
        return inputs.read_file(file).decode("utf-8")
    except UnicodeDecodeError:
        raise refused("not UTF-8", "save it as UTF-8", file=file) from None


def _set_phase(file: str, change: edit.Edit, dry_run: bool) -> int:
    if not dry_run:
        edit.save(file, change.text)
    lines = [f"{file}:{change.line}"]
    if change.old:
        lines.append(f"-{change.old}")
    lines.append(f"+{change.new}")
    put_text("".join(f"{line}\n" for line in lines))
    done = "would be" if dry_run else "is"
    back = f"cilium-policies rollout --config {file} --to {change.was}"
    say([f"cilium-policies: phase {change.phase} {done} set; back: {back}"])
    return 0
