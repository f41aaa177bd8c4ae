"""Which folders of a repository a kustomization builds on, read without building."""

from __future__ import annotations

import os

from cilium_policies.builds import kustomization
from cilium_policies.builds.inflation import folders_of
from cilium_policies.builds.repository import Repository, within
from cilium_policies.document.finding import RefusedError


def reach(repository: Repository, folder: str) -> set[str]:
    """The folders that a kustomization builds on, however deep; components are shared by nature."""
    found: set[str] = set()
    waiting = [folder]
    while waiting:
        one = waiting.pop()
        if one not in repository.kustomizations:
            continue
        try:
            fields = kustomization.read(repository.place(repository.kustomizations[one]))
        except RefusedError:
            continue
        for place in folders_of({**fields, "components": []}, repository.place(one)):
            path = os.path.relpath(place, repository.root).replace(os.sep, "/")
            if path not in found:
                found.add(path)
                waiting.append(path)
    return found


def covered(repository: Repository, path: str) -> set[str]:
    """The folders whose files a Flux Kustomization of this path builds: itself, and what lies or is named below."""
    found = {path}
    for folder in repository.kustomizations:
        if within(folder, path):
            found |= reach(repository, folder)
    return found
