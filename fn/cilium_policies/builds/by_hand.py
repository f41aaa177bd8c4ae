"""Kustomizations that change Applications and that no Application builds: somebody applies them by hand, as the first
step of many a cluster (`kubectl apply -k bootstrap/overlays/prod`)."""

from __future__ import annotations

import os

from cilium_policies.builds import plain
from cilium_policies.builds.app_roots import Written, paths
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.reach import lies_in, named, reach
from cilium_policies.builds.repository import ARGO, Repository
from cilium_policies.document.finding import RefusedError, refused

_HARMLESS = frozenset(("apiVersion", "kind", "metadata", "resources", "bases"))


def overlays(repository: Repository, first: list[Written]) -> dict[str, set[str]]:
    """The folders of such kustomizations below the folder asked for, each with the files of the Applications that it
    changes. Raises RefusedError where several change the same ones: each is another cluster's."""
    built = {path for body, _ in first for path in paths(body)}
    files = {file for _, file in first if not lies_in(file, built)}
    if not files:
        return {}
    outermost = (one for one in plain.outermost(repository) if not lies_in(one, built))
    found = {
        folder: held
        for folder in outermost
        if (held := named(repository, folder) & files) and _changes(repository, folder)
    }
    shared = [one for one in found if any(found[one] & found[other] for other in found if other != one)]
    if shared:
        shown = ", ".join(os.path.relpath(repository.place(one)) for one in shared[:8])
        more = f" … ({len(shared)})" if len(shared) > 8 else ""
        raise refused(
            f"{len(shared)} kustomizations change the same Applications",
            f"choose one: cilium-policies build FOLDER, with {shown}{more}",
        )
    return found


def _changes(repository: Repository, folder: str) -> bool:
    """Whether a kustomization, or one that it builds on, does more than to list what is applied."""
    for one in (folder, *reach(repository, folder)):
        try:
            file = repository.kustomizations.get(one)
            if file and not _HARMLESS.issuperset(repository.fields(repository.place(file))):
                return True
        except RefusedError:
            continue
    return False


def application(folder: str) -> Fields:
    """An Application that stands for somebody's `kubectl apply -k`; no real one may be called so."""
    return {
        "apiVersion": f"{ARGO}/v1alpha1",
        "kind": "Application",
        "metadata": {"name": folder or "."},
        "spec": {"source": {"path": folder}},
    }
