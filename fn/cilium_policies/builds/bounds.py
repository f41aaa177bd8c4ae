"""Where a repository ends: nothing that its files name is read beyond, nor in Git's own folder, which may hold a token.

Flux fetches files alone, without links, and its kustomize reads nothing else; Argo CD refuses links that lead out. Here
the repository may be a stranger's, and beside it lies what is its reader's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain

from cilium_policies.builds import generators, kustomization
from cilium_policies.builds.addresses import path_shown
from cilium_policies.builds.kustomization import Fields, folders_of
from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.kube.objects import mapping, mappings, sequence
from cilium_policies.lean import Any

_GIT = ".git"
LEFT_OUT = frozenset(("node_modules", "vendor"))  # folders that are not looked through
# Fields of configuration that are no paths, whatever they look like.
_NO_PATHS = frozenset(("literals", "patch", "jsonOp", "metadata"))


class Bounds:
    """`root` is where the repository begins, and `is_known` whether Git says so: else a base beside it is nothing odd.
    `has_links` is whether a path may lead elsewhere than it says."""

    def __init__(self, root: str, *, is_known: bool) -> None:
        self._root = root
        self._is_known = is_known
        self.has_links = True
        self.read: Callable[[str], Fields] = kustomization.read
        self._folders: dict[str, str] = {}  # as they are without links
        self._within: set[tuple[str, str]] = (
            set()
        )  # that were looked through, each with what they may lie in as well

    def hold(self, place: str, also: str = "") -> bool:
        """Whether what lies at a place is the repository's, or a part of the folder `also`; links are followed."""
        folder, name = os.path.split(os.path.normpath(place))
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        real = os.path.join(self._folders[folder], name)
        real = os.path.realpath(real) if os.path.islink(real) else real
        return is_below(self._root, real) or (bool(also) and is_below(also, real))

    def check(self, fields: Fields, folder: str, also: str = "") -> None:
        """Raises RefusedError where the folder, or a path of its kustomization, leads out of the repository."""
        out = "the folder" if not self.hold(folder, also) else self.left(fields, folder, also)
        if out:
            raise refused(f"{path_shown(out)} leads out of the repository", "nothing beside it is read")

    def left(self, fields: Fields, folder: str, also: str = "") -> str:
        """The first path by which a kustomization of this folder leaves the repository, however deep; "" where none
        does."""
        if not self._is_known:
            return ""
        waiting, seen = [(fields, folder)], {folder}
        while waiting:
            one, here = waiting.pop()
            if out := self._leaving(one, here, also):
                return out
            for below in folders_of(one, here, (*kustomization.FOLDERS, *_CONFIGURATION)):
                if below not in seen and (below, also) not in self._within:
                    seen.add(below)
                    if own := kustomization.file_in(below):
                        with suppress(RefusedError):  # the tool says so
                            waiting.append((self.read(own), below))
        self._within.update((one, also) for one in seen - {folder})
        return ""

    def _leaving(self, fields: Fields, folder: str, also: str) -> str:
        for path in chain(_paths(fields), _paths_of_configuration(fields, folder)):
            if self.has_links or _may_leave(path):
                place = os.path.normpath(os.path.join(folder, path))
                if os.path.lexists(place) and not self.hold(place, also):
                    return path
        return ""


def _may_leave(path: str) -> bool:
    """Whether a path may lead elsewhere than into the folders beside it that are looked through for links."""
    return (
        path.startswith("/") or "/." in f"/{path.removeprefix('./')}" or any(map(path.__contains__, LEFT_OUT))
    )


def is_below(root: str, real: str) -> bool:
    """Whether a real path is the repository's."""
    return (real == root or real.startswith(f"{root}{os.sep}")) and not f"{real}{os.sep}".startswith(
        os.path.join(root, _GIT, "")
    )


_CONFIGURATION = ("generators", "transformers", "validators")


def _paths(fields: Fields) -> Iterator[str]:
    """The paths that a kustomization names, among what may be one."""
    found: list[Any] = []
    kustomization.with_paths(fields, found.append)
    found.append(mapping(fields.get("helmGlobals")).get("chartHome"))
    for one in (*mappings(fields.get("helmCharts")), *mappings(fields.get("helmChartInflationGenerator"))):
        found += [one.get("valuesFile"), one.get("values"), *sequence(one.get("additionalValuesFiles"))]
    return _named(found)


def _paths_of_configuration(fields: Fields, folder: str) -> Iterator[str]:
    """Those of generators, transformers and validators, which stand in files or in place; as from the kustomization."""
    for key in _CONFIGURATION:
        for entry in sequence(fields.get(key)):
            for body in _bodies(entry, folder):
                yield from _named(_texts(body))


def _bodies(entry: object, folder: str, deep: int = 5) -> Iterator[Fields]:
    """The objects of an entry, which may be a folder with a kustomization of its own."""
    yield from generators.objects(entry, folder)
    below = os.path.join(folder, entry) if deep and isinstance(entry, str) and "\n" not in entry else ""
    if own := below and kustomization.file_in(below):
        with suppress(RefusedError):
            for one in sequence(kustomization.read(own).get("resources")):
                yield from _bodies(one, below, deep - 1)


def _texts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key not in _NO_PATHS:
                yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    else:
        yield value


def _named(found: Iterable[Any]) -> Iterator[str]:
    """Of values those that are words; an entry of `files` is a path, or a key and a path."""
    for one in found:
        if isinstance(one, str) and one and "\n" not in one and "\0" not in one:
            yield one
            if "=" in one:
                yield one.partition("=")[2]
