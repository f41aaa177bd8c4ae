"""One source of an Argo CD Application that lies in this repository: kustomize, plain manifests, or a chart."""

from __future__ import annotations

import fnmatch
import os
import shutil
from collections.abc import Callable, Iterator

from cilium_policies.builds import kustomization, texts, tool, typed
from cilium_policies.builds.inflation import Inflation
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.repository import Repository, clean
from cilium_policies.document.filenames import ENDINGS
from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.kube.objects import mapping
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.workloads.releases.values import merge


class Made(NamedTuple):
    """What a source gives: its documents, charts that stay sources of the Application, and what is to be said."""

    documents: list[bytes]
    charts: list[Fields]
    notes: list[str]


class Builder:
    """Builds local sources. `values` resolves `$ref/path` of values files to a file, or ""."""

    def __init__(self, repository: Repository, command: str, scratch: str) -> None:
        self._repository = repository
        self._command = command
        self._scratch = scratch
        self._inflation = Inflation(scratch)
        self._placed = 0

    def prepared(
        self, name: str, source: Fields, namespace: str, values: Callable[[str], str]
    ) -> Callable[[], Made]:
        """What builds the source, to be called in a thread. Raises RefusedError for files that cannot be read."""
        path = clean(str(source.get("path") or ""))
        folder = self._repository.place(path)
        if not self._repository.is_folder(path):
            raise tool.ToolError(f"path {source.get('path')} is not a folder of the repository")
        if source.get("plugin"):
            return lambda: Made([], [], [f"{path} is rendered by a plugin: not built"])
        if os.path.isfile(os.path.join(folder, "Chart.yaml")):
            return self._chart(name, source, namespace, folder, values)
        if kustomization.file_in(folder):
            return self._kustomize(folder, mapping(source.get("kustomize")))
        return self._directory(folder, mapping(source.get("directory")))

    def _kustomize(self, folder: str, options: Fields) -> Callable[[], Made]:
        fields = kustomization.read(kustomization.file_in(folder))
        after = with_argo(fields, options)
        given = after if after != fields else None
        used, charts = self._inflation.without_charts(folder, given)
        if not charts:
            return lambda: Made(self._print(used), [], [])
        return lambda: self._beside_charts(
            used, lambda: self._inflation.without_patches(folder, given), charts
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
        files = sorted(_files(folder, options))
        shown = os.path.relpath(folder, self._repository.root)
        return lambda: Made([one for file in files for one in _objects_of(folder, file, shown)], [], [])

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
        chart = kustomization.read(os.path.join(folder, "Chart.yaml"))
        given, notes = chart_values(folder, helm, values)
        release = str(helm.get("releaseName") or name)
        charts = [
            _dependency(one, release, given)
            for one in chart.get("dependencies") or []
            if _enabled(one, given) and not str(one.get("repository") or "").startswith("file:")
        ]
        if not os.path.isdir(os.path.join(folder, "templates")):
            return lambda: Made([], charts, notes)
        if not shutil.which("helm"):
            said = f"the chart {os.path.relpath(folder, self._repository.root)} is not rendered: helm is not in PATH"
            return lambda: Made([], charts, [*notes, said])
        copy = self._without_dependencies(folder, chart, given)
        return lambda: self._rendered(copy, release, namespace, charts, notes)

    def _without_dependencies(self, folder: str, chart: Fields, values: Fields) -> str:
        copy = self._new()
        shutil.copytree(folder, copy, symlinks=False, ignore=shutil.ignore_patterns(".git"))
        kept = [
            one
            for one in chart.get("dependencies") or []
            if str(one.get("repository") or "").startswith("file:")
        ]
        own = {
            **{key: value for key, value in chart.items() if key != "dependencies"},
            **({"dependencies": kept} if kept else {}),
        }
        for path, body in (("Chart.yaml", own), ("cilium-policies-values.yaml", values)):
            with open(os.path.join(copy, path), "wb") as file:
                file.write(texts.written(body))
        return copy

    def _rendered(
        self, copy: str, release: str, namespace: str, charts: list[Fields], notes: list[str]
    ) -> Made:
        values = os.path.join(copy, "cilium-policies-values.yaml")
        options = ("--namespace", namespace or "default", "--include-crds", "-f", values)
        command = ("helm", "template", release, copy, *options)
        try:
            printed = tool.output(command, folder=copy, root=self._repository.root)
            documents = [_with_each_key_once(one, release) for one in texts.documents(printed, release)]
            return Made(documents, charts, notes)
        except (tool.ToolError, RefusedError) as failed:  # a library chart that has to be fetched, most often
            return Made([], charts, [*notes, f"its own templates are not rendered: {failed}"])


def chart_values(folder: str, helm: Fields, found: Callable[[str], str]) -> tuple[Fields, list[str]]:
    """A chart's values as Argo CD lays them: its own, `valueFiles`, `values`, `valuesObject`, `parameters`; and lines
    for files that are not there. `folder` is "" for a chart from elsewhere."""
    made: Fields = {}
    notes: list[str] = []
    own = os.path.join(folder, "values.yaml")
    for place in [own] if folder and os.path.isfile(own) else []:
        made = kustomization.read(place)
    for name in helm.get("valueFiles") or []:
        place = _values_file(str(name), folder, found)
        if os.path.isfile(place):
            made = merge(made, kustomization.read(place))
        elif not helm.get("ignoreMissingValueFiles"):
            notes.append(f"values file {name} is not in the repository")
    made = merge(made, _inline(helm))
    return made, notes


def _values_file(name: str, folder: str, found: Callable[[str], str]) -> str:
    """The place of an entry of `valueFiles`; "" for one that is not of this repository."""
    if name.startswith("$"):
        return found(name)
    return os.path.join(folder, name) if folder else ""


def with_values(source: Fields, values: Fields, found: Callable[[str], str]) -> Fields:
    """A chart's source with these values in place of the files that were read for them."""
    helm = mapping(source.get("helm"))
    elsewhere = [
        one for one in helm.get("valueFiles") or [] if not os.path.isfile(_values_file(str(one), "", found))
    ]
    rest = {key: value for key, value in helm.items() if key != "valueFiles"}
    files = {"valueFiles": elsewhere} if elsewhere else {}
    return {**source, "helm": {**rest, **files, "valuesObject": values}}


def _inline(helm: Fields) -> Fields:
    if isinstance(helm.get("valuesObject"), dict):
        return dict(helm["valuesObject"])
    try:
        read = typed.load(str(helm.get("values") or "").encode())
    except typed.NotYamlError:
        return {}
    return read if isinstance(read, dict) else {}


def _enabled(dependency: Fields, values: Fields) -> bool:
    """A dependency whose condition is false is not installed."""
    for path in str(dependency.get("condition") or "").split(","):
        found: Any = values
        for key in path.strip().split("."):
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, bool):
            return found
    return True


def _dependency(one: Fields, release: str, values: Fields) -> Fields:
    """A dependency as the source of its own that it is: the same release, its part of the values."""
    name = str(one.get("name"))
    own = values.get(str(one.get("alias") or name))
    inside: Fields = dict(own) if isinstance(own, dict) else {}
    if isinstance(values.get("global"), dict):
        inside["global"] = merge(values["global"], mapping(inside.get("global")))
    if one.get("alias"):
        inside.setdefault("nameOverride", one["alias"])
    return {
        "repoURL": one.get("repository") or "",
        "chart": name,
        "targetRevision": str(one.get("version") or ""),
        "helm": {"releaseName": release, "valuesObject": inside},
    }


def with_argo(fields: Fields, options: Fields) -> Fields:
    """A kustomization with an Application's `kustomize` options, which Argo CD writes into it."""
    made = dict(fields)
    for key in ("namePrefix", "nameSuffix", "namespace"):
        if options.get(key):
            made[key] = options[key]
    for key in ("commonLabels", "commonAnnotations"):
        if options.get(key):
            made[key] = {**(made.get(key) or {}), **options[key]}
    for key in ("patches", "components"):
        if options.get(key):
            made[key] = [*(made.get(key) or []), *options[key]]
    if options.get("replicas"):
        own = [{"name": one.get("name"), "count": int(one.get("count") or 0)} for one in options["replicas"]]
        made["replicas"] = [*(made.get("replicas") or []), *own]
    if options.get("images"):
        made["images"] = kustomization.merged_images(
            made.get("images") or [], [*map(image, options["images"])]
        )
    return made


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


def _files(folder: str, options: Fields) -> list[str]:
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = (
            sorted(one for one in folders if not one.startswith("."))
            if options.get("recurse") is True
            else []
        )
        for name in files:
            path = os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")
            if name.endswith(ENDINGS) and _included(path, options):
                found.append(path)
    return found


def _objects_of(folder: str, file: str, shown: str) -> Iterator[bytes]:
    """The objects of a file, as documents; what is no object (values, a workflow) is left out, as Argo CD does."""
    with open(os.path.join(folder, file), "rb") as opened:
        data = opened.read()
    for document in texts.documents(data, f"{shown}/{file}"):
        body = texts.typed(document)
        if not body and b"\napiVersion:" in b"\n" + document and b"\nkind:" in b"\n" + document:
            raise refused("not YAML", "is it a template?", file=f"{shown}/{file}")
        items = body.get("items") if body.get("kind") == "List" else None
        for one in items if isinstance(items, list) else [body]:
            if isinstance(one, dict) and one.get("apiVersion") and one.get("kind"):
                yield texts.written(one)


def _with_each_key_once(document: bytes, name: str) -> bytes:
    """A document that names a key twice with the last one's value, as Argo CD applies it. Raises RefusedError for what
    is no manifest even so."""
    try:
        texts.objects(document, name)
    except RefusedError:
        body = texts.typed(document)
        if not body:
            raise
        return texts.written(body)
    return document


def _included(path: str, options: Fields) -> bool:
    include, exclude = str(options.get("include") or "*"), str(options.get("exclude") or "")
    return _glob(path, include) and not (exclude and _glob(path, exclude))


def _glob(path: str, pattern: str) -> bool:
    inside = pattern[1:-1].split(",") if pattern.startswith("{") and pattern.endswith("}") else [pattern]
    return any(fnmatch.fnmatchcase(path, one.strip()) for one in inside)
