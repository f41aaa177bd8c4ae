"""A folder with a kustomization, and no Flux or Argo CD that says what is built."""

from __future__ import annotations

import os

from cilium_policies.builds import texts, tool
from cilium_policies.builds.inflation import Inflation
from cilium_policies.builds.reach import reach
from cilium_policies.builds.repository import Repository, Told, within
from cilium_policies.builds.workers import in_parallel
from cilium_policies.document.finding import RefusedError, line_of, refused


class Plain:
    """One folder that kustomize builds."""

    __slots__ = ("charts", "docs", "failure", "notes", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.docs: list[bytes] = []
        self.charts: list[bytes] = []
        self.notes: list[str] = []
        self.failure = ""

    @property
    def name(self) -> str:
        return self.path or "."


def roots(repository: Repository) -> list[Plain]:
    """The folders to build: the one asked for, else those that no other builds on. Raises RefusedError with the
    choices where they are one application's variants."""
    if repository.asked in repository.kustomizations:
        return [Plain(repository.asked)]
    reached = _reached(repository)
    found = _topmost(reached)
    shared = [one for one in found if any(reached[one] & reached[other] for other in found if other != one)]
    if shared:
        shared.sort(key=lambda one: -len(reached[one]))  # what builds on most is the whole, most often
        raise refused(f"{len(found)} kustomizations here, and {len(shared)} of them share bases",
                      _choices(repository, shared))  # fmt: skip
    return [Plain(one) for one in found]


def outermost(repository: Repository) -> list[str]:
    """The folders of kustomizations that no other one builds on."""
    return _topmost(_reached(repository))


def _reached(repository: Repository) -> dict[str, set[str]]:
    """What each kustomization below the folder asked for builds on."""
    below = [folder for folder in repository.kustomizations if within(folder, repository.asked)]
    return {folder: reach(repository, folder) for folder in below if not is_component(repository, folder)}


def _topmost(reached: dict[str, set[str]]) -> list[str]:
    below = {one for folder, others in reached.items() for one in others if one != folder}
    return [one for one in reached if one not in below]


def _choices(repository: Repository, folders: list[str]) -> str:
    shown = ", ".join(os.path.relpath(repository.place(one)) for one in folders[:8])
    more = f" … ({len(folders)})" if len(folders) > 8 else ""
    return f"choose one: cilium-policies build FOLDER, with {shown}{more}"


def is_component(repository: Repository, folder: str) -> bool:
    try:
        fields = repository.fields(repository.place(repository.kustomizations[folder]))
    except RefusedError:
        return False
    return fields.get("kind") == "Component"


def build(found: list[Plain], repository: Repository, command: str, scratch: str, told: Told) -> None:
    """Builds the folders; each keeps its documents or why there are none."""
    inflation = Inflation(scratch)
    jobs = []
    for one in found:
        try:
            place = repository.place(one.path)
            repository.bounds.check(
                repository.fields(repository.place(repository.kustomizations[one.path])), place
            )
            folder, one.charts = inflation.without_charts(place)
            jobs.append(lambda one=one, folder=folder: _print(one, command, folder, repository, inflation))
        except RefusedError as refusal:
            one.failure = line_of(refusal.finding)
    in_parallel(jobs, lambda done, of: told("building kustomizations", done, of))


def _print(one: Plain, command: str, folder: str, repository: Repository, inflation: Inflation) -> None:
    try:
        try:
            printed = tool.built(command, folder, repository.root) if folder else b""
        except tool.ToolError:
            if not one.charts:
                raise
            bare = inflation.without_patches(repository.place(one.path))
            printed = tool.built(command, bare, repository.root) if bare else b""
            one.notes.append("patches are left out: they change objects of charts, which are not rendered")
        one.docs = [*texts.documents(printed, one.name), *one.charts]
    except tool.ToolError as failed:
        one.failure = str(failed)
    except RefusedError as refusal:
        one.failure = line_of(refusal.finding)
