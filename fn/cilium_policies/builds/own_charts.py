"""Charts of the repository itself that Flux installs: helm renders each in the place of its HelmRelease.

What stays a HelmRelease is read by its values alone, and a line says why: a chart with others that would have to be
fetched, values in a Secret that nobody has, variables that nothing sets, no helm.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial

from cilium_policies.builds import argo_chart, kustomization, texts, tool, typed
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.notes import Note
from cilium_policies.builds.placing import in_namespace
from cilium_policies.builds.repository import Repository, Told, clean
from cilium_policies.builds.sources import Sources
from cilium_policies.builds.unit import Unit, owner
from cilium_policies.builds.variables import Pool, entries
from cilium_policies.builds.workers import in_parallel
from cilium_policies.document.finding import RefusedError, line_of
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.objects import CLUSTER_SCOPED, Object, at, flag, mapping, mappings, sequence, text
from cilium_policies.workloads.releases.release import installed_as, laid
from cilium_policies.workloads.releases.values import merge

_MARK = b"\nkind: HelmRelease\n"
_HELM = "helm.toolkit.fluxcd.io"
_UNREAD = re.compile(rb"\$\{unread_[a-z0-9_]*\}")
# Where such a value may stand: an environment variable's or an argument's text. In a name or a label it would make
# another object.
_VALUE = re.compile(rb"\A\s*(?:(?:- )?value: |- (?![\w./\-]+: ))[^\n]*\Z")


class StaysError(CiliumPoliciesError):
    """Why a release is not rendered."""


class OwnCharts:
    """The charts of one repository."""

    def __init__(
        self, repository: Repository, sources: Sources, pool: Pool, command: str, scratch: str
    ) -> None:
        self._repository = repository
        self._sources = sources
        self._pool = pool
        self._command = command
        self._scratch = os.path.join(scratch, "own-charts")
        self._copies: dict[tuple[str, ...], str] = {}
        self._count = 0

    def render(self, units: list[Unit], told: Told) -> list[Note]:
        """Puts what the charts make in the place of their releases; a note for each release that stays."""
        found: dict[tuple[int, int], list[bytes]] = {}
        notes: dict[tuple[int, int], Note] = {}
        jobs = [
            partial(self._job, (number, place), one, step, unit, found, notes)
            for number, unit in enumerate(units)
            for place, document in enumerate(unit.docs)
            if _MARK in document
            for one in texts.objects(document, "")
            if (step := self._step((number, place), one, document, unit, notes))
        ]
        in_parallel(jobs, lambda done, of: told("rendering charts", done, of))
        for number, unit in enumerate(units):
            unit.docs = [
                each
                for place, document in enumerate(unit.docs)
                for each in found.get((number, place), [document])
            ]
        return [notes[key] for key in sorted(notes)]  # not as the threads ended

    def _step(
        self,
        key: tuple[int, int],
        one: Object,
        document: bytes,
        unit: Unit,
        notes: dict[tuple[int, int], Note],
    ) -> Callable[[], list[bytes]] | None:
        path = clean(text(at(one.spec, "chart", "spec", "chart")) or "..")
        here = path in self._repository.charts and self._sources.is_here(_source(one), path)
        if not here or mapping(one.spec.get("kubeConfig")):
            return None
        try:
            if unit.unset and b"${" in document:
                raise StaysError("nothing sets all of its variables")
            return self._prepared(one, typed.load(document), path)
        except (StaysError, RefusedError, tool.ToolError, typed.NotYamlError) as why:
            notes[key] = _note(one, path, why)
            return None

    def _job(
        self,
        key: tuple[int, int],
        one: Object,
        step: Callable[[], list[bytes]],
        unit: Unit,
        found: dict[tuple[int, int], list[bytes]],
        notes: dict[tuple[int, int], Note],
    ) -> None:
        labels = {f"{_HELM}/name": one.name, f"{_HELM}/namespace": one.namespace, **owner(unit)}
        try:
            found[key] = [texts.with_metadata(each, "labels", labels) for each in step()]
        except (StaysError, RefusedError, tool.ToolError) as why:
            notes[key] = _note(one, clean(text(at(one.spec, "chart", "spec", "chart"))), why)

    def _prepared(self, one: Object, body: Fields, path: str) -> Callable[[], list[bytes]]:
        if not tool.is_there("helm"):
            raise StaysError("helm is not in PATH")
        spec = mapping(body.get("spec"))
        files = tuple(map(str, sequence(at(spec, "chart", "spec", "valuesFiles"))))
        copy = self._copy(path, files)
        values = self._values(one, spec)
        for dependency in mappings(kustomization.read(os.path.join(copy, "Chart.yaml")).get("dependencies")):
            if argo_chart.enabled(dependency, values) and not argo_chart.is_beside(dependency):
                raise StaysError(f"its chart {dependency.get('name')} would have to be fetched")
        self._count += 1
        file = os.path.join(self._scratch, f"values-{self._count}.yaml")
        with open(file, "wb") as opened:
            opened.write(texts.written(values))
        namespace, name = installed_as(one)
        renderers = mappings(spec.get("postRenderers"))
        folder = os.path.join(self._scratch, f"rendered-{self._count}")
        return lambda: self._rendered(copy, name, namespace, file, renderers, folder)

    def _copy(self, path: str, files: tuple[str, ...]) -> str:
        """The chart as helm can render it alone; with these in the place of its own values."""
        key = (path, *files)
        if key not in self._copies:
            root = self._repository.root
            folder = self._repository.place(path)
            for name in ("Chart.yaml", "values.yaml"):
                if not self._repository.bounds.hold(os.path.join(folder, name)):
                    raise tool.ToolError(f"{name} of the chart leads out of the repository")
            chart = kustomization.read(os.path.join(folder, "Chart.yaml"))
            copy = os.path.join(self._scratch, f"chart-{len(self._copies)}")
            argo_chart.copied(folder, copy, root, chart)
            with open(os.path.join(copy, "Chart.yaml"), "wb") as file:  # with all of its dependencies again
                file.write(texts.written(chart))
            if files:
                values: Fields = {}
                for name in files:
                    place = argo_chart.inside(root, root, name)
                    if not os.path.isfile(place):
                        raise StaysError("a file of its valuesFiles is not in the repository")
                    values = merge(values, kustomization.read(place))
                with open(os.path.join(copy, "values.yaml"), "wb") as file:
                    file.write(texts.written(values))
            self._copies[key] = copy
        return self._copies[key]

    def _values(self, one: Object, spec: Fields) -> Fields:
        """A release's values. Secrets are not read: nothing of them may reach an output."""

        def told(source: Fields, path: str) -> object:
            kind, name = text(source.get("kind")), text(source.get("name"))
            key = text(source.get("valuesKey")) or "values.yaml"
            found = self._pool.get(kind, one.namespace, name) if kind == "ConfigMap" else None
            known = None if found is None else entries(found).get(key)
            if path:
                return _unread(name, key) if known is None else _scalar(known)
            if known is None and not flag(source.get("optional")):
                raise StaysError(f"its values of {kind} {name} are not known here")
            return None if known is None else mapping(typed.load(known.encode()))

        return laid(spec, told)

    def _rendered(
        self,
        copy: str,
        name: str,
        namespace: str,
        values: str,
        renderers: list[Fields],
        folder: str,
    ) -> list[bytes]:
        printed = argo_chart.templated(copy, name, namespace, values, self._repository.root)
        for number, renderer in enumerate(renderers):
            printed = self._post_rendered(printed, mapping(renderer.get("kustomize")), f"{folder}-{number}")
        documents = argo_chart.manifests(printed, name)
        for line in printed.splitlines():
            if _UNREAD.search(line) and not _VALUE.match(line):
                raise StaysError(
                    "a value of a Secret that is not known here stands elsewhere than in a variable"
                )
        scoped = set(CLUSTER_SCOPED)
        return [in_namespace(one, namespace, scoped, name) for one in documents]

    def _post_rendered(self, printed: bytes, fields: Fields, folder: str) -> bytes:
        os.makedirs(folder)
        with open(os.path.join(folder, "rendered.yaml"), "wb") as file:
            file.write(printed)
        # Flux knows no `path` of a patch, by which kustomize would read any file of this machine.
        patches = [
            {key: one[key] for key in ("target", "patch") if key in one}
            for one in mappings(fields.get("patches"))
        ]
        made = {key: told for key, told in (("patches", patches), ("images", fields.get("images"))) if told}
        with open(os.path.join(folder, "kustomization.yaml"), "wb") as file:
            file.write(texts.written({"resources": ["rendered.yaml"], **made}))
        return tool.built(self._command, folder, folder)


def _note(one: Object, path: str, why: Exception) -> Note:
    said = line_of(why.finding) if isinstance(why, RefusedError) else str(why)
    return Note(
        str(one),
        f"its chart, {path} in this repository, is not rendered, so only its values are known: {said}",
    )


def _unread(name: str, key: str) -> str:
    """What stands for a value that nobody has: a variable that nothing sets."""
    return "${unread_" + re.sub("[^a-z0-9]", "_", f"{name}_{key}".lower()) + "}"


def _scalar(value: str) -> object:
    try:
        return typed.load(value.encode())
    except typed.NotYamlError:
        return value


def _source(one: Object) -> tuple[str, str, str]:
    reference = mapping(at(one.spec, "chart", "spec", "sourceRef"))
    namespace = text(reference.get("namespace")) or one.namespace
    return (text(reference.get("kind")), namespace, text(reference.get("name")))
