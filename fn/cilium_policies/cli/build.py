"""`build`: a repository as it lies, as one stream. The one command that starts processes."""

from __future__ import annotations

import os

import click

from cilium_policies.cli.building import WITH, Given, run_build


@click.command("build", short_help="builds a Flux, Argo CD, Fleet or kustomize repository as one stream")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(exists=True, file_okay=False))
@click.option(
    "--cluster",
    metavar="PATH",
    default="",
    help="Which cluster, where the repository holds several: the folder that Flux starts from, Argo CD's name or"
    " address for it, a target of Fleet's or the cluster's labels (env=prod,region=eu).",
)
@click.option(
    "--with",
    "command",
    type=click.Choice(WITH),
    help="The tool that builds (default: kustomize, else kubectl). flate renders charts as well.",
)
@click.option(
    "--source",
    "sources",
    metavar="NAME=DIR",
    multiple=True,
    help="The folder that a Flux source is made of, where it is another repository, or an artifact of a folder of"
    " this one; with Fleet, the name of the GitRepo that applies it (NAME=.). Repeat it as you need.",
)
@click.option(
    "--partial",
    is_flag=True,
    help="Prints the rest if something fails; what failed is marked, and its namespace gets no default-deny.",
)
def build_command(
    folder: str, cluster: str, command: str | None, sources: tuple[str, ...], partial: bool
) -> int:
    """Prints what the cluster of a repository applies: Flux, Argo CD, Fleet, or a folder with a kustomization.

    This is the one command that starts other programs: kustomize (or kubectl) by the rules of these, and helm for
    charts of the repository. Charts from elsewhere stay HelmReleases and Applications, which every other command reads
    as they are.

    \b
    cilium-policies build . | cilium-policies report > report.html
    cilium-policies build --cluster clusters/production . | cilium-policies write --output policies
    cilium-policies build --cluster clusters/production --source infra=../infra . > cluster.yaml

    Exit code: 0 done; 1 something could not be built (nothing is printed then); 2 wrong command line.
    """
    return run_build(Given(folder, cluster, command or "", _folders(sources), partial))


def _folders(sources: tuple[str, ...]) -> dict[str, str]:
    """The folders by source. Raises UsageError for one that is not there."""
    pairs = [one.partition("=") for one in sources]
    for name, _, place in pairs:
        if not (name and os.path.isdir(place)):
            raise click.UsageError(f"--source {name}={place}: no such folder; write --source NAME=DIR")
    return {name: place for name, _, place in pairs}
