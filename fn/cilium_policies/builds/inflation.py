"""Charts that a kustomization would have Helm inflate: taken out before the build, and told as what they are. An
entry that runs this program is taken out as well.

Helm would fetch them from elsewhere. The kustomization that names them goes into the stream instead, with its
values in it, as every other command reads it as a release.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

from cilium_policies.builds import generators, kustomization, texts
from cilium_policies.builds.kustomization import FOLDERS, Fields, folders_of
from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.kube.objects import mappings, sequence
from cilium_policies.kube.reading import API
from cilium_policies.lean import Any
from cilium_policies.workloads.releases.values import merge

_CHARTS = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "transformers")
_FUNCTIONS = ("transformers", "validators", "generators")
_DEEPEST = 200
_OWN = f"apiVersion: {API}/"


class Inflation:
    """Folders without their charts; what stands for them lies below `scratch`. Threads may share one."""

    def __init__(self, scratch: str) -> None:
        self._scratch = scratch
        self._numbers = count(1)

    def without_charts(self, folder: str, fields: Fields | None = None) -> tuple[str, list[bytes]]:
        """The folder to build ("" where nothing but charts is in it) and the kustomizations whose charts are left out
        of it. `fields` stand for the folder's own file. Raises RefusedError."""
        charts: list[bytes] = []
        used = self._stripped(os.path.realpath(folder), charts, "", fields, _CHARTS, set())
        return used, charts

    def without_patches(self, folder: str, fields: Fields | None = None) -> str:
        """The same folder, without the patches of kustomizations that have charts, or build on some."""
        left_out = (*_CHARTS, *_PATCHES)
        return self._stripped(os.path.realpath(folder), [], "", fields, left_out, set())

    def _stripped(
        self,
        folder: str,
        charts: list[bytes],
        outer: str,
        fields: Fields | None,
        left_out: tuple[str, ...],
        seen: set[str],
        deep: int = 0,
    ) -> str:
        if deep > _DEEPEST:
            raise refused(f"kustomizations build on one another more than {_DEEPEST} deep")
        own = kustomization.file_in(folder)
        if folder in seen or not (own or fields):
            return folder
        seen.add(folder)
        read = kustomization.read(own) if fields is None else fields
        before = generators.settled(read, folder)
        namespace = outer or str(before.get("namespace") or "")
        instead = {}
        for below in folders_of(before, folder):
            used = self._stripped(below, charts, namespace, None, left_out, seen, deep + 1)
            if used != below:
                instead[below] = used
        charts += _documents(before, folder, namespace)
        bare = _without_own_function(before, folder)
        if not instead and fields is None and bare == read and not any(before.get(key) for key in _CHARTS):
            return folder
        after = {key: value for key, value in bare.items() if key not in left_out}
        emptied = {below for below, used in instead.items() if not used}
        after = _without_folders(after, folder, emptied)
        if kustomization.is_empty(after) and (emptied or any(_charts(before))):
            return ""
        target = os.path.join(self._scratch, f"folder-{next(self._numbers)}")
        return kustomization.placed(target, folder, after, instead)


def _without_folders(fields: Fields, folder: str, emptied: set[str]) -> Fields:
    """The fields without folders of which nothing is left: kustomize refuses an empty kustomization."""
    made = dict(fields)
    for key in FOLDERS if emptied else ():
        if isinstance(made.get(key), list):
            made[key] = [
                one for one in made[key] if os.path.realpath(os.path.join(folder, str(one))) not in emptied
            ]
    return made


def _without_own_function(fields: Fields, folder: str) -> Fields:
    """The fields without entries that run this program: it comes after the build, and plugins are off."""
    made = dict(fields)
    for key in _FUNCTIONS:
        if isinstance(made.get(key), list):
            made[key] = [one for one in made[key] if not _is_own_config(one, folder)]
    return made


def _is_own_config(entry: object, folder: str) -> bool:
    if not isinstance(entry, str):
        return False
    if "\n" in entry:
        return _OWN in entry
    place = os.path.join(folder, entry)
    if not os.path.isfile(place):
        return False
    with open(place, encoding="utf-8", errors="replace") as file:
        return _OWN in file.read()


def _charts(fields: Fields) -> Iterator[Fields]:
    yield from mappings(fields.get("helmCharts"))
    for one in mappings(fields.get("helmChartInflationGenerator")):
        yield {**one, "name": one.get("chartName"), "version": one.get("chartVersion")}


def _documents(fields: Fields, folder: str, namespace: str) -> list[bytes]:
    """One kustomization for each release. Several charts of a folder may be inflated by one release's name: kustomize
    asks Helm for templates only, so nobody minds; two objects of one name would be one."""
    releases: dict[str, list[Fields]] = {}
    for chart in _charts(fields):
        name = str(chart.get("releaseName") or chart.get("name"))
        releases.setdefault(name, []).append({**chart, "valuesInline": values_of(chart, folder)})
    return [release(name, charts, namespace) for name, charts in releases.items()]


def release(name: str, charts: list[Fields], namespace: str) -> bytes:
    """A release that nothing here renders, in the words of kustomize's `helmCharts`."""
    body: dict[str, Any] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": namespace} if namespace else {"name": name},
        "helmCharts": charts,
    }
    if namespace:
        body["namespace"] = namespace
    return texts.written(body)


def values_of(chart: Fields, folder: str) -> Fields:
    """A chart's values: those of its files, then those in place."""
    made: Fields = {}
    for name in (chart.get("valuesFile"), *sequence(chart.get("additionalValuesFiles"))):
        place = os.path.join(folder, str(name)) if name else ""
        if place and os.path.isfile(place):
            try:
                made = merge(made, kustomization.read(place))
            except RefusedError:
                continue  # a template: its values are not known
    given = chart.get("valuesInline") or chart.get("values")
    return merge(made, given) if isinstance(given, dict) else made
