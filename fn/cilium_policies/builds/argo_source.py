"""One source of an Argo CD Application that lies in this repository: kustomize, plain manifests, or a chart."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterator

from cilium_policies.builds import argo_chart, kustomization, texts, tool
from cilium_policies.builds.addresses import path_shown
from cilium_policies.builds.bounds import Bounds
from cilium_policies.builds.fields import joined, listed, table, tables
from cilium_policies.builds.inflation import Inflation
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.notes import who
from cilium_policies.builds.repository import Repository, clean
from cilium_policies.document.filenames import ENDINGS
from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.kube.objects import mapping, mappings
from cilium_policies.lean import NamedTuple

_PROGRAM = ".jsonnet"


class Made(NamedTuple):
    """What a source gives: its documents, charts that stay sources of the Application, and what is to be said;
    `unknown` is why there are objects that nobody knows here."""

    documents: list[bytes]
    charts: list[Fields]
    notes: list[str]
    unknown: str = ""


class Builder:
    """Builds local sources."""

    def __init__(self, repository: Repository, command: str, scratch: str) -> None:
        self._repository = repository
        self._command = command
        self._scratch = scratch
        self.inflation = Inflation(scratch)  # one, as it numbers folders of `scratch`
        self._placed = 0

    def prepared(
        self, name: str, source: Fields, namespace: str, values: Callable[[str], str]
    ) -> Callable[[], Made]:
        """What builds the source, to be called in a thread. `values` resolves `$ref/path` of values files to a file, or
        "". Raises RefusedError for files that cannot be read, ToolError where there is no such folder."""
        path = clean(str(source.get("path") or ""))
        folder = self._repository.place(path)
        if not self._repository.is_folder(path):
            raise tool.ToolError(self._no_folder(source))
        if source.get("plugin"):
            return self._without_plugin(name, source, namespace, values)
        if os.path.isfile(os.path.join(folder, "Chart.yaml")):
            return self._chart(name, source, namespace, folder, values)
        if kustomization.file_in(folder):
            return self._kustomize(folder, mapping(source.get("kustomize")))
        return self._directory(folder, mapping(source.get("directory")))

    def _no_folder(self, source: Fields) -> str:
        """That a source's path is not here; it may be in the branch that Argo CD reads: one of rendered manifests."""
        said = f"path {path_shown(source.get('path'))} is not a folder of the repository"
        wanted, here = str(source.get("targetRevision") or "HEAD"), self._repository.branch
        if here and wanted not in ("HEAD", here):
            said += f", of which branch {here} is checked out and Argo CD reads {path_shown(wanted)}"
            said += ": check that out and build it"
        return said

    def _without_plugin(
        self, name: str, source: Fields, namespace: str, values: Callable[[str], str]
    ) -> Callable[[], Made]:
        """What a plugin would render, without it: most fill in words of a kustomization, a chart or manifests."""
        path = clean(str(source.get("path") or ""))
        not_built = f"{path} is rendered by a plugin: not built"
        rest = {key: value for key, value in source.items() if key != "plugin"}

        def failed(error: Exception) -> Made:
            return Made([], [], [not_built, f"{path} without its plugin: {error}"], not_built)

        try:
            step = self.prepared(name, rest, namespace, values)
        except (RefusedError, tool.ToolError) as error:
            made = failed(error)
            return lambda: made

        def built() -> Made:
            try:
                made = step()
            except (RefusedError, tool.ToolError) as error:
                return failed(error)
            said = "its plugin is not run: what it fills in is left as written"
            if not (made.documents or made.charts):
                return Made([], [], [not_built], not_built)
            return made._replace(notes=[*made.notes, said])

        return built

    def _kustomize(self, folder: str, options: Fields) -> Callable[[], Made]:
        fields = kustomization.read(kustomization.file_in(folder))
        after = with_argo(fields, options)
        given = after if after != fields else None
        self._repository.bounds.check(after, folder)
        used, charts = self.inflation.without_charts(folder, given)
        if not charts:
            return lambda: Made(self._print(used), [], [])
        return lambda: self._beside_charts(
            used, lambda: self.inflation.without_patches(folder, given), charts
        )

    def _beside_charts(self, used: str, bare: Callable[[], str], charts: list[bytes]) -> Made:
        """What stands beside charts: patches of what the charts make find nothing."""
        if not used:
            return Made(charts, [], [])
        try:
            return Made([*self._print(used), *charts], [], [])
        except tool.ToolError:
            note = "patches are left out: they change objects of charts, which are not rendered"
            rest = bare()
            return Made([*(self._print(rest) if rest else []), *charts], [], [note])

    def _directory(self, folder: str, options: Fields) -> Callable[[], Made]:
        """Argo CD applies what the files hold, one by one; kustomize would refuse an object without a name."""
        found = sorted(_files(folder, options, self._repository.bounds))
        files = [one for one in found if one.endswith(ENDINGS)]
        shown = os.path.relpath(folder, self._repository.root)
        programs = [f"{shown}/{one}" for one in found if one.endswith(_PROGRAM)]
        unknown = f"jsonnet is not evaluated here: {who(programs)}" if programs else ""
        notes = [unknown] if unknown else []
        return lambda: Made(
            [one for file in files for one in _objects_in(folder, file, shown)], [], notes, unknown
        )

    def _print(self, folder: str) -> list[bytes]:
        return texts.documents(tool.built(self._command, folder, self._repository.root), folder)

    def _new(self) -> str:
        self._placed += 1
        return os.path.join(self._scratch, f"source-{self._placed}")

    def _chart(
        self, name: str, source: Fields, namespace: str, folder: str, values: Callable[[str], str]
    ) -> Callable[[], Made]:
        """A chart of the repository: its dependencies stay charts, its own templates are rendered by helm."""
        helm = mapping(source.get("helm"))
        for one in ("Chart.yaml", "values.yaml"):
            if not self._repository.bounds.hold(os.path.join(folder, one)):
                raise tool.ToolError(f"{one} of the chart leads out of the repository")
        chart = kustomization.read(os.path.join(folder, "Chart.yaml"))
        given, notes = argo_chart.chart_values(folder, helm, self._repository.root, values)
        release = str(helm.get("releaseName") or name)
        charts = [
            argo_chart.dependency(one, release, given)
            for one in mappings(chart.get("dependencies"))
            if argo_chart.enabled(one, given) and not argo_chart.is_beside(one)
        ]
        if not os.path.isdir(os.path.join(folder, "templates")):
            return lambda: Made([], charts, notes)
        if not tool.is_there("helm"):
            said = f"the chart {os.path.relpath(folder, self._repository.root)} is not rendered: helm is not in PATH"
            return lambda: Made([], charts, [*notes, said], said)
        copy = self._without_dependencies(folder, chart, given)
        return lambda: self._rendered(copy, release, namespace, charts, notes)

    def _without_dependencies(self, folder: str, chart: Fields, values: Fields) -> str:
        copy = self._new()
        argo_chart.copied(folder, copy, self._repository.root, chart)
        with open(os.path.join(copy, "cilium-policies-values.yaml"), "wb") as file:
            file.write(texts.written(values))
        return copy

    def _rendered(
        self, copy: str, release: str, namespace: str, charts: list[Fields], notes: list[str]
    ) -> Made:
        values = os.path.join(copy, "cilium-policies-values.yaml")
        try:
            printed = argo_chart.templated(copy, release, namespace, values, self._repository.root)
            return Made(argo_chart.manifests(printed, release), charts, notes)
        except (tool.ToolError, RefusedError) as failed:  # a library chart that has to be fetched, most often
            said = f"its own templates are not rendered: {failed}"
            return Made([], charts, [*notes, said], said)


def with_argo(fields: Fields, options: Fields) -> Fields:
    """A kustomization with an Application's `kustomize` options, which Argo CD writes into it. Raises RefusedError for
    options of a form that they do not have."""
    made = dict(fields)
    for key in ("namePrefix", "nameSuffix", "namespace"):
        if options.get(key):
            made[key] = options[key]
    for key in ("commonLabels", "commonAnnotations"):
        given = table(options, key)
        if given and isinstance(made.get(key) or {}, dict):
            made[key] = {**(made.get(key) or {}), **given}
    for key in ("patches", "components"):
        if more := listed(options, key):
            made[key] = joined(made.get(key), more)
    if replicas := tables(options, "replicas"):
        made["replicas"] = joined(made.get("replicas"), map(_replicas, replicas))
    if images := listed(options, "images"):
        made["images"] = kustomization.merged_images(made.get("images"), [*map(image, images)])
    return made


def _replicas(one: Fields) -> Fields:
    """An Application may write the number as a text; one too long for kustomize stays a text, which it refuses."""
    count = one.get("count") or 0
    if isinstance(count, str) and re.fullmatch(r"[0-9]{1,19}", count):
        count = int(count)
    return {"name": one.get("name"), "count": count}


def image(text: str) -> Fields:
    """`[OLD=]NEW[:TAG|@DIGEST]` as kustomize's field."""
    name, equals, new = str(text).partition("=")
    new = new if equals else name
    made: Fields = {}
    if "@" in new:
        new, _, made["digest"] = new.partition("@")
    elif ":" in new.rpartition("/")[2]:
        new, _, made["newTag"] = new.rpartition(":")
    return {"name": name, "newName": new, **made} if equals else {"name": new, **made}


def _files(folder: str, options: Fields, bounds: Bounds) -> list[str]:
    """The files that Argo CD applies or evaluates; a link to nowhere it leaves out."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = (
            sorted(one for one in folders if not one.startswith("."))
            if options.get("recurse") is True
            else []
        )
        for name in files:
            there = os.path.join(place, name)
            path = os.path.relpath(there, folder).replace(os.sep, "/")
            known = name.endswith((*ENDINGS, _PROGRAM))
            if known and _included(path, options) and os.path.isfile(there) and bounds.hold(there):
                found.append(path)
    return found


def _objects_in(folder: str, file: str, shown: str) -> Iterator[bytes]:
    with open(os.path.join(folder, file), "rb") as opened:
        yield from objects_of(opened.read(), f"{shown}/{file}")


def objects_of(data: bytes, file: str) -> Iterator[bytes]:
    """The objects of a file, as documents; what is no object (values, a workflow) is left out, as Argo CD and Fleet
    do."""
    for document in texts.documents(data, file):
        body = texts.typed(document)
        if not body and b"\napiVersion:" in b"\n" + document and b"\nkind:" in b"\n" + document:
            raise refused("not YAML", "is it a template?", file=file)
        items = body.get("items") if body.get("kind") == "List" else None
        for one in items if isinstance(items, list) else [body]:
            if isinstance(one, dict) and one.get("apiVersion") and one.get("kind"):
                yield texts.written(one)


def _included(path: str, options: Fields) -> bool:
    include, exclude = str(options.get("include") or "*"), str(options.get("exclude") or "")
    return _glob(path, include) and not (exclude and _glob(path, exclude))


def _glob(path: str, pattern: str) -> bool:
    inside = pattern[1:-1].split(",") if pattern.startswith("{") and pattern.endswith("}") else [pattern]
    return any(fnmatch.fnmatchcase(path, one.strip()) for one in inside)
