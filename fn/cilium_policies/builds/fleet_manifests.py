"""The plain manifests of a Fleet bundle, with the overlays that a target asks for.

`overlays/NAME/web.yaml` stands in the place of `web.yaml`, and `overlays/NAME/web_patch.yaml` patches it.
rancher/fleet: internal/helmdeployer/render
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

from cilium_policies.builds import argo_source, texts, typed
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.repository import Repository, above, within
from cilium_policies.document.filenames import ENDINGS, FLEET
from cilium_policies.document.finding import refused
from cilium_policies.kube.objects import mapping

_OVERLAYS = "overlays"
_PATCH = "_patch."
_IGNORE = ".fleetignore"


def manifests(
    repository: Repository,
    path: str,
    overlays: Sequence[str],
    build: Callable[[Fields, str], list[bytes]],
) -> Iterator[bytes]:
    """The objects of a bundle's files, in order; `build` makes what kustomize makes of fields in a folder. Raises
    RefusedError, ToolError."""
    folder = repository.place(path)
    base = f"{path}/" if path else ""
    found = {one.removeprefix(base): one for one in _files(repository, path)}
    patches: dict[str, list[str]] = {}
    for overlay in overlays:
        prefix = f"{_OVERLAYS}/{overlay}/"
        for name in [one for one in found if one.startswith(prefix)]:
            inside = name.removeprefix(prefix)
            head, _, last = inside.rpartition("/")
            if _PATCH in last:
                last = last.replace(_PATCH, ".", 1)
                patches.setdefault(f"{head}/{last}".lstrip("/"), []).append(found[name])
            else:
                found[inside] = found[name]
                patches.pop(inside, None)
    if lost := sorted(patches.keys() - found.keys()):
        raise refused(
            f"no file {lost[0]} for {patches[lost[0]][0]} to patch", "Fleet applies nothing of the bundle"
        )
    for name in sorted(found):
        if name.startswith(f"{_OVERLAYS}/"):
            continue
        documents = list(argo_source.objects_of(repository.data(found[name]), found[name]))
        if name in patches:
            yield from build(_with_patches(repository, found[name], documents, patches[name]), folder)
        else:
            yield from documents


def _files(repository: Repository, path: str) -> Iterator[str]:
    """The files that Fleet takes for manifests: none of a bundle or chart below, nor what it is told to ignore."""
    below = repository.files_below(path)
    inner = {one.rpartition("/")[0] for one in below if one.rpartition("/")[2] in FLEET}
    patterns = cache(partial(_patterns, repository))  # of a folder, asked for each file below it
    for file in below:
        name = file.rpartition("/")[2]
        apart = any(
            (one in inner or one in repository.charts) and one != path and within(one, path)
            for one in above(file)
        )
        if (
            name.endswith(ENDINGS)
            and name not in FLEET
            and not apart
            and not _is_ignored(file, path, patterns)
        ):
            yield file


def _is_ignored(file: str, path: str, patterns: Callable[[str], list[str]]) -> bool:
    """By the `.fleetignore` of a folder that the file lies in, up to the bundle's."""
    for folder in [*above(file), ""]:
        *folders, last = file.removeprefix(f"{folder}/").split("/")
        for pattern in patterns(folder):
            names = folders if pattern.endswith("/*") else [*folders, last]
            if any(fnmatch.fnmatchcase(one, pattern.removesuffix("/*")) for one in names):
                return True
        if folder == path:
            break
    return False


def _patterns(repository: Repository, folder: str) -> list[str]:
    """The lines of a folder's `.fleetignore`: each is a pattern of one name."""
    told = f"{folder}/{_IGNORE}".lstrip("/")
    if not repository.bounds.hold(repository.place(told)):  # it may be a link to anywhere
        return []
    lines = map(str.rstrip, repository.as_text(told).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _with_patches(repository: Repository, file: str, documents: list[bytes], patches: list[str]) -> Fields:
    """The fields that lay patches over a file's one object."""
    if len(documents) != 1:
        raise refused(
            f"{patches[0]} patches {file}, which holds {len(documents)} objects", "Fleet patches one alone"
        )
    body = texts.typed(documents[0])
    metadata = mapping(body.get("metadata"))
    head = {"apiVersion": body.get("apiVersion"), "kind": body.get("kind")}
    made = []
    for one in patches:
        try:
            patch = typed.load(repository.data(one))
        except typed.NotYamlError as fault:
            raise refused(str(fault), "not YAML", file=one, line=fault.line) from None
        if isinstance(patch, dict):
            named = {**mapping(patch.get("metadata")), "name": metadata.get("name")}
            patch = {**patch, **head, "metadata": named}
        target = {"kind": head["kind"], "name": metadata.get("name")}
        made.append({"patch": json.dumps(patch), "target": target})
    return {"resources": [repository.place(file)], "patches": made}
