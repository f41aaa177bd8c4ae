"""A cluster as Flux applies it: the Kustomization that it starts from, then those that each build holds.

Builds run in waves: all Kustomizations that are known are built at once, their variables replaced as soon as the
ConfigMaps and Secrets they come from are there, and the Kustomizations in the output make the next wave.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from threading import Lock, get_ident

from cilium_policies.builds import kustomization, texts, tool, variables
from cilium_policies.builds.addresses import path_shown
from cilium_policies.builds.late import asked
from cilium_policies.builds.repository import FLUX, Repository, Told, clean, within
from cilium_policies.builds.sources import ElsewhereError, Sources, reference_of
from cilium_policies.builds.unit import (
    Ahead,
    Build,
    Unit,
    children,
    handed,
    is_plain,
    labelled,
    owner,
    unit_as_applied,
)
from cilium_policies.builds.workers import Job, Workers
from cilium_policies.document import parse
from cilium_policies.document.finding import RefusedError, line_of
from cilium_policies.kube.objects import Object, text

_SET = b"\nkind: ResourceSet\n"
_SWITCH = f"{FLUX}/substitute"
# Documents that tell variables or sources; the others of a build are not parsed.
_TELLING = (
    b"\nkind: ConfigMap",
    b"\nkind: Secret",
    b"source.toolkit.fluxcd.io/v",
    b"source.extensions.fluxcd.io/v",
)


class Flux:
    """The builds of one cluster."""

    def __init__(
        self, repository: Repository, sources: Sources, command: str, scratch: str, told: Told, *before: Flux
    ) -> None:
        """`before`: the builds of the same cluster before it runs: what they made is there."""
        self._repository = repository
        self._command = command
        self._scratch = scratch
        self._told = told
        self.sources = sources
        self._preparing = Lock()
        self.pool: variables.Pool = before[0].pool if before else variables.Pool()
        self._ahead: dict[str, Ahead] = {}  # by folder
        self._begun: set[tuple[str, str]] = set()
        self.units: dict[tuple[str, str], Unit] = {}

    def build(self, roots: list[Unit]) -> list[Unit]:
        """All Kustomizations that the roots lead to, parents before children."""
        self.units.update({unit.key: unit for unit in roots})
        with Workers() as workers:
            waiting = self._run(workers, roots, self._guesses(roots))
            if changed := {made.key: made for unit in waiting if (made := unit_as_applied(unit))}:
                self.units.update(changed)
                waiting = [unit for unit in waiting if unit.key not in changed]
                waiting += self._run(workers, changed.values(), [])
            while waiting:
                ready = self._ready(waiting)
                waiting = [unit for unit in waiting if unit not in ready]
                for unit in ready:
                    self._finish(unit)
                found = (child for unit in ready for child in self._children(unit))
                waiting += self._run(workers, chain(self._late(), found), [])
        return list(self.units.values())

    def _late(self) -> list[Unit]:
        """Kustomizations whose artifact a Kustomization of their own wave has told of since; all are found before the
        first of them asks for it."""
        waits = (unit for unit in self.units.values() if unit.elsewhere)
        late = [unit for unit in waits if self.sources.has_artifact(reference_of(unit.one))]
        for unit in late:
            unit.elsewhere = ""
        return late

    def _run(self, workers: Workers, wave: Iterable[Unit], guesses: list[Object]) -> list[Unit]:
        """Builds a wave, the first of it while the last are still read; those of it that go on."""
        begun: list[Unit] = []

        def job(unit: Unit) -> Job:
            begun.append(unit)
            return partial(self._print, unit)

        workers.run(
            map(job, wave),
            lambda done, of: self._told(f"building Kustomizations, {len(self.units)} known", done, of),
            [partial(self._guess, one) for one in guesses],
        )
        return [unit for unit in begun if not (unit.failure or unit.elsewhere or unit.remote)]

    def _guesses(self, roots: list[Unit]) -> list[Object]:
        """Kustomizations that the roots' folders hold: most will come out of the roots' builds as they lie there. While
        those go on, processors that would wait build a few of them; the wave that follows takes what fits."""
        if len(roots) >= (os.cpu_count() or 1):
            return []
        folders = [clean(text(unit.one.spec.get("path"))) for unit in roots]
        names = {unit.one.name for unit in roots}
        return [
            found.one
            for found in self._repository.kinds("Kustomization", FLUX)
            if found.one.name not in names and any(within(found.path, folder) for folder in folders)
        ]

    def _guess(self, one: Object) -> None:
        """Builds what a Kustomization will say if nothing changes it."""
        unit = Unit(one)
        if unit.remote or not (is_plain(unit) and self.sources.is_here(reference_of(one))):
            return
        with self._preparing:
            if unit.key in self._begun:  # its turn has come meanwhile
                return
            build = self._build_of(unit)
            if build is None:
                return
            ahead = self._ahead[build.folder] = Ahead(build)
        try:
            with suppress(tool.ToolError, RefusedError):  # said when its turn comes
                ahead.printed = self._printed(build, unit)
        finally:
            ahead.ended.release()

    def _print(self, unit: Unit) -> None:
        with self._preparing:
            self._begun.add(unit.key)
            build = None if unit.remote else self._build_of(unit)
        if build is None:
            return
        try:
            ahead = self._printed_ahead(build)
            unit.printed = self._printed(build, unit) if ahead is None else ahead
            if not unit.one.spec.get("postBuild"):  # the tool goes on elsewhere meanwhile
                unit.docs = [labelled(unit, one) for one in unit.printed]
        except tool.ToolError as failed:
            unit.failure = str(failed)
        except RefusedError as refused:
            unit.failure = line_of(refused.finding)

    def _printed_ahead(self, build: Build) -> list[bytes] | None:
        """What this very build printed before its turn, if it was begun then."""
        ahead = self._ahead.get(build.folder)
        if ahead is None or ahead.build != build:
            return None
        with ahead.ended:
            return ahead.printed

    def _printed(self, build: Build, unit: Unit) -> list[bytes]:
        """What the tool prints. Raises ToolError, RefusedError."""
        folder = build.folder if build.fields is None else self._placed(build.folder, build.fields)
        root = unit.root or self._repository.root
        return texts.documents(tool.built(self._command, folder, root), unit.name)

    def _placed(self, folder: str, fields: kustomization.Fields) -> str:
        """A folder for this thread's builds, one after the other: to make and remove one for each takes longer than
        many a build."""
        scratch = os.path.join(self._scratch, f"build-{get_ident()}")
        return kustomization.placed(scratch, folder, fields)

    def _build_of(self, unit: Unit) -> Build | None:
        """What to hand to kustomize; None where there is nothing, and the unit says why."""
        try:
            place = self.sources.place(unit.one)
        except ElsewhereError as elsewhere:
            unit.elsewhere = str(elsewhere)
            return None
        unit.root, unit.path = place
        real = os.path.join(place.root, place.path)
        if place.path.startswith("..") or not os.path.isdir(real):
            why = "excluded from what Flux fetches (.sourceignore)"
            if not self._repository.is_folder(place.path):
                why = "not a folder of the repository"
            unit.failure = f"spec.path {path_shown(text(unit.one.spec.get('path')))} is {why}"
            return None
        try:
            own = kustomization.file_in(real)
            before = (
                self._repository.fields(own) if own else kustomization.generated(real, strict=unit.strict)
            )
            after = kustomization.with_flux(before, handed(unit), real)
            self._repository.bounds.check(after, real, place.root)
        except RefusedError as refused:
            file = refused.finding.file and os.path.relpath(refused.finding.file, place.root)
            unit.failure = line_of(refused.finding._replace(file=file))
            return None
        if kustomization.is_empty(after):
            return None
        return Build(real, None if own and after == before else after)

    def _ready(self, waiting: list[Unit]) -> list[Unit]:
        """Those whose variables are known; where there are none, those whose sources no other build will show."""
        ready = [unit for unit in waiting if not variables.of(unit.one, self.pool).missing]
        if ready:
            return ready
        coming = variables.Pool()
        for unit in waiting:
            coming.add(_objects(unit.printed, unit.name))
        late = [unit for unit in waiting if variables.of(unit.one, coming).missing]
        return late or waiting[:1]

    def _finish(self, unit: Unit) -> None:
        """Replaces the unit's variables and labels its documents."""
        known = variables.of(unit.one, self.pool)
        if known.missing:  # the first Kustomization of a cluster may bring its own
            self.pool.add(_objects(unit.printed, unit.name))
            known = variables.of(unit.one, self.pool)
        unit.missing = known.missing
        if known.missing:
            unit.asks = asked(unit.printed, known)
        if not unit.docs:
            self._replace(unit, known)
        unit.docs += self._of_sets(unit)
        unit.printed = []
        made = _objects(unit.docs, unit.name)
        self.pool.add(made)
        self.sources.add(made)

    def _replace(self, unit: Unit, known: variables.Variables) -> None:
        from cilium_policies.builds.envsubst import SubstitutionError

        try:
            unit.docs = [self._applied(unit, one, known) for one in unit.printed]
        except SubstitutionError as bad:
            unit.failure, unit.docs = str(bad), []
        except RefusedError as refused:
            unit.failure, unit.docs = f"after substitution: {line_of(refused.finding)}", []

    def _of_sets(self, unit: Unit) -> list[bytes]:
        """What the ResourceSets among the documents make, where that is known here."""
        found = []
        for document in unit.docs:
            if _SET in document:
                from cilium_policies.builds import resourceset

                try:
                    made = resourceset.made(document)
                    found += [texts.with_metadata(one, "labels", owner(unit)) for one in made]
                except (resourceset.UnknownError, RefusedError) as error:
                    why = line_of(error.finding) if isinstance(error, RefusedError) else str(error)
                    name = texts.objects(document, unit.name)[0]
                    unit.sets.append(f"{name}: not expanded: {why} (run flux-operator build rset)")
        return found

    def _applied(self, unit: Unit, one: bytes, known: variables.Variables) -> bytes:
        if (
            unit.one.spec.get("postBuild")
            and b"$" in one
            and (known.values or known.hidden or known.missing)
            and not _switched_off(one)
        ):
            made, left = self._substituted(one, unit, known)
            unit.unset |= left - known.hidden
            unit.encrypted |= left & known.hidden
            if made.encode() != one:
                one = made.encode()
                parse.load(one, file=unit.name)
        return labelled(unit, one)

    def _substituted(self, one: bytes, unit: Unit, known: variables.Variables) -> tuple[str, set[str]]:
        from cilium_policies.builds.envsubst import SubstitutionError, substitute

        try:
            return substitute(one.decode(), known.values, known.hidden)
        except SubstitutionError as bad:
            raise SubstitutionError(f"{texts.objects(one, unit.name)[0]}: {bad}") from None

    def _children(self, parent: Unit) -> Iterator[Unit]:
        """The Kustomizations among a unit's documents that are not known yet."""
        for unit in children(parent, parent.docs):
            if unit.key not in self.units:
                self.units[unit.key] = unit
                yield unit


def _objects(documents: list[bytes], name: str) -> list[Object]:
    telling = [one for one in documents if any(mark in one for mark in _TELLING)]
    return [one for document in telling for one in texts.objects(document, name)]


def _switched_off(document: bytes) -> bool:
    if _SWITCH.encode() not in document:
        return False
    marks = [{**one.labels, **one.annotations} for one in texts.objects(document, "")]
    return any(one.get(_SWITCH) == "disabled" for one in marks)
