"""Whether Flux reads a folder that policies are written to, as far as the files around it tell."""

from __future__ import annotations

import os
from collections.abc import Iterable

from cilium_policies.builds.entries import entries
from cilium_policies.builds.git import git_root
from cilium_policies.builds.reach import covered, is_nearest
from cilium_policies.builds.repository import FLUX, Repository, clean, path_of, within

_OWN = "/network-policies/ks.yaml"


def unread(output: str, namespaces: Iterable[str]) -> list[str]:
    """The folders that Flux Kustomizations around `output` build, where none of them reads what is written for the
    namespaces; [] where one does, or where nothing here tells."""
    folder = os.path.realpath(output)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    if not git_root(folder):
        return []  # what lies around it may be a whole disk
    repository = Repository(folder)
    repository.found = [one for one in repository.found if not f"/{one.path}".endswith(_OWN)]
    written = {path for path in map(clean, _paths(repository)) if repository.is_folder(path)}
    if not written:
        return []
    home = os.path.relpath(os.path.realpath(output), repository.root).replace(os.sep, "/")
    home = "" if home == "." else f"{home}/"
    targets = {f"{home}{one}" for one in namespaces} | {f"{home}network-policies"}
    if any(_reads(repository, path, target) for path in written for target in targets):
        return []
    return sorted(one for one in written if not any(within(one, it) for it in written - {one})) or ["."]


def _paths(repository: Repository) -> list[str]:
    """Where Flux Kustomizations lead, and where Flux starts."""
    found = [path for one in repository.kinds("Kustomization", FLUX) if "$" not in (path := path_of(one))]
    return [*filter(None, found), *(f"./{path}" for entry in entries(repository) for path in entry.folders)]


def _reads(repository: Repository, path: str, target: str) -> bool:
    """Whether the build of `path` comes to the folder `target`: it lies below with no kustomization between, or
    a kustomization names it."""
    if path not in repository.kustomizations and is_nearest(repository, target, path):
        return True
    return any(one in (target, f"{target}/network-policies") for one in covered(repository, path))
