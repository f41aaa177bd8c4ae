"""Generators of a kustomization that are programs of their own, as what they stand for.

`kustomize` refuses them without plugins. KSOPS prints the Secrets of files that SOPS encrypts: the files themselves
tell the Secrets' names. HelmChartInflationGenerator is kustomize's older form of `helmCharts`.
https://github.com/viaduct-ai/kustomize-sops, https://kubectl.docs.kubernetes.io/references/kustomize/builtins/
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from cilium_policies.builds import texts, typed
from cilium_policies.builds.fields import joined
from cilium_policies.builds.kustomization import Fields
from cilium_policies.document.finding import RefusedError
from cilium_policies.kube.objects import mapping, sequence, text
from cilium_policies.lean import Any

_KSOPS = ("viaduct.ai/v1", "ksops")
_HELM = ("builtin", "HelmChartInflationGenerator")
_BEHAVIOR = "kustomize.config.k8s.io/behavior"
_HEAD = ("apiVersion", "kind", "metadata")


def settled(fields: Fields, folder: str) -> Fields:
    """The kustomization with files and charts instead of the generators that bring them."""
    entries = fields.get("generators")
    if not isinstance(entries, list):
        return fields
    kept: list[Any] = []
    files: list[str] = []
    laid: list[Fields] = []  # over an object that is there already
    charts: list[Fields] = []
    for entry in entries:
        found = list(objects(entry, folder))
        if not found or not all((one.get("apiVersion"), one.get("kind")) in (_KSOPS, _HELM) for one in found):
            kept.append(entry)
            continue
        for one in found:
            if one.get("kind") == _HELM[1]:
                charts.append({key: value for key, value in one.items() if key not in _HEAD})
            else:
                for path in _files(one, folder, entry):
                    if _is_laid_over(path, folder):
                        laid.append({"path": path})
                    else:
                        files.append(path)
    if len(kept) == len(entries):
        return fields
    made = {**fields, "generators": kept}
    if files:
        made["resources"] = joined(fields.get("resources"), files)
    if laid:
        made["patches"] = joined(fields.get("patches"), laid)
    if charts:
        made["helmCharts"] = joined(fields.get("helmCharts"), charts)
    return made


def objects(entry: object, folder: str) -> Iterator[Fields]:
    """The objects of an entry: of a file, or written in place."""
    if not isinstance(entry, str):
        return
    place = os.path.join(folder, entry)
    if "\n" in entry:
        data = entry.encode()
    elif os.path.isfile(place):
        with open(place, "rb") as file:
            data = file.read()
    else:
        return
    try:
        for document in texts.documents(data, entry.partition("\n")[0]):
            if body := typed.load(document):
                yield body if isinstance(body, dict) else {}
    except (RefusedError, typed.NotYamlError):
        yield {}


def _files(generator: Fields, folder: str, entry: object) -> list[str]:
    """The encrypted files that KSOPS prints; paths are as from the kustomization."""
    base = "" if "\n" in str(entry) else os.path.dirname(str(entry))
    found = [os.path.join(base, str(one)) for one in sequence(generator.get("files"))]
    return [one for one in found if os.path.isfile(os.path.join(folder, one))]


def _is_laid_over(path: str, folder: str) -> bool:
    """Whether a file's objects are put over those that the kustomization builds on, as generators may say: as further
    resources of the same names kustomize refuses them."""
    found = list(objects(path, folder))
    marks = (mapping(mapping(one.get("metadata")).get("annotations")) for one in found)
    return bool(found) and all(text(one.get(_BEHAVIOR)) in ("merge", "replace") for one in marks)
