"""Repositories whose manifests a program of their own makes, and the line that runs it: such a program is not started
here, as it is the user's own code or asks the cluster."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from cilium_policies.builds.notes import Note
from cilium_policies.builds.repository import KLUCTL, Repository, walk, within
from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.lean import NamedTuple

_PIPE = "cilium-policies report > report.html"
_FOLDER = "cilium-policies report FOLDER > report.html"


class Program(NamedTuple):
    """`names` are the files by which its projects are known; `*` stands for the beginning of a name."""

    name: str
    names: tuple[str, ...]
    run: str


# kluctl@3424079 docs/kluctl/commands/render.md; akuity/cdk8s-cmp go/README.md; tanka.dev/exporting; cuelang.org
# docs/reference/command/cue-help-export
_PROGRAMS = (
    Program("kluctl", KLUCTL, f"kluctl render --print-all -t TARGET | {_PIPE}"),
    Program("cdk8s", ("cdk8s.yaml",), f"cdk8s synth --stdout | {_PIPE}"),
    Program(
        "Jsonnet",
        ("*.jsonnet",),
        f"tk export FOLDER environments/NAME, or jsonnet -m FOLDER FILE, then {_FOLDER}",
    ),
    Program("CUE", ("*.cue",), f"cue export --out yaml > FOLDER/NAME.yaml, then {_FOLDER}"),
)


_PROJECTS = _PROGRAMS[:2]  # known by a file that says so


def rendered_by(repository: Repository, *, project: bool) -> RefusedError | None:
    """What to run in place of `build` where the folder asked for holds projects of such a program; with `project`,
    those that a file of its own tells."""
    found = _found(repository) if project else _sought(repository)
    for program in _PROJECTS if project else _PROGRAMS:
        if files := [os.path.relpath(one) for one in found.get(program.name, ())]:
            many = (
                f"{len(files)} files of {program.name} here, as {files[0]}"
                if len(files) > 1
                else f"{files[0]} is of {program.name}"
            )
            return refused(
                f"{many}: {program.name} renders {'them' if len(files) > 1 else 'it'}", program.run
            )
    return None


def beside(repository: Repository) -> Iterator[Note]:
    """What is said of a build of kustomizations in a repository that such a program applies."""
    found = _found(repository)
    for program in _PROJECTS:
        said = f"{program.name} renders it, with variables and charts that are not here: {program.run}"
        for place in found.get(program.name, ()):
            yield Note(os.path.relpath(place, repository.root), said)


def _found(repository: Repository) -> dict[str, list[str]]:
    """The files of projects below the folder asked for, by the program's name."""
    paths = (one for one in (*repository.projects, *repository.files) if within(one, repository.asked))
    return _by_program(map(repository.place, paths))


def _sought(repository: Repository) -> dict[str, list[str]]:
    """The same for all programs: files of most say nothing to those that apply manifests, and are looked for here."""
    folder = repository.asked_folder
    paths = (one for one, _ in walk(folder, folder, lambda name: any(_is_of(name, one) for one in _PROGRAMS)))
    return _by_program(os.path.join(folder, one) for one in paths)


def _by_program(places: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place in places:
        name = os.path.basename(place)
        for program in _PROGRAMS:
            if _is_of(name, program):
                found.setdefault(program.name, []).append(place)
    return found


def _is_of(name: str, program: Program) -> bool:
    return any(name == one or (one[0] == "*" and name.endswith(one[1:])) for one in program.names)
