"""Folders that `build` does not build, and the line that does."""

from __future__ import annotations

import os

from cilium_policies.builds.repository import Repository, within
from cilium_policies.document.finding import RefusedError, refused

_READ = "cilium-policies report"


def nothing_to_build(repository: Repository) -> RefusedError:
    """Why there is nothing for kustomize, with what to run instead."""
    folder = os.path.relpath(repository.asked_folder)
    files = [one for one in repository.helmfiles if within(one, repository.asked)]
    if files:
        place = os.path.relpath(repository.place(files[0]))
        return refused(f"{place} is a helmfile: helmfile renders it",
                       f"helmfile -f {place} template --include-crds | {_READ} > report.html")  # fmt: skip
    charts = sorted(one for one in repository.charts if within(one, repository.asked))
    if charts:
        place = os.path.relpath(repository.place(charts[0]))
        name = os.path.basename(repository.place(charts[0]))
        many = (
            f"{len(charts)} Helm charts here, as {place}" if len(charts) > 1 else f"{place} is a Helm chart"
        )
        return refused(f"{many}: helm renders it with the values you install it with",
                       f"helm template {name} {place} -n NAMESPACE -f VALUES.yaml | {_READ} > report.html"
                       + (" (all of them into one folder, then report FOLDER)" if len(charts) > 1 else ""))  # fmt: skip
    if any(within(one, repository.asked) for one in repository.files):
        return refused(f"nothing to build in {folder}: no Flux Kustomization, Application or kustomization",
                       f"{_READ} {folder} reads manifests as they are")  # fmt: skip
    return refused(f"nothing to build in {folder}: no manifests", "name the folder of the repository")
