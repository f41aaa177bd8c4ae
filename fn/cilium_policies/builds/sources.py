"""Where a Flux Kustomization's files lie: in this repository, in an artifact made of it, or elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache, partial
from itertools import count

from cilium_policies.builds.addresses import path_shown
from cilium_policies.builds.artifact import Reference, beginning, laid, reference_of
from cilium_policies.builds.git import address
from cilium_policies.builds.repository import Repository, clean
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.objects import Object, mappings, sequence, strings, text
from cilium_policies.lean import Any, NamedTuple


class Place(NamedTuple):
    """A folder on disk that a source's files lie in, and the path below it."""

    root: str
    path: str


class ElsewhereError(CiliumPoliciesError):
    """A source that is not this repository; the text names it."""


class Sources:
    """Knows which references mean this repository. `scratch` is a folder for artifacts made of it."""

    def __init__(
        self,
        repository: Repository,
        own: set[Reference],
        scratch: str,
        given: Mapping[str, str] | None = None,
    ) -> None:
        """`given` are folders that somebody has named for sources, by `NAME` or `NAMESPACE/NAME`."""
        self._repository = repository
        self._own = own
        self._scratch = scratch
        self._given = given or {}
        self._shown: dict[Reference, Object] = {}
        self._artifacts: dict[Reference, str] = {}
        self._targets = count()  # one for each time that an artifact is asked for: a part of it may lie there
        self._beginning = cache(partial(beginning, repository))  # asked for each Kustomization
        self._fetched = ""

    def add(self, objects: Iterable[Object]) -> None:
        """Source objects that a build has made."""
        for one in objects:
            if one.group.endswith("toolkit.fluxcd.io") or one.group == "source.extensions.fluxcd.io":
                self._shown.setdefault((one.kind, one.namespace, one.name), one)

    def place(self, one: Object) -> Place:
        """Where the Kustomization's path lies. Raises ElsewhereError."""
        reference = reference_of(one)
        path = clean(text(one.spec.get("path")))
        if given := self._given.get(f"{reference[1]}/{reference[2]}") or self._given.get(reference[2]):
            return Place(os.path.realpath(given), path)
        if reference[0] == "ExternalArtifact":
            return Place(self._artifact(reference), path)
        home = self._beginning(reference[0], reference[2])
        if home or self.is_here(reference, path):
            return Place(self.fetched(), "/".join(filter(None, (home, path))))
        raise ElsewhereError(
            f"its source {reference[0]} {reference[1]}/{reference[2]} is not this repository"
        )

    def fetched(self) -> str:
        """The folder with what Flux fetches of this repository: itself, where nothing is left out."""
        repository = self._repository
        if not (repository.left_out or repository.links):
            return repository.root
        if not self._fetched:
            target = os.path.join(self._scratch, "fetched")
            self._fetched = laid(repository.root, repository.left_out, target)
        return self._fetched

    def is_here(self, reference: Reference, path: str = "") -> bool:
        """Whether a source is this repository: the one that the cluster starts from, one with the same address,
        or one that nothing here describes while the path is there."""
        unplaced = (reference[0], "", reference[2])  # a kustomization gives its files their namespace
        if reference in self._own or unplaced in self._own or not reference[2]:
            return True
        shown = self._shown.get(reference)
        if shown is None:
            told = bool(path) or reference[0] == "GitRepository"  # the root of an artifact may be any folder
            return (
                reference[0] in ("GitRepository", "OCIRepository")
                and told
                and self._repository.is_folder(path)
            )
        known = {address(text(self._shown[own].spec.get("url"))) for own in self._own if own in self._shown}
        return address(text(shown.spec.get("url"))) in known | self._repository.remotes

    def _artifact(self, reference: Reference) -> str:
        if reference not in self._artifacts:
            self._artifacts[reference] = self._made(reference)
        return self._artifacts[reference]

    def has_artifact(self, reference: Reference) -> bool:
        """Whether an ArtifactGenerator that was built makes this artifact, which nobody has got so far."""
        wanted = reference[0] == "ExternalArtifact" and reference not in self._artifacts
        return wanted and self._generator(reference) is not None

    def _generator(self, reference: Reference) -> tuple[Object, Mapping[str, Any]] | None:
        """The ArtifactGenerator of an artifact, and what it says of that one."""
        for one in self._shown.values():
            if one.kind == "ArtifactGenerator" and one.namespace == reference[1]:
                for artifact in mappings(one.spec.get("artifacts")):
                    if text(artifact.get("name")) == reference[2]:
                        return one, artifact
        return None

    def _made(self, reference: Reference) -> str:
        """The artifact that an ArtifactGenerator copies together, as a folder of links."""
        if found := self._generator(reference):
            one, artifact = found
            target = os.path.join(self._scratch, f"artifact-{next(self._targets)}")
            os.makedirs(target)
            for step in mappings(artifact.get("copy")):
                try:
                    self._copy(one, strings(step), [*map(text, sequence(step.get("exclude")))], target)
                except (OSError, ValueError):  # a file where a folder is, a name of three hundred letters
                    said = f"{one} cannot copy {path_shown(step.get('from'))} to {path_shown(step.get('to'))}"
                    raise ElsewhereError(said) from None
            return target
        raise ElsewhereError(f"no ArtifactGenerator here makes the artifact {reference[1]}/{reference[2]}")

    def _copy(self, one: Object, step: dict[str, str], exclude: list[str], target: str) -> None:
        alias, _, pattern = step.get("from", "").lstrip("@").partition("/")
        source = next(
            (it for it in mappings(one.spec.get("sources")) if text(it.get("alias")) == alias), None
        )
        if source is None:
            raise ElsewhereError(f"{one} copies from @{path_shown(alias)}, which is not among its sources")
        reference = (
            text(source.get("kind")),
            text(source.get("namespace")) or one.namespace,
            text(source.get("name")),
        )
        if not self.is_here(reference):
            raise ElsewhereError(
                f"{one} copies from {reference[0]} {reference[1]}/{reference[2]}, not this repository"
            )
        base, whole = pattern.removesuffix("/**"), pattern.endswith("/**")
        name = step.get("to", "").partition("/")[2]
        if any(clean(path).partition("/")[0] == ".." for path in (base, name)):
            raise ElsewhereError(f"{one} copies from or to a place outside of its artifact")
        begins = os.path.join(self.fetched(), self._beginning(reference[0], reference[2]))
        origin = begins if base == "**" else os.path.join(begins, clean(base))
        goal = os.path.join(target, clean(name))
        if os.path.isfile(origin):
            goal = os.path.join(goal, os.path.basename(origin)) if name.endswith("/") or not name else goal
            os.makedirs(os.path.dirname(goal), exist_ok=True)
            _linked(origin, goal)
        elif os.path.isdir(origin):
            if not whole and base != "**" and (name.endswith("/") or not name):
                goal = os.path.join(goal, os.path.basename(origin))
            import shutil  # few sources have more than the repository

            shutil.copytree(
                origin, goal, copy_function=_linked, dirs_exist_ok=True, ignore=_ignoring(exclude)
            )


def _linked(origin: str, goal: str) -> str:
    if os.path.lexists(goal):
        os.unlink(goal)
    os.symlink(origin, goal)
    return goal


def _ignoring(patterns: list[str]):  # type: ignore[no-untyped-def]
    import fnmatch

    def ignore(_: str, names: list[str]) -> set[str]:
        last = [pattern.rpartition("/")[2] for pattern in patterns]
        return {name for name in names if name == ".git" or any(fnmatch.fnmatch(name, one) for one in last)}

    return ignore


__all__ = ["ElsewhereError", "Place", "Reference", "Sources", "reference_of"]
