"""Repositories whose manifests a program of their own makes, and the line that runs it: such a program is not started
here, as it is the user's own code or asks the cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cilium_policies.builds.notes import Note
from cilium_policies.builds.repository import Repository, walk, within
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
    Program("kluctl", (".kluctl.yaml", ".kluctl.yml"), f"kluctl render --print-all -t TARGET | {_PIPE}"),
    Program("cdk8s", ("cdk8s.yaml",), f"cdk8s synth --stdout | {_PIPE}"),
    Program(
        "Jsonnet",
        ("*.jsonnet",),
        f"tk export FOLDER environments/NAME, or jsonnet -m FOLDER FILE, then {_FOLDER}",
    ),
    Program("CUE", ("*.cue",), f"cue export --out yaml > FOLDER/NAME.yaml, then {_FOLDER}"),
)


_PROJECTS = _PROGRAMS[:2]  # known by a file that says so
_FLEET = "fleet.yaml"


def rendered_by(repository: Repository, *, project: bool) -> RefusedError | None:
    """What to run in place of `build` where the folder asked for holds projects of such a program; with `project`,
    those that a file of its own tells."""
    programs = _PROJECTS if project else _PROGRAMS
    found = _found(repository, programs)
    for program in programs:
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
    """What is said of a build of kustomizations in a repository that such a program, or Rancher's Fleet, applies."""
    found = _found(repository, _PROJECTS)
    for program in _PROJECTS:
        said = f"{program.name} renders it, with variables and charts that are not here: {program.run}"
        for place in found.get(program.name, ()):
            yield Note(os.path.relpath(place, repository.root), said)
    left = "what Rancher's Fleet applies: the charts, values and namespaces that it names are not read"
    for path in repository.files:
        if within(path, repository.asked) and path.rpartition("/")[2] == _FLEET:
            yield Note(path, left)


def _found(repository: Repository, programs: tuple[Program, ...]) -> dict[str, list[str]]:
    """The files of programs below the folder asked for, by the program's name."""
    found: dict[str, list[str]] = {}
    folder = repository.asked_folder
    for path, _ in walk(folder, folder, lambda name: any(_is_of(name, one) for one in programs)):
        for program in programs:
            if _is_of(path.rpartition("/")[2], program):
                found.setdefault(program.name, []).append(os.path.join(folder, path))
    return found


def _is_of(name: str, program: Program) -> bool:
    return any(name == one or (one[0] == "*" and name.endswith(one[1:])) for one in program.names)
