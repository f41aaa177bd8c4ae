"""`rollout`: the phases of enforcement, and the step to the next."""

from __future__ import annotations

from typing import Any

import click

from cilium_policies.cli import edit, inputs, options
from cilium_policies.cli.streams import put, say
from cilium_policies.document.finding import refused
from cilium_policies.questions import rollout as question


@click.command("rollout", short_help="shows the phases of enforcement")
@options.reads_builds
@options.output()
@click.option("--propose", is_flag=True, help="Prints phases for a config that has none, as YAML.")
@click.option("--advance", is_flag=True, help="Sets the next phase in the file that --config names.")
@click.option(
    "--to", metavar="N", type=click.IntRange(0), help="Sets phase N in the file that --config names."
)
@click.option("--dry-run", is_flag=True, help="Shows the line that --advance or --to would change.")
def rollout_command(
    form: str, propose: bool, advance: bool, to: int | None, dry_run: bool, **given: Any
) -> int:
    """Shows what each phase of spec.rollout enforces, what is uncovered in it, and which namespaces come late.

    --advance changes one number in your own config file, keeps its comments and layout, and prints the line and
    the way back.

    \b
    cilium-policies rollout --config cilium-policies.yaml rendered/
    cilium-policies rollout --config cilium-policies.yaml --advance

    Exit code: 0 done; 1 input or config refused; 2 wrong command line.
    """
    if advance or to is not None:
        if not given["config"]:
            raise click.UsageError("--advance and --to change a file: name it with --config")
        return _set_phase(given["config"], to, dry_run)
    run = options.run_of(given)
    if propose:
        put(question.as_yaml(question.proposed(run.made.plan)).encode())
        return 0
    options.show([question.phases(run.made.plan)], form, "PhaseList", [run], question.values(run.made.plan))
    options.warn(run, given, "rollout")
    say([f"cilium-policies: {question.next_step(run.made.plan)}"])
    return 0


def _set_phase(file: str, wanted: int | None, dry_run: bool) -> int:
    try:
        text = inputs.read_file(file).decode("utf-8")
    except UnicodeDecodeError:
        raise refused("not UTF-8", "save it as UTF-8", file=file) from None
    change = edit.phase_edit(file, text, wanted)
    if not dry_run:
        edit.save(file, change.text)
    lines = [f"{file}:{change.line}"]
    if change.old:
        lines.append(f"-{change.old}")
    lines.append(f"+{change.new}")
    put("".join(f"{line}\n" for line in lines).encode())
    done = "would be" if dry_run else "is"
    back = f"cilium-policies rollout --config {file} --to {change.was}"
    say([f"cilium-policies: phase {change.phase} {done} set; back: {back}"])
    return 0
