"""Folders that `build` does not build, and the line that does."""

from __future__ import annotations

import os
import re

from cilium_policies.builds.programs import rendered_by
from cilium_policies.builds.repository import Repository, within
from cilium_policies.document.finding import RefusedError, refused

_READ = "cilium-policies report"
_FOLDER = "helmfile.d"  # what it holds is one helmfile
_STATE = (re.compile(rb"(?m)^releases:"), re.compile(rb"(?m)^(?:-|[ \t])[ \t]*(?:-[ \t]+)?chart:"))
_OBJECT = (re.compile(rb"(?m)^[ \t\"]*apiVersion\b"), re.compile(rb"(?m)^[ \t\"]*kind\b"))


def begins_above(repository: Repository, folder: str) -> RefusedError:
    """That no path leads anywhere from the folder asked for, and from one above it does."""
    above, here = os.path.relpath(repository.may_begin), os.path.relpath(folder, repository.may_begin)
    return refused(
        f"none of the paths that are built lie in {folder}, and no .git above it says where the repository begins",
        f"if it begins in {above}: cilium-policies build {above} --cluster {here}; if here: git init",
    )


def nothing_to_build(repository: Repository) -> RefusedError:
    """Why there is nothing for kustomize, with what to run instead."""
    folder = os.path.relpath(repository.asked_folder)
    files = _helmfiles(repository)
    if files:
        place = os.path.relpath(repository.place(files[0]))
        many = f"{len(files)} helmfiles here, as {place}" if len(files) > 1 else f"{place} is a helmfile"
        return refused(f"{many}: helmfile renders it",
                       f"helmfile -f {place} template --include-crds | {_READ} > report.html")  # fmt: skip
    bare = any(_holds(repository, one, _OBJECT) for one in repository.files)
    if made := rendered_by(repository, project=bare):
        return made
    charts = sorted(one for one in repository.charts if within(one, repository.asked))
    if charts:
        place = os.path.relpath(repository.place(charts[0]))
        name = os.path.basename(repository.place(charts[0]))
        many = (
            f"{len(charts)} Helm charts here, as {place}" if len(charts) > 1 else f"{place} is a Helm chart"
        )
        which = "each" if len(charts) > 1 else "it"
        return refused(f"{many}: helm renders {which} with the values you install it with",
                       f"helm template {name} {place} -n NAMESPACE -f VALUES.yaml | {_READ} > report.html"
                       + (" (all of them into one folder, then report FOLDER)" if len(charts) > 1 else ""))  # fmt: skip
    if bare:
        return refused(f"nothing to build in {folder}: no Flux Kustomization, Application, kustomization or fleet.yaml",
                       f"{_READ} {folder} reads manifests as they are")  # fmt: skip
    cure = f"name the folder of the repository; {_READ} FOLDER reads what a program of your own has made"
    return refused(f"nothing to build in {folder}: no manifests", cure)


def _helmfiles(repository: Repository) -> list[str]:
    """The helmfiles below the folder asked for: by their names, the folder that holds parts of one, or by what they
    say."""
    named = [one for one in repository.helmfiles if within(one, repository.asked)]
    if named:
        return named
    folders = [one.rpartition("/")[0] for one in repository.files if within(one, repository.asked)]
    parts = [one for one in folders if one.rpartition("/")[2] == _FOLDER]
    return sorted(set(parts)) or [one for one in repository.files if _holds(repository, one, _STATE)]


def _holds(repository: Repository, path: str, signs: tuple[re.Pattern[bytes], ...]) -> bool:
    """Whether a file below the folder asked for has each of the signs."""
    if not within(path, repository.asked):
        return False
    data = repository.data(path)
    return all(sign.search(data) for sign in signs)
