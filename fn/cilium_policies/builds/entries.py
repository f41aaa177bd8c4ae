"""Where a cluster starts in a Flux repository, and how many clusters there are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache, partial

from cilium_policies.builds import kustomization
from cilium_policies.builds.artifact import ARTIFACTS, Reference, beginning, reference_of
from cilium_policies.builds.reach import covered, lies_in, named, patched
from cilium_policies.builds.repository import FLUX, Found, Repository, clean, path_of, within
from cilium_policies.builds.unit import Unit
from cilium_policies.document import parse
from cilium_policies.document.finding import refused
from cilium_policies.kube.objects import Object, at, mapping, text
from cilium_policies.lean import NamedTuple

_HOME = "flux-system"
_SYNC = "gotk-sync.yaml"  # what `flux bootstrap` writes


class Entry(NamedTuple):
    """One cluster: the folders that Flux starts from there (`""` is the root), first the one that names it."""

    folders: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.folders[0] or "."


def entries(repository: Repository) -> list[Entry]:
    """The clusters of a repository, by folder; [] where it holds no Flux Kustomization."""
    found = repository.kinds("Kustomization", FLUX)
    leads = _Leads(repository)
    said = {path for path in map(clean, _sync_paths(repository, leads)) if repository.is_folder(path)}
    told = {path for path in map(clean, _paths_of_values(repository)) if repository.is_folder(path)}
    said |= {path for path in told if not any(within(path, it) or within(it, path) for it in said)}
    if said:
        return [Entry((path,)) for path in sorted(said)]
    roots = _roots(found, leads, repository)
    groups: dict[str, list[Found]] = {}
    for one in sorted(roots, key=lambda one: one.folder):
        home = next((folder for folder in groups if within(one.folder, folder)), one.folder)
        groups.setdefault(home, []).append(one)
    names = [{(one.one.namespace, one.one.name) for one in group} for group in groups.values()]
    if len(groups) > 1 and len(set().union(*names)) == sum(map(len, names)):
        return [Entry(tuple(groups))]  # no name twice: one cluster, described in several folders
    return [Entry((folder,)) for folder in groups]


def _sync_paths(repository: Repository, leads: _Leads) -> list[str]:
    """Paths that the repository says Flux starts from: a FluxInstance, the values of its chart, and what
    `flux bootstrap` writes, a Kustomization that lies below its own path."""
    syncs = [
        mapping(one.one.spec.get("sync"))
        for one in repository.kinds("FluxInstance", "fluxcd.controlplane.io")
    ]
    releases = [one.one for one in repository.found if one.one.kind == "HelmRelease"]
    syncs += [mapping(at(one.spec, "values", "instance", "sync")) for one in releases]
    found = [_from_root(one, repository) for one in syncs if not _is_root_of_artifact(one, repository)]
    found += _bootstrapped(repository.kinds("Kustomization", FLUX), leads)
    return [path for path in found if path and "$" not in path]


def _paths_of_values(repository: Repository) -> list[str]:
    """The same of the chart's values in files of their own, which may be those of an instance that is no more: beside
    another start, above or below it, they tell nothing."""
    syncs = [
        mapping(at(parse.parsed(repository.as_text(path)), "instance", "sync"))
        for path in repository.instances
        if path.rpartition("/")[0] not in repository.charts  # what a chart has by itself
    ]
    found = [_from_root(one, repository) for one in syncs if not _is_root_of_artifact(one, repository)]
    return [path for path in found if path]


def _from_root(sync: Mapping[str, object], repository: Repository) -> str:
    """The path that Flux starts from, as it is in the repository that the artifact is made of."""
    path = text(sync.get("path"))
    if "$" in path:
        return ""
    home = beginning(repository, text(sync.get("kind")), text(sync.get("name")) or _HOME, path)
    return f"{home}/{clean(path)}" if home else path


def _is_root_of_artifact(sync: Mapping[str, object], repository: Repository) -> bool:
    """Whether Flux starts at the root of an artifact, which may be made of any folder of the repository."""
    root = clean(text(sync.get("path"))) == "" and "" not in repository.kustomizations
    return root and text(sync.get("kind")) in ARTIFACTS


def _bootstrapped(found: list[Found], leads: _Leads) -> list[str]:
    """Paths of Kustomizations that lie below them or are patches of what they build, and that no other Kustomization
    builds: what has no source is a patch of something. One that lies right in its path and leads to no other is an
    application that is switched off, where others lead somewhere."""
    paths = [(one, clean(path_of(one))) for one in found]
    if any(not path and one.path.rpartition("/")[2] == _SYNC for one, path in paths):
        return ["./"]  # below the root lies everything
    own = [
        (one, path)
        for one, path in paths
        if path
        and ((within(one.folder, path) and one.one.spec.get("sourceRef")) or leads.by_patch(path, one))
        and not any(its != path and leads.to(other, one) for other, its in paths)
    ]
    leading = [
        (one, path)
        for one, path in own
        if one.folder != path or any(other is not one and leads.to(one, other) for other in found)
    ]
    if len(leading) < len(own) and leads.anywhere(found):
        own = leading
    return [path for _, path in own]


def _roots(found: list[Found], leads: _Leads, repository: Repository) -> list[Found]:
    """Kustomizations that none of the others builds. One that builds others comes before stray ones."""
    roots = [
        one for one in found if not any(other is not one and leads.to(other, one) for other in found)
    ] or found
    parents = [one for one in roots if any(other is not one and leads.to(one, other) for other in found)]
    there = [one for one in roots if repository.is_folder(clean(path_of(one)))]
    return parents or there or roots


class _Leads:
    """Which Kustomizations build which, by what lies below their paths and by what kustomizations name."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._path = cache(self._known_path)  # asked for each pair, as what follows from it
        self._home = cache(partial(beginning, repository))
        self._covered = cache(partial(covered, repository))
        self._named = cache(partial(named, repository))
        self._patched = cache(partial(patched, repository))

    def to(self, one: Found, other: Found) -> bool:
        """Whether a Kustomization builds the file of the other, or only that file lies below its path. Where both lie
        below each other's paths, the one whose build comes to the other's file is above."""
        return self._names(one, other) or (self._covers(one, other) and not self._names(other, one))

    def by_patch(self, path: str, other: Found) -> bool:
        """Whether the file of a Kustomization is a patch of what lies at a path."""
        return other.path in self._patched(path)

    def anywhere(self, found: list[Found]) -> bool:
        """Whether one of them builds another."""
        return any(one is not other and self.to(one, other) for one in found for other in found)

    def _covers(self, one: Found, other: Found) -> bool:
        path = self._path(one)
        return bool(path) and lies_in(other.folder, self._covered(path))

    def _names(self, one: Found, other: Found) -> bool:
        path = self._path(one)
        return bool(path) and other.path in self._named(path)

    def _known_path(self, one: Found) -> str:
        """`spec.path` as it is in the repository, where it is one below the root that needs no variable; else ""."""
        path = clean(path_of(one))
        if not path or "$" in path:
            return ""
        kind, _, name = reference_of(one.one)
        home = self._home(kind, name)
        return f"{home}/{path}" if home else path


def chosen(found: list[Entry], repository: Repository, asked: str) -> Entry:
    """The cluster that `--cluster` or the folder asked for names, or the only one. Raises RefusedError."""
    wanted = clean(os.path.relpath(asked, repository.root)) if os.path.isabs(asked) else clean(asked)
    if asked:
        same = [one for one in found if wanted in one.folders]
        close = same or [one for one in found if any(within(folder, wanted) for folder in one.folders)]
        if len(close) == 1:
            return close[0]
        if not close and repository.is_folder(wanted):
            return Entry((wanted,))
        raise refused(f"--cluster {asked} names no cluster of this repository" if not close
                      else f"--cluster {asked} names {len(close)} clusters", _choices(close or found))  # fmt: skip
    if repository.asked:
        below = [one for one in found if any(within(folder, repository.asked) for folder in one.folders)]
        found = (
            below
            or [one for one in found if any(within(repository.asked, folder) for folder in one.folders)]
            or found
        )
    if len(found) == 1:
        return found[0]
    raise refused(f"this repository holds {len(found)} clusters", _choices(found))


def _choices(found: list[Entry]) -> str:
    return "name one: " + ", ".join(f"--cluster {one.name}" for one in found)


def roots_of(entry: Entry, repository: Repository) -> list[Unit]:
    """What Flux applies first: the Kustomization of `flux bootstrap`, or one that stands for the sync itself."""
    found = repository.kinds("Kustomization", FLUX)
    roots: list[Unit] = []
    for folder in entry.folders:
        own = [one for one in found if clean(path_of(one)) == folder and within(one.folder, folder)]
        if own:
            roots.append(Unit(own[0].one, strict=False))
            continue
        if remote := [one.one for one in found if clean(path_of(one)) == folder and _is_remote(one.one)]:
            roots += [Unit(one) for one in map(_as_own, remote)]
            continue
        place = repository.place(folder)
        if folder or kustomization.file_in(place):
            roots.append(_synthetic(folder, len(roots)))
        else:
            inside = [one for one in found if one.folder == folder]
            roots += [Unit(one.one) for one in inside]
    return roots


def _is_remote(one: Object) -> bool:
    return bool(mapping(one.spec.get("kubeConfig")))


def _as_own(one: Object) -> Object:
    """A Kustomization of another cluster as that cluster has it: what is built is what lands there."""
    spec = {key: value for key, value in one.spec.items() if key != "kubeConfig"}
    return Object({**one.body, "spec": spec})


def _synthetic(folder: str, number: int) -> Unit:
    name = f"{_HOME}-{number}" if number else _HOME
    body = {
        "apiVersion": f"{FLUX}/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": _HOME},
        "spec": {"path": f"./{folder}"},
    }
    return Unit(Object(body), strict=False)


def own_sources(roots: list[Unit], entry: Entry, repository: Repository) -> set[Reference]:
    """The references by which the cluster's first Kustomizations mean this repository."""
    found = [
        one
        for one in repository.kinds("Kustomization", FLUX)
        if any(within(one.folder, it) for it in entry.folders)
    ]
    paths = [(one, clean(path_of(one))) for one in found]
    references = {reference_of(one.one) for one, path in paths if path and repository.is_folder(path)}
    references |= {
        reference_of(unit.one)
        for unit in roots
        if clean(text(unit.one.spec.get("path"))) or reference_of(unit.one)[0] not in ARTIFACTS
    }
    usual = {(kind, _HOME, _HOME) for kind in ("GitRepository", "OCIRepository")}
    return {one for one in references if one[2] and one[0] != "ExternalArtifact"} | usual


def ignore_as_said(entry: Entry, own: set[Reference], repository: Repository) -> None:
    """`spec.ignore` of the sources by which this cluster means the repository."""
    for kind in ("GitRepository", "OCIRepository"):
        for one in repository.kinds(kind, "source.toolkit.fluxcd.io"):
            here = any(within(one.folder, it) for it in entry.folders)
            if here and (kind, one.one.namespace, one.one.name) in own:
                repository.left_out.add(text(one.one.spec.get("ignore")).splitlines(), "")


__all__ = ["Entry", "chosen", "entries", "ignore_as_said", "own_sources", "roots_of"]
