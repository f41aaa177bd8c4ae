"""A kustomization as Flux and Argo CD hand it to kustomize: the folder's own file with their fields in it.

Both tools edit the file in the folder. This program changes no file of the user's, so the edited one stands in a
temporary folder, with its paths leading back to the repository.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from cilium_policies.builds import typed
from cilium_policies.builds.fields import joined, listed, tables
from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.kube.objects import sequence
from cilium_policies.lean import Any, encoded

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# Flux reads the file into kustomize's own type and writes it back: other keys are gone.
_KNOWN = frozenset(
    "apiVersion kind metadata openapi namePrefix nameSuffix namespace commonLabels labels commonAnnotations"  # noqa: SIM905
    " patchesStrategicMerge patchesJson6902 patches images imageTags replacements replicas vars sortOptions resources"
    " components crds bases configMapGenerator secretGenerator helmGlobals helmCharts helmChartInflationGenerator"
    " generatorOptions configurations generators transformers validators buildMetadata".split()
)
# What source-controller leaves out of every artifact.
_IGNORED = frozenset(
    ".travis.yml .gitlab-ci.yml appveyor.yml .drone.yml cloudbuild.yaml codeship-services.yml codeship-steps.yml"  # noqa: SIM905
    " .goreleaser.yml .sops.yaml .flux.yaml".split()
)
_IGNORED_FOLDERS = frozenset((".git", ".github", ".circleci"))

FOLDERS = ("resources", "bases", "components")  # keys that name folders, among other things

Fields = dict[str, Any]
_BYTES = getattr(os, "O_BINARY", 0)  # as they are, where a system else changes line ends
READ = os.O_RDONLY | _BYTES


def file_in(folder: str) -> str:
    """The kustomization of a folder; "" where it has none."""
    for name in NAMES:
        place = os.path.join(folder, name)
        if os.path.isfile(place):
            return place
    return ""


def content(file: int) -> bytes:
    """All that stands in a file that was opened just now. `open` asks the system for twice as much to read one, and a
    repository has hundreds."""
    parts: list[bytes] = []
    while part := os.read(file, 1 << 16):
        parts.append(part)
    return b"".join(parts)


def read(place: str) -> Fields:
    """The fields of a kustomization, with their types as Go reads them. Raises RefusedError."""
    file = os.open(place, READ)
    try:
        data = content(file)
    finally:
        os.close(file)
    try:
        fields = typed.load(data)
    except typed.NotYamlError as error:
        raise refused(str(error), "not YAML", file=place, line=error.line) from None
    return fields if isinstance(fields, dict) else {}


def folders_of(fields: Fields, folder: str, keys: Iterable[str] = FOLDERS) -> Iterator[str]:
    """The folders that a kustomization builds on, as real paths."""
    for key in keys:
        for one in sequence(fields.get(key)):
            if isinstance(one, str) and "\n" not in one:
                below = os.path.join(folder, one)
                if os.path.isdir(below):
                    yield os.path.realpath(below)


def generated(folder: str, *, strict: bool) -> Fields:
    """The kustomization that Flux makes for a folder without one: every manifest below it, and each folder below
    that has its own. `strict` is Flux's way with a file that is no manifest (it fails); else it is left out."""
    found = sorted(_manifests(folder, folder, strict=strict))
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return {**head, "resources": found} if found else {**head, "namespace": "_placeholder"}


def _manifests(top: str, folder: str, *, strict: bool) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        path = os.path.relpath(entry.path, top).replace(os.sep, "/")
        if entry.is_dir(follow_symlinks=False):
            if entry.name in _IGNORED_FOLDERS:
                continue
            if file_in(entry.path):
                yield f"./{path}"
            else:
                yield from _manifests(top, entry.path, strict=strict)
        elif not entry.name.endswith((".yaml", ".yml")) or entry.name in _IGNORED or not entry.is_file():
            continue
        elif strict or is_manifest(entry.path):
            yield f"./{path}"


def is_manifest(place: str) -> bool:
    """Whether the file holds Kubernetes objects (or nothing): each document names a kind."""
    from cilium_policies.document.split import split

    with open(place, "rb") as file:
        data = file.read()
    try:
        source = split(data, place)
    except RefusedError:
        return False
    return bool(source.items) and all(item.kind and item.name for item in source.items)


def with_flux(fields: Fields, spec: Mapping[str, Any], folder: str) -> Fields:
    """The fields with those of a Flux Kustomization's spec, by fluxcd/pkg/kustomize. Raises RefusedError for what the
    API server would refuse there; what is odd in the folder's own file the tool refuses."""
    made = {key: value for key, value in fields.items() if key in _KNOWN}
    for field, key in (
        ("targetNamespace", "namespace"),
        ("namePrefix", "namePrefix"),
        ("nameSuffix", "nameSuffix"),
    ):
        if spec.get(field):
            made[key] = spec[field]
    if patches := tables(spec, "patches"):
        made["patches"] = joined(made.get("patches"), map(_patch, patches))
    components = [
        one
        for one in listed(spec, "components")
        if os.path.exists(os.path.join(folder, str(one)))
        or spec.get("ignoreMissingComponents") not in (True, "true")
    ]
    if components:
        made["components"] = joined(made.get("components"), components)
    if merges := listed(spec, "patchesStrategicMerge"):
        import json

        made["patchesStrategicMerge"] = joined(made.get("patchesStrategicMerge"), map(json.dumps, merges))
    if patches := tables(spec, "patchesJson6902"):
        import json

        changes = ({"patch": json.dumps(one.get("patch")), "target": one.get("target")} for one in patches)
        made["patchesJson6902"] = joined(made.get("patchesJson6902"), changes)
    if images := tables(spec, "images"):
        made["images"] = merged_images(made.get("images"), images)
    if spec.get("buildMetadata"):
        made["buildMetadata"] = spec["buildMetadata"]
    return made


def _patch(one: Mapping[str, Any]) -> Fields:
    return {key: value for key, value in one.items() if key in ("patch", "target")}


def merged_images(own: Any, given: list[Fields]) -> Any:
    """Images of the folder's file with those of the Kustomization over them; tag and digest are one choice."""
    if own and not (isinstance(own, list) and all(isinstance(one, dict) for one in own)):
        return own  # the tool refuses it
    made = [dict(one) for one in own or ()]
    for image in given:
        found = next((one for one in made if one.get("name") == image.get("name")), None)
        if found is None:
            made.append({key: value for key, value in image.items() if value})
            continue
        if image.get("newName"):
            found["newName"] = image["newName"]
        if image.get("newTag") or image.get("digest"):
            found.pop("newTag", None)
            found.pop("digest", None)
            found.update({key: image[key] for key in ("newTag", "digest") if image.get(key)})
    return made


def placed(scratch: str, folder: str, fields: Fields, instead: Mapping[str, str] | None = None) -> str:
    """The folder `scratch`, made (or used again) to stand for `folder`, with these fields as its kustomization.

    `instead` are folders that stand for others already.
    """
    STANDS_FOR[_real(scratch)] = folder
    moved = _Moved(folder, _real(scratch), instead or {})
    text = encoded(with_paths(fields, moved.path)).encode(errors="replace")  # a file's name may be no text
    _write_over(os.path.join(scratch, NAMES[0]), text)
    return scratch


# Folders of this run's own, each with that of the repository: a tool that fails names them.
STANDS_FOR: dict[str, str] = {}
_real = cache(os.path.realpath)  # of folders of this run's own, each asked for by many builds


def _write_over(place: str, text: bytes) -> None:
    """Writes a kustomization, where one stands already over it: to make a file anew, or to cut it, takes many a file
    system longer than all that is done to come here. Empty lines stand where the old one was longer."""
    try:
        file = os.open(place, os.O_WRONLY | _BYTES)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BYTES, 0o666)
    try:
        left = memoryview(text.ljust(os.fstat(file).st_size, b"\n"))
        while left:
            left = left[os.write(file, left) :]
    finally:
        os.close(file)


def is_empty(fields: Fields) -> bool:
    """Whether nothing can come of it: kustomize calls such a file an error, Flux applies nothing."""
    return not any(fields.get(key) for key in (*_PATHS, *_GENERATORS, "helmCharts"))


_PATHS = (
    "resources",
    "components",
    "bases",
    "crds",
    "configurations",
    "generators",
    "transformers",
    "validators",
)
_WITH_PATH = ("patches", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")


def with_paths(fields: Fields, to: Callable[[Any], Any]) -> Fields:
    """The fields with what `to` makes of each that may be a path; those of charts stay."""
    made = dict(fields)
    for key in (*_PATHS, "patchesStrategicMerge"):
        if isinstance(made.get(key), list):
            made[key] = [to(one) for one in made[key]]
    for key in _WITH_PATH:
        if isinstance(made.get(key), list):
            made[key] = [_with_path(one, to) for one in made[key]]
    if "openapi" in made:
        made["openapi"] = _with_path(made["openapi"], to)
    for key in _GENERATORS:
        if isinstance(made.get(key), list):
            made[key] = [_generator(one, to) for one in made[key]]
    return made


def _with_path(one: Any, to: Callable[[Any], Any]) -> Any:
    """A mapping with another `path`; anything else as it is."""
    has = isinstance(one, dict) and "path" in one
    return {**one, "path": to(one["path"])} if has else one


def _generator(generator: Any, to: Callable[[Any], Any]) -> Any:
    """A generator with other `files`, `envs` and `env`; its literals are no files."""
    if not isinstance(generator, dict):
        return generator
    made = dict(generator)
    if isinstance(made.get("files"), list):
        made["files"] = [_named(one, to) for one in made["files"]]
    if isinstance(made.get("envs"), list):
        made["envs"] = [to(one) for one in made["envs"]]
    if "env" in made:
        made["env"] = to(made["env"])
    return made


def _named(entry: Any, to: Callable[[Any], Any]) -> Any:
    """`files` entries are a path, or a key and a path."""
    if not isinstance(entry, str) or "=" not in entry:
        return to(entry)
    key, _, path = entry.partition("=")
    return f"{key}={to(path)}"


class _Moved:
    """A path of a kustomization as seen from another folder. What is no file or folder there (an address, a patch
    written in place) stays."""

    def __init__(self, folder: str, here: str, instead: Mapping[str, str]) -> None:
        self._folder = os.path.normpath(folder)
        self._here = here
        self._instead = instead
        self._above = "" if f"{here}/".startswith(f"{self._folder}/") else os.path.relpath(folder, here)

    def path(self, path: Any) -> Any:
        """One path."""
        if not isinstance(path, str) or not path or "\n" in path:
            return path
        place = os.path.normpath(os.path.join(self._folder, path))
        if not os.path.exists(place):
            return path
        place = self._instead.get(place, place)
        if self._above and place.startswith(f"{self._folder}/"):
            return self._above + place[len(self._folder) :]
        return os.path.relpath(place, self._here)
