"""`write`: the policies as a GitOps file tree."""

from __future__ import annotations

import os

import click

from cilium_policies import listing, tree
from cilium_policies.cilium.write import policy_text
from cilium_policies.cli import options
from cilium_policies.cli.streams import put_text, say
from cilium_policies.config.model import Config
from cilium_policies.document.finding import refused
from cilium_policies.kube.reading import COMPONENT
from cilium_policies.lean import Any


@click.command("write", short_help="writes the policies as a GitOps file tree")
@options.reads_builds
@click.option("--output", "root", metavar="DIR", required=True, type=click.Path(file_okay=False),
              help="The folder for NAMESPACE/network-policies/…; created if missing.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Shows what would change without changing anything.")
@click.option(
    "--prune", is_flag=True, help="Also removes files of this program that this input does not produce."
)
@click.option("--index", "indexed", is_flag=True,
              help="One kustomization lists every ks.yaml: yours needs one line. Later writes keep it.")  # fmt: skip
@click.option("--keep-others", is_flag=True, help="Does nothing any more: files are kept without --prune.")
def write_command(
    root: str, dry_run: bool, prune: bool, indexed: bool, keep_others: bool, **given: Any
) -> int:
    """Writes NAMESPACE/network-policies/{ks.yaml, app/{kustomization.yaml, default-deny.yaml, …}} below DIR.

    All inputs are read as one cluster. Only files whose first line says that they are this program's are replaced
    or removed; a second write changes nothing. List each ks.yaml where your other Kustomizations are listed, or with
    --index the folder network-policies once.

    What the config switches off (enabled, namespaces, mode off, components.disable) is removed. Any other file that
    this input does not give stays and is listed, as it may be another build's: --prune removes it.

    \b
    cilium-policies build . | cilium-policies write --output kubernetes/apps
    cilium-policies write --output kubernetes/apps --index rendered/

    Exit code: 0 done; 1 input, config or tree refused; 2 wrong command line.
    """
    run = options.run_of({**given, "allow_empty": True})
    config = run.made.config
    policies = [
        tree.Policy(one.namespace, one.name, policy_text(one))
        for one in (run.made.policies.policies if config.enabled else [])
    ]
    if config.enabled and not (policies or run.made.read.objects or given["allow_empty"]):
        raise refused(
            "the input shows nothing, and an empty tree would open the cluster", "name the manifests"
        )
    files = tree.files(policies, root, config.write)
    if keep_others:
        say(["cilium-policies: --keep-others does nothing any more: files are kept without --prune"])
    changes = tree.write(root, files, off=lambda *one: _off(config, *one), prune=prune, dry_run=dry_run,
                         indexed=indexed)  # fmt: skip
    options.warn(run, given, "write")
    _tell(changes, root, dry_run)
    say(
        f"cilium-policies: {place} does not list {what}: Flux will not see it"
        for place, what in listing.unlisted(root, changes.written)
    )
    say(_unread(root, policies))
    if config.write.path_prefix is None and (os.path.isabs(root) or ".." in root.split(os.sep)):
        say([f"cilium-policies: {root} is not a path within a source: set spec.write.pathPrefix for ks.yaml"])
    return 0


def _unread(root: str, policies: list[tree.Policy]) -> list[str]:
    """What to say where no Flux Kustomization around the folder reads it."""
    from cilium_policies.builds.read_by import unread

    found = unread(root, {one.namespace or tree.CLUSTER for one in policies})
    if not found:
        return []
    shown = ", ".join(found[:6]) + (f" and {len(found) - 6} more" if len(found) > 6 else "")
    return [f"cilium-policies: no Flux Kustomization reads {root}: Flux will not see it; they read {shown}"]


def _off(config: Config, folder: str, text: bytes) -> bool:
    """Whether the config switches off what this file of the folder holds."""
    if not config.enabled:
        return True
    if folder == tree.CLUSTER:
        return not config.cluster_wide
    if not config.includes(folder) or config.mode_of(folder).off:
        return True
    return any(f"{COMPONENT}: {name}\n".encode() in text for name in config.disabled_components)


def _tell(changes: tree.Changes, root: str, dry_run: bool) -> None:
    lines = [f"{sign} {path}" for sign, paths in zip("+~-", changes[:3], strict=True) for path in paths]
    put_text("".join(f"{line}\n" for line in lines))
    would = "would be " if dry_run else ""
    numbers = f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.removed)} removed"
    said = [f"cilium-policies: {root}: {would}{numbers}, {changes.unchanged} unchanged"]
    said += [f"cilium-policies: kept, although not in this input: {root}/{path}" for path in changes.kept]
    if changes.kept:
        said.append("cilium-policies: if no other build writes what is kept, --prune removes it")
    say(said)
