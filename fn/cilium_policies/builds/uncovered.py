"""What a repository holds and the cluster that was built does not apply: it may be a cluster of its own, or be applied
by hand."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from cilium_policies.builds.notes import Note
from cilium_policies.builds.reach import lies_in, named, patched
from cilium_policies.builds.repository import FLUX, Found, Repository, within
from cilium_policies.builds.unit import Unit
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.split import split


def kustomizations(repository: Repository, units: list[Unit], entry: str) -> Iterator[Note]:
    """The Flux Kustomizations in files that no build of the cluster comes to, one of them at least by a name that none
    has. Where all lie in one folder, and some are the cluster's by name, that is another cluster."""
    found = repository.kinds("Kustomization", FLUX)
    names = [unit.one.name for unit in units]
    known = "\n".join(names)  # a kustomization may give a name a prefix
    if all(one.one.name in known for one in found):
        return
    paths = dict.fromkeys(unit.path for unit in units if unit.root)
    files = set().union(*(named(repository, path) for path in paths))
    files = files.union(*(patched(repository, folder) for folder in repository.kustomizations))
    others = [one for one in found if one.path not in files and not _is_component(one, repository)]
    unknown = [one for one in others if one.one.name not in known]
    if not unknown:
        return
    cure = ""
    for group in (others, unknown):
        folder = os.path.commonpath([one.folder for one in group]) if all(one.folder for one in group) else ""
        beside = [one for one in others if folder and within(one.folder, folder)]
        apart = not any(within(one.folder, folder) for one in found if one not in others)
        if apart and any(one.one.name in names for one in beside):
            cure, unknown = f"; --cluster {folder} builds it", beside
            break
    for path in dict.fromkeys(one.path for one in unknown):
        yield Note(path, f"a Kustomization that nothing in {entry} leads to: left out{cure}")


def _is_component(one: Found, repository: Repository) -> bool:
    """Whether a file lies beside a component's kustomization, which others take in without naming the file."""
    from cilium_policies.builds import plain  # few repositories come here

    return any(
        plain.is_component(repository, folder)
        for folder in repository.kustomizations
        if within(one.folder, folder)
    )


def manifests(repository: Repository, covered: Iterable[str], told: str, below: str = "") -> Iterator[Note]:
    """The files with pods below a folder that lie in no folder that is built, nor below a kustomization or a chart,
    which have lines of their own; `told` is what is said of them."""
    folders = {*covered, *repository.kustomizations, *repository.charts}
    for path in repository.files:
        apart = within(path, below) and not lies_in(path, folders)
        if apart and _has_pods(repository.data(path), path):
            yield Note(path, told)


def _has_pods(data: bytes, path: str) -> bool:
    from cilium_policies.kube.pods import WORKLOAD_KINDS

    try:
        items = split(data, path).items
    except RefusedError:  # a template, or no text
        return False
    return any(one.api_version and (one.kind in WORKLOAD_KINDS or one.kind == "HelmRelease") for one in items)
