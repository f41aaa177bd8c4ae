"""Which folders of a repository a kustomization builds on, read without building."""

from __future__ import annotations

import os
from collections.abc import Set

from cilium_policies.builds.kustomization import folders_of
from cilium_policies.builds.repository import Repository, above, clean
from cilium_policies.document.finding import RefusedError
from cilium_policies.kube.objects import mappings, sequence


def reach(repository: Repository, folder: str) -> set[str]:
    """The folders that a kustomization builds on, however deep; components are shared by nature."""
    found: set[str] = set()
    waiting = [folder]
    while waiting:
        one = waiting.pop()
        if one not in repository.kustomizations:
            continue
        try:
            fields = repository.fields(repository.place(repository.kustomizations[one]))
        except RefusedError:
            continue
        for place in folders_of({**fields, "components": []}, repository.place(one)):
            path = os.path.relpath(place, repository.root).replace(os.sep, "/")
            if path not in found:
                found.add(path)
                waiting.append(path)
    return found


def named(repository: Repository, path: str) -> set[str]:
    """The files that a build of the folder comes to, however deep: those that kustomizations name, and below a folder
    without one all that Flux finds there."""
    files: set[str] = set()
    seen: set[str] = set()
    waiting = [path]
    while waiting:
        folder = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        if folder in repository.kustomizations:
            below = _resources(repository, folder)
        else:
            below = [one for one in repository.files_below(folder) if is_nearest(repository, one, folder)]
            waiting += [
                one for one in repository.folders_below(folder) if is_nearest(repository, one, folder)
            ]
        waiting += [one for one in below if repository.is_folder(one)]
        files.update(below)
    return files


def _resources(repository: Repository, folder: str) -> list[str]:
    """The files and folders that a kustomization names as what it builds on."""
    try:
        fields = repository.fields(repository.place(repository.kustomizations[folder]))
    except RefusedError:
        return []
    entries = [one for key in ("resources", "bases") for one in sequence(fields.get(key))]
    return [clean(f"{folder}/{one}") for one in entries if isinstance(one, str) and "\n" not in one]


def patched(repository: Repository, folder: str) -> set[str]:
    """The files that the kustomization of a folder lays over what it builds on."""
    try:
        fields = repository.fields(repository.place(repository.kustomizations[folder]))
    except (KeyError, RefusedError):
        return set()
    named = [one.get("path") for one in mappings(fields.get("patches"))]
    named += sequence(fields.get("patchesStrategicMerge"))
    return {clean(f"{folder}/{one}") for one in named if isinstance(one, str) and "\n" not in one}


def is_nearest(repository: Repository, path: str, folder: str) -> bool:
    """Whether a file or folder lies below `folder` with no kustomization between."""
    for one in above(path):
        if one == folder:
            return True
        if one in repository.kustomizations:
            return False
    return not folder


def lies_in(path: str, folders: Set[str]) -> bool:
    """Whether a path is one of these folders or below one, of which there may be as many as paths; "" is the root."""
    return not folders.isdisjoint((path, *above(path), ""))


def covered(repository: Repository, path: str) -> set[str]:
    """The folders whose files a Flux Kustomization of this path builds: itself, and what lies or is named below."""
    found = {path}
    for folder in repository.folders_below(path):
        found |= reach(repository, folder)
    return found
