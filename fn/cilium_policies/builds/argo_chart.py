"""A chart of the repository, as Argo CD installs it and others do: its values, its dependencies, a copy of it that Helm
can render alone, and what Helm makes of that."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from cilium_policies.builds import kustomization, texts, tool, typed
from cilium_policies.builds.addresses import path_shown
from cilium_policies.builds.bounds import is_below
from cilium_policies.builds.kustomization import Fields
from cilium_policies.document.finding import RefusedError
from cilium_policies.kube.objects import at, mapping, mappings, sequence
from cilium_policies.lean import Any
from cilium_policies.workloads.releases.values import merge, set_path

_FILE = "file://"
_NESTED = 5  # charts beside charts beside charts
_MOST = 20_000  # files of a chart
# What charts are rendered for: Helm's own word depends on how it was built.
_KUBERNETES = ("--kube-version", "1.35.0")
# bjw-s' library: a chart whose templates call its loader is app-template by another name.
_LIBRARY, _LOADER, _OF_LIBRARY = "common", b"bjw-s.common.loader", "app-template"


def is_beside(dependency: Fields) -> bool:
    """Whether a dependency lies in a folder of the repository."""
    return str(dependency.get("repository") or "").startswith(_FILE)


def beside(chart: Fields) -> list[Fields]:
    """The dependencies of a chart that lie in the repository."""
    return [one for one in mappings(chart.get("dependencies")) if is_beside(one)]


def is_library(dependency: Fields) -> bool:
    """Whether a dependency is the library that app-template is made of."""
    return dependency.get("name") == _LIBRARY and "bjw-s" in str(dependency.get("repository"))


def copied(folder: str, copy: str, root: str, chart: Fields, depth: int = _NESTED) -> None:
    """A chart with those that lie beside it in `charts`, and none that would have to be fetched. Raises ToolError for
    what cannot be copied, as a link to nowhere, with which Helm renders no chart."""
    _lay(folder, copy, os.path.realpath(root))
    if any(map(is_library, mappings(chart.get("dependencies")))):
        _drop_loaders(os.path.join(copy, "templates"))
    kept = []
    for one in beside(chart) if depth else []:
        place = os.path.realpath(os.path.join(folder, str(one["repository"]).removeprefix(_FILE)))
        name = str(one.get("name"))
        if name in ("", ".", "..") or name != os.path.basename(name):  # it would lead out of `charts`
            raise tool.ToolError(f"the chart cannot be rendered: {name!r} is no name of a chart")
        below = os.path.join(copy, "charts", name)
        within = place.startswith(os.path.realpath(root) + os.sep)
        if within and os.path.isfile(os.path.join(place, "Chart.yaml")):
            import shutil  # few charts have others beside them

            shutil.rmtree(below, ignore_errors=True)
            copied(place, below, root, kustomization.read(os.path.join(place, "Chart.yaml")), depth - 1)
            kept.append(one)
    with open(os.path.join(copy, "Chart.yaml"), "wb") as file:
        own = {key: value for key, value in chart.items() if key != "dependencies"}
        file.write(texts.written({**own, **({"dependencies": kept} if kept else {})}))


def _lay(folder: str, copy: str, root: str) -> None:
    """Copies a folder with what its links lead to, but for Git's own folder, pipes and devices: the last may never end.
    Raises ToolError for a link that leads out of the repository, to nowhere or back to where it came from, and for
    so many files as links to links make of a few."""
    waiting: list[tuple[str, str, tuple[str, ...]]] = [(folder, copy, (os.path.realpath(folder),))]
    count = 0
    while waiting:
        here, goal, seen = waiting.pop()
        try:
            os.makedirs(goal, exist_ok=True)
            entries = [one for one in os.listdir(here) if one != ".git"]
            for name in entries:
                place, to = os.path.join(here, name), os.path.join(goal, name)
                real = os.path.realpath(place) if os.path.islink(place) else place
                is_folder, is_file = os.path.isdir(real), os.path.isfile(real)
                if (is_folder or is_file) and real != place and not is_below(root, real):
                    raise _not_rendered(place, root, "leads out of the repository")
                if is_folder:
                    if real in seen:
                        raise _not_rendered(place, root, "leads back to itself")
                    waiting.append((real, to, (*seen, os.path.realpath(real))))
                elif is_file:
                    with open(real, "rb") as file, open(to, "wb") as made:
                        made.write(file.read())
                elif not os.path.exists(real):
                    raise _not_rendered(place, root, "cannot be read")
        except OSError:
            raise _not_rendered(here, root, "cannot be read") from None
        count += len(entries)
        if count > _MOST:
            raise _not_rendered(folder, root, f"has more than {_MOST} files")


def _not_rendered(place: str, root: str, why: str) -> tool.ToolError:
    return tool.ToolError(f"the chart cannot be rendered: {os.path.relpath(place, root)} {why}")


def _drop_loaders(templates: str) -> None:
    for name in os.listdir(templates) if os.path.isdir(templates) else []:
        place = os.path.join(templates, name)
        if os.path.isfile(place):
            with open(place, "rb") as file:
                called = _LOADER in file.read()
            if called:
                os.remove(place)


def templated(copy: str, release: str, namespace: str, values: str, root: str) -> bytes:
    """What helm makes of a copied chart with a file of values. Raises ToolError where it makes nothing."""
    options = ("--namespace", namespace or "default", "--include-crds", "-f", values, *_KUBERNETES)
    # Behind `--`: somebody may call a release `--post-renderer=./any`, which Helm would run.
    return tool.output(("helm", "template", *options, "--", release, copy), folder=copy, root=root)


def manifests(printed: bytes, release: str) -> list[bytes]:
    """The documents that helm printed, each key once. Raises RefusedError for what is no manifest."""
    return [_with_each_key_once(one, release) for one in texts.documents(printed, release)]


def _with_each_key_once(document: bytes, name: str) -> bytes:
    """A document that names a key twice with the last one's value, as it is applied. Raises RefusedError for what is no
    manifest even so."""
    try:
        texts.objects(document, name)
    except RefusedError:
        body = texts.typed(document)
        if not body:
            raise
        return texts.written(body)
    return document


def chart_values(
    folder: str, helm: Fields, root: str, found: Callable[[str], str]
) -> tuple[Fields, list[str]]:
    """A chart's values as Argo CD lays them: its own, `valueFiles`, `values` or `valuesObject`, and for a chart of the
    repository `parameters` and `fileParameters`, which stay with the others; and lines for files that are not there.
    `folder` is "" for a chart from elsewhere, `root` the repository, and `found` finds what `$ref/path` means."""
    made: Fields = {}
    notes: list[str] = []
    own = os.path.join(folder, "values.yaml")
    for place in [own] if folder and os.path.isfile(own) else []:
        made = kustomization.read(place)
    for name in sequence(helm.get("valueFiles")):
        place = _values_file(str(name), folder, root, found)
        if os.path.isfile(place):
            made = merge(made, kustomization.read(place))
        elif not helm.get("ignoreMissingValueFiles"):
            notes.append(f"values file {path_shown(name)} is not in the repository")
    made = merge(made, _inline(helm))
    if folder:
        notes += _set(made, helm, lambda name: _values_file(name, folder, root, found))
    return made, notes


def _set(values: Fields, helm: Fields, found: Callable[[str], str]) -> list[str]:
    """Lays an Application's parameters over the values, as `helm --set` does; lines for files that are not there."""
    notes = []
    for one in mappings(helm.get("parameters")):
        value = one.get("value")
        set_path(values, str(one.get("name") or ""), value if one.get("forceString") else _typed(value))
    for one in mappings(helm.get("fileParameters")):
        place = found(str(one.get("path") or ""))
        if os.path.isfile(place):
            with open(place, encoding="utf-8", errors="replace") as file:
                set_path(values, str(one.get("name") or ""), file.read())
        else:
            notes.append(f"file {path_shown(one.get('path'))} of a parameter is not in the repository")
    return notes


def _typed(value: Any) -> Any:
    """What `--set` makes of a text: a number, `true`, `false` or nothing where it reads so."""
    text = str(value) if value is not None else ""
    words = {"true": True, "false": False, "null": None}
    if text in words:
        return words[text]
    return int(text) if re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text) else text


def of_registry(source: Fields) -> Fields:
    """A chart that is named by its whole address in a registry, `oci://HOST/FOLDER/CHART` with the path `.`, in the
    form of the others. Without `helm` it may hold manifests."""
    url = str(source.get("repoURL") or "")
    if source.get("chart") or not url.startswith("oci://") or not mapping(source.get("helm")):
        return source
    place, _, name = url.removeprefix("oci://").rstrip("/").rpartition("/")
    rest = {key: value for key, value in source.items() if key not in ("path", "chart")}
    return {**rest, "repoURL": place, "chart": name} if place else source


def _values_file(name: str, folder: str, root: str, found: Callable[[str], str]) -> str:
    """The place of an entry of `valueFiles`, which begins at the chart, or with `/` at the repository's `root`, and
    leads nowhere else; "" for one that is not of this repository."""
    if name.startswith("$"):
        return found(name)
    return inside(root, root if name.startswith("/") else folder, name) if folder else ""


def inside(root: str, folder: str, path: str) -> str:
    """The place of a path below a folder; "" where it leads out of the repository, `root`."""
    place = os.path.normpath(os.path.join(folder, path.lstrip("/")))
    return (
        place
        if place.startswith(f"{root}{os.sep}") and is_below(os.path.realpath(root), os.path.realpath(place))
        else ""
    )


def with_values(source: Fields, values: Fields, found: Callable[[str], str]) -> Fields:
    """A chart's source with these values in place of the files that were read for them."""
    helm = mapping(source.get("helm"))
    elsewhere = [
        one
        for one in sequence(helm.get("valueFiles"))
        if not os.path.isfile(_values_file(str(one), "", "", found))
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


def enabled(dependency: Fields, values: Fields) -> bool:
    """A dependency whose condition is false is not installed."""
    for path in str(dependency.get("condition") or "").split(","):
        found = at(values, *path.strip().split("."))
        if isinstance(found, bool):
            return found
    return True


def dependency(one: Fields, release: str, values: Fields) -> Fields:
    """A dependency as the source of its own that it is: the same release, its part of the values."""
    name = str(one.get("name"))
    own = values.get(str(one.get("alias") or name))
    inside: Fields = dict(own) if isinstance(own, dict) else {}
    if isinstance(values.get("global"), dict):
        inside["global"] = merge(values["global"], mapping(inside.get("global")))
    if one.get("alias"):
        inside.setdefault("nameOverride", one["alias"])
    if is_library(one):  # with its templates called by the chart's own, and all of the chart's values
        name, inside = _OF_LIBRARY, values
    return {
        "repoURL": one.get("repository") or "",
        "chart": name,
        "targetRevision": str(one.get("version") or ""),
        "helm": {"releaseName": release, "valuesObject": inside},
    }
