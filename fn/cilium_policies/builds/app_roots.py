"""Where Argo CD starts in a repository: the Applications that no other one applies; and what none of them applies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cilium_policies.builds import plain
from cilium_policies.builds.applications import App
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.notes import Note
from cilium_policies.builds.reach import lies_in, reach
from cilium_policies.builds.reach import named as files_named
from cilium_policies.builds.repository import Repository, above, clean, within
from cilium_policies.builds.uncovered import manifests

Written = tuple[Fields, str]  # an Application, and the file it stands in


def paths(body: Fields, is_here: Callable[[str], bool] = lambda _: True) -> list[str]:
    """The folders that an Application's sources name, of repositories that `is_here` takes; a chart that stands for
    somebody's `helm install` has no address."""
    return [
        clean(str(one["path"]))
        for one in App(body).sources
        if one.get("path") and (not one.get("repoURL") or is_here(str(one["repoURL"])))
    ]


def roots(first: list[Written]) -> list[Fields]:
    """The Applications that lie in no other's path, and one of each ring: an Application in its own path was applied
    by hand once, as an app of apps that manages itself is."""
    held = _held(first)
    in_others = set().union(*held)
    found: list[int] = []
    reached: set[int] = set()
    for number in [*(one for one in range(len(first)) if one not in in_others), *range(len(first))]:
        if number not in reached:
            found.append(number)
            reached |= _below(number, held)
    return [first[number][0] for number in sorted(found)]


def _held(first: list[Written]) -> list[set[int]]:
    """For each Application the others whose files lie in its paths."""
    owners: dict[str, list[int]] = {}
    for number, (body, _) in enumerate(first):
        for path in filter(None, paths(body)):
            owners.setdefault(path, []).append(number)
    held: list[set[int]] = [set() for _ in first]
    for number, (_, file) in enumerate(first):
        for folder in above(file):
            for owner in owners.get(folder, ()):
                held[owner].add(number)
    return [found - {number} for number, found in enumerate(held)]


def _below(number: int, held: list[set[int]]) -> set[int]:
    """An Application and those that its path holds, however deep."""
    found: set[int] = set()
    waiting = [number]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += held[one]
    return found


def left_out(
    repository: Repository,
    first: list[Written],
    apps: list[App],
    sets: set[str],
    is_here: Callable[[str], bool],
) -> Iterator[Note]:
    """What the repository holds and no Application that was built applies: other Applications, and kustomizations,
    whose Applications somebody may make elsewhere (Terraform, a command line). `sets` are ApplicationSets that made
    theirs; `is_here` tells this repository's addresses: a path in another one, `.` most often, builds nothing here."""
    names = [*(app.key[1] for app in apps), *sets]
    for body, file in first:
        one = App(body)
        if not any(one.key[1] in name for name in names):  # a kustomization may give its name a prefix
            yield Note(f"{one.name} ({file})", "the Application of its folder leaves it out: not built")
    built = {path for app in apps for path in paths(app.body, is_here)}
    covered = built.union(*(reach(repository, path) for path in built))
    for folder in plain.outermost(repository):
        if not lies_in(folder, covered):
            told = "a kustomization that no Application here builds: left out, name its folder to build it"
            yield Note(folder or ".", told)
    told = "a manifest that no Application here builds: left out, name its folder to read it"
    yield from manifests(repository, covered, told)


def is_beside(repository: Repository, first: list[Written]) -> bool:
    """Whether the folder asked for has nothing to do with the Applications: they neither stand in it or in what it is
    built on, nor name it, a folder in it or one above."""
    asked = repository.asked
    named = [path for body, _ in first for path in paths(body)]
    held = files_named(repository, asked) if asked else set()
    return (
        bool(asked)
        and not any(within(file, asked) or file in held for _, file in first)
        and not any(path and (within(path, asked) or within(asked, path)) for path in named)
    )
