"""A whole tree condensed into one small object, `ClusterInventory`, and read back beside a single build.

    write_inventory(objects, files, catalogue, read, name) -> str     the object as YAML, for `inventory`
    SavedInventory(body).others(own, files) -> list[Object]           what the other builds hold, for one build
    SavedInventory(body).knows(files) -> bool                         whether it was made from these very bytes
    SavedInventory(body).outdated(own, catalogue, read) -> list[str]  what changed since, object by object
    parse(data, file) -> mapping                                      the body in a file, fast where we wrote it

`files` are the inputs as (name, bytes). For a single build: objects = flux.resolve([*own, *others(own)]); the
workloads whose `where` is known are not `own`, and what must look at the input alone skips known objects.
It holds the objects of each build as they stand there, pruned (prune.py), so that whatever reads objects reads
them as it would read the whole tree; nothing derived is stored that could disagree with them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.document.parse import load
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import KNOWN, Object, Where, at, mapping, mappings, text
from cilium_policies.lean import Any
from cilium_policies.workloads.inventory.prune import Pruner
from cilium_policies.workloads.inventory.told import Read

API_VERSION = "cilium-policies.fn/v1alpha1"
KIND = "ClusterInventory"
_ALIKE = 0.5  # share of a build's objects that make a stream the same build although it has changed
_FIRST = "  builds:\n"
_USER = re.compile(r"://[^/\s\"@\\]{1,256}@")
_ASKED = re.compile(r"(://[^\s\"'?#\\]{1,256})[?#][^\s\"'\\]*")
_BY_REFERENCE = ("ConfigMap", "Secret")  # what is kept of them depends on who refers to them, in any build


def write_inventory(
    objects: Iterable[Object],
    files: Mapping[str, bytes],
    catalogue: Catalogue,
    read: Read,
    name: str = "cluster",
) -> str:
    """The inventory of these objects as YAML: one line an object, by file, in input order. `read` is what finds the
    addresses in a text."""
    found = list(objects)
    pruner = Pruner(catalogue, _verbatim(Inventory(found)), found, read)
    builds: dict[str, list[str]] = {file: [] for file in sorted(files)}
    for one in found:
        body = pruner.prune(one)
        if body is not None:
            builds.setdefault(one.where.file, []).append(_line(body))
    text_of = [
        f"apiVersion: {API_VERSION}\nkind: {KIND}\nmetadata:\n  name: {name}\n  annotations:\n"
        '    config.kubernetes.io/local-config: "true"\nspec:\n',
        _FIRST if builds else "  builds: []\n",
    ]
    for file, lines in builds.items():
        text_of.append(
            f"  - file: {json.dumps(file, ensure_ascii=False)}\n    sha256: {_digest(files.get(file, b''))}\n"
        )
        text_of.append("    objects:\n" if lines else "    objects: []\n")
        text_of += (f"    - {line}\n" for line in lines)
    return "".join(text_of)


def _line(body: Any) -> str:
    """The object, of whose addresses nobody's name or password, query or fragment is left, wherever they stand."""
    line = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(", ", ": "))
    return _ASKED.sub(r"\1", _USER.sub("://", line))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _verbatim(inventory: Inventory) -> set[tuple[str, str]]:
    """ConfigMaps whose text is read as Helm values or as variables: a line left out would change the rest."""
    found = set()
    for one in inventory.of("HelmRelease", "Kustomization"):
        references = [
            *mappings(one.spec.get("valuesFrom")),
            *mappings(at(one.body, "spec", "postBuild", "substituteFrom")),
        ]
        found |= {
            (one.namespace, text(ref.get("name"))) for ref in references if ref.get("kind") == "ConfigMap"
        }
    return found


def parse(data: bytes, file: str = "") -> dict[str, Any]:
    """The body of an inventory file. Raises RefusedError for what is not YAML."""
    try:
        return _written(data.decode())
    except ValueError:
        return mapping(load(data, file=file))


def _written(content: str) -> dict[str, Any]:
    """The body of a file that `write_inventory` wrote, ten times faster than reading YAML; ValueError for others."""
    head, found, rest = content.partition(_FIRST)
    if not found:
        raise ValueError("not written by write_inventory")
    builds: list[dict[str, Any]] = []
    for line in rest.splitlines():
        if line.startswith("    - {"):
            builds[-1]["objects"].append(json.loads(line[6:]))
        elif line.startswith("  - file: "):
            builds.append({"file": json.loads(line[10:]), "objects": []})
        elif line.startswith("    sha256: "):
            builds[-1]["sha256"] = line[12:]
        elif line not in ("    objects:", "    objects: []"):
            raise ValueError("not written by write_inventory")
    body = mapping(load((head + "  builds: []\n").encode()))
    return {**body, "spec": {**mapping(body.get("spec")), "builds": builds}}


class SavedInventory:
    """An inventory that was read."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.name = text(at(body, "metadata", "name"))
        self.builds = mappings(at(body, "spec", "builds"))

    @property
    def files(self) -> dict[str, str]:
        """Name and SHA-256 of each input that it was made from."""
        return {text(build.get("file")): text(build.get("sha256")) for build in self.builds}

    def others(self, own: list[Object], files: Mapping[str, bytes] | None = None) -> list[Object]:
        """The objects of the other builds. Those of the build at hand are left out: by the name or content of
        its file, else by what most of its objects are; of what is left, objects that stand in the input. One file may
        hold the whole cluster, of which the input is the greater part: namespaces that it does not show are others'."""
        names = set(files or ()) | {one.where.file for one in own}
        digests = {_digest(data) for data in (files or {}).values()}
        here = {_id(one) for one in own if not _is_open(one)}
        builds = [(build, _objects(build)) for build in self.builds]
        same = [
            number
            for number, (build, _) in enumerate(builds)
            if _same_file(text(build.get("file")), names) or text(build.get("sha256")) in digests
        ]
        alike = [] if same else _most_alike([objects for _, objects in builds], here)
        shown = {one.namespace for one in own} | {""}
        others = (
            one
            for number, (_, objects) in enumerate(builds)
            if number not in same
            for one in objects
            if number not in alike or _home(one) not in shown
        )
        return [one for one in others if _id(one) not in here]

    def knows(self, files: Mapping[str, bytes]) -> bool:
        """Whether it was made from inputs of this very content, whatever they are called. Files that it was made from
        and that are not among the inputs are other builds: they are not asked for."""
        return {_digest(data) for data in files.values()} <= set(self.files.values())

    def outdated(self, own: list[Object], catalogue: Catalogue, read: Read) -> list[str]:
        """What of these objects the inventory does not hold as they are, in one line; none where it holds all.
        Their bytes may differ: a tool has written them anew, or policies stand behind them."""
        known = [Object(body) for build in self.builds for body in mappings(build.get("objects"))]
        held: dict[tuple[str, str, str, str], set[str]] = {}
        for one in known:
            held.setdefault(_id(one), set()).add(_line(one.body))
        pruner = Pruner(catalogue, _verbatim(Inventory(own)), [*own, *known], read)
        news = []
        for one in own:
            kept = None if one.kind in _BY_REFERENCE else pruner.prune(one)
            if kept is not None and _line(kept) not in held.get(_id(one), ()):
                news.append(f"{one} {'has changed' if _id(one) in held else 'has come'}")
        if not news:
            return []
        more = f" and {len(news) - 1} more" if len(news) > 1 else ""
        return [f"inventory {self.name} is older than the input: {news[0]} since it was made{more}"]


def _same_file(file: str, names: set[str]) -> bool:
    """Whether a file of the inventory is one of these: paths may begin at different folders."""
    return any(
        name and file and (file == name or file.endswith(f"/{name}") or name.endswith(f"/{file}"))
        for name in names
    )


def _id(one: Object) -> tuple[str, str, str, str]:
    return (one.group, one.kind, one.namespace, one.name)


def _home(one: Object) -> str:
    """The namespace that an object stands in, or is."""
    return one.name if one.kind == "Namespace" else one.namespace


def _is_open(one: Object) -> bool:
    """Whether many builds have an object of that name: a variable stands in it, or it is none, as a kustomization's."""
    return not one.name or "${" in one.name or "${" in one.namespace


def _objects(build: dict[str, Any]) -> list[Object]:
    file = text(build.get("file"))
    bodies = mappings(build.get("objects"))
    return [Object(body, Where(KNOWN + file, number)) for number, body in enumerate(bodies)]


def _most_alike(builds: list[list[Object]], here: set[tuple[str, str, str, str]]) -> list[int]:
    """The build most of whose objects (Namespaces apart: they stand elsewhere too) stand in the input."""
    shares = []
    for number, objects in enumerate(builds):
        ids = {_id(one) for one in objects if one.kind != "Namespace" and not _is_open(one)}
        shares.append((len(ids & here) / len(ids) if ids else 0.0, -number))
    best, number = max(shares, default=(0.0, 0))
    return [-number] if best > _ALIKE else []
