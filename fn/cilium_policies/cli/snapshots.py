"""Which policies a question about connections is asked of: those that the input holds, or those that it would get."""

from __future__ import annotations

from functools import partial

import click

from cilium_policies.checks.rows import Texts
from cilium_policies.checks.snapshot import Snapshot, as_written, with_generated
from cilium_policies.cilium.validity import VERSIONS
from cilium_policies.cli.options import Command, Run

_HELP = (
    "written: the policies in the input alone; planned: those that the function would write, beside yours. "
    "Left out: written where the input holds some of the function's, else planned."
)


def chooses_policies(command: Command) -> Command:
    """Adds `--policies written|planned`."""
    return click.option("--policies", "which", type=click.Choice(("written", "planned")), help=_HELP)(command)


def snapshot(run: Run, which: str | None, *, enforced: bool, glass: bool = True) -> Snapshot:
    """The pods and policies of a run. `enforced`: the function's own policies deny by default in any mode; `glass`:
    those that open a namespace in an emergency count."""
    own = [one.policy for one in run.made.read.own]
    broken = run.made.read.glass if glass else []
    cluster = run.made.plan.cluster
    versions = (cluster.settings.cilium_version or VERSIONS[-1],)
    read = partial(Texts(run.sources).known, versions=versions)
    if which == "written" or (which is None and own):
        return as_written(cluster, [*own, *broken], enforced=enforced, read=read)
    return with_generated(cluster, run.made.policies.policies, enforced=enforced, glass=broken, read=read)
