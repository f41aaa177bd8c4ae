"""A cluster's recipe: which repositories at which commits, which charts with whose values, in one input.yaml.

Third-party manifests stand in no commit of this project. A recipe names them, and what a cluster's team would write
itself (values, manifests, the flows) stands beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

CLASSES = ("eks", "gke", "aks", "openshift", "onprem", "edge", "home", "data")
PARTS: dict[str, frozenset[str]] = {  # what a part may say beside itself
    "own": frozenset(),
    "chart": frozenset({"release", "namespace", "values", "dependencies", "api", "schema"}),
    "kustomize": frozenset({"namespace", "without"}),
    "files": frozenset({"namespace"}),
    "tree": frozenset({"namespace", "empty", "entry", "partial", "without"}),
}


class RecipeError(ValueError):
    """A recipe that cannot be followed; the message says which and why."""


class Part(NamedTuple):
    """One piece of a cluster: what it is (one of PARTS), where it comes from, and how it is rendered."""

    kind: str
    source: str  # short name of the repository, "" for the cluster's own folder
    path: str
    options: dict[str, Any]  # as PARTS has them


class Recipe(NamedTuple):
    """What recipe.yaml says, and the folder that it stands in."""

    folder: Path
    what: str
    kind: str  # one of CLASSES
    sources: dict[str, str]  # short name to owner/name@commit
    parts: tuple[Part, ...]
    config: dict[str, Any]  # words of the product's config besides the mode

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.folder.name


def read(folder: Path) -> Recipe:
    """The recipe of one folder. Raises RecipeError."""
    path = folder / "recipe.yaml"
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise RecipeError(f"{path}: {error}") from error
    if not isinstance(raw, dict) or raw.get("class") not in CLASSES:
        raise RecipeError(f"{path}: class is one of {', '.join(CLASSES)}")
    if not raw.get("what") or not raw.get("parts"):
        raise RecipeError(f"{path}: what and parts are needed")
    sources = raw.get("sources") or {}
    for short, source in sources.items():
        _, _, commit = str(source).partition("@")
        if len(commit) != 40:
            raise RecipeError(f"{path}: sources.{short}: owner/name@commit with the commit's forty digits")
    parts = tuple(_part(path, each, sources) for each in raw["parts"])
    return Recipe(folder, str(raw["what"]), raw["class"], sources, parts, raw.get("config") or {})


def _part(path: Path, raw: dict[str, Any], sources: dict[str, str]) -> Part:
    kinds = [kind for kind in PARTS if kind in raw]
    if len(kinds) != 1:
        raise RecipeError(f"{path}: a part is one of {', '.join(PARTS)}: {raw}")
    kind, options = kinds[0], {key: value for key, value in raw.items() if key not in PARTS}
    if unknown := options.keys() - PARTS[kind]:
        raise RecipeError(f"{path}: {kind} says nothing by {', '.join(sorted(unknown))}: {raw}")
    if kind == "own":
        return Part(kind, "", str(raw[kind]), options)
    if kind == "chart" and not {"release", "namespace"} <= options.keys():
        raise RecipeError(f"{path}: a chart needs release and namespace: {raw}")
    for where in (raw[kind], *options.get("dependencies", {}).values(), *values(options)):
        source, _ = split(where)
        if source and source not in sources:
            raise RecipeError(f"{path}: {source!r} is not among sources: {raw}")
    return Part(kind, *split(raw[kind]), options)


def values(options: dict[str, Any]) -> list[str]:
    """A chart's files of values, later ones over earlier: of this folder, or `SOURCE:PATH` of a repository."""
    said = options.get("values") or []
    listed = [said] if isinstance(said, str) else said
    return [each if ":" in each else f":{each}" for each in listed]


def split(where: object) -> tuple[str, str]:
    """`SOURCE:PATH`, or a source alone: all of it; `:PATH` is of the cluster's own folder."""
    source, _, below = str(where).partition(":")
    return source, below or "."
