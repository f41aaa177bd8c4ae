"""The corpus as the score sees it: cases, their builds, the variables of each build, and the rows of flows.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.engine.substitute import substitute

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Manifests hold scalars that the other loaders stop at (`=`); names and labels are text anyway.
_TextLoader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Row(NamedTuple):
    """One line of flows.yaml: a flow with the verdict that it must get."""

    number: int
    query: dict[str, Any]  # from, to, port, protocol, as the judge takes them
    expect: str  # "allow" or "deny"
    strict: bool  # a deny that only a fine-grained policy reaches
    why: str
    source: str

    def text(self) -> str:
        """The flow in one line, as people read it."""
        ends = [next(iter(self.query[end].values())) for end in ("from", "to")]
        return (
            f"{self.number}: {ends[0]} -> {ends[1]} {self.query['port']}/{self.query.get('protocol', 'TCP')}"
        )


class Case(NamedTuple):
    """One folder of the corpus. A build is one input of the product; a tree has one for each Kustomization."""

    name: str
    kind: str  # "rendered", "tree" (root and apps/) or "app" (one application of a tree)
    folder: Path
    builds: tuple[Path, ...]  # the root's, or only, input first
    rows: tuple[Row, ...]
    tree: Path | None  # an app's tree, when the corpus has it

    @property
    def inputs(self) -> Path:
        """The root's, or only, input."""
        return self.builds[0]


def cases(corpus: Path) -> list[Case]:
    """Every case of the corpus, the main case first."""
    folders = [path.parent for path in corpus.glob("*/flows.yaml")]
    found = [_case(folder) for folder in folders]
    order = ("rendered", "tree", "app")
    return sorted(found, key=lambda case: (case.name != "seed-cluster", order.index(case.kind), case.name))


def _case(folder: Path) -> Case:
    builds = (folder / "input.yaml", *sorted((folder / "apps").rglob("*.yaml")))
    kind, tree = "rendered", None
    if len(builds) > 1:
        kind = "tree"
    elif folder.name.startswith("app-"):
        kind = "app"
        tree = _tree_of(folder)
    return Case(folder.name, kind, folder, builds, rows(folder / "flows.yaml"), tree)


def _tree_of(folder: Path) -> Path | None:
    """The tree that holds this application's build, byte for byte."""
    own = (folder / "input.yaml").read_bytes()
    for build in folder.parent.glob("*/apps/**/*.yaml"):
        if build.stat().st_size == len(own) and build.read_bytes() == own:
            return next(parent for parent in build.parents if parent.name == "apps").parent
    return None


def rows(path: Path) -> tuple[Row, ...]:
    """The rows of one flows.yaml, numbered from 1."""
    loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    listed = loaded["flows"] if isinstance(loaded, dict) else loaded
    return tuple(_row(number, raw) for number, raw in enumerate(listed, 1))


def _row(number: int, raw: Mapping[str, Any]) -> Row:
    query = {key: raw[key] for key in ("from", "to", "port", "protocol") if key in raw}
    return Row(
        number, query, raw["expect"], bool(raw.get("strict")), raw.get("why", ""), raw.get("source", "")
    )


def objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a stream, lists flattened, every scalar as text."""
    for document in yaml.load_all(text, Loader=_TextLoader):
        if isinstance(document, dict):
            if document.get("kind") in ("List", "ResourceList"):
                yield from (item for item in document.get("items") or [] if isinstance(item, dict))
            else:
                yield document


def workloads(text: str) -> Iterator[tuple[str, str]]:
    """Namespace and name of each pod of a stream, and of each object that holds a pod template."""
    for one in objects(text):
        spec, metadata = one.get("spec"), one.get("metadata") or {}
        holds = isinstance(spec, dict) and ("template" in spec or "jobTemplate" in spec)
        if holds or one.get("kind") == "Pod":
            yield metadata.get("namespace") or "default", metadata.get("name", "")


def variables(case: Case) -> dict[Path, dict[str, str]]:
    """What Flux substitutes in each build: `postBuild.substitute` of the Kustomization the file is called after."""
    root = case.tree or case.folder
    if case.kind == "rendered" or not (root / "input.yaml").exists():
        return {build: {} for build in case.builds}
    known: dict[str, dict[str, str]] = {}
    for one in objects((root / "input.yaml").read_text(encoding="utf-8")):
        if str(one.get("apiVersion", "")).startswith("kustomize.toolkit.fluxcd.io/"):
            given = (one.get("spec", {}).get("postBuild") or {}).get("substitute") or {}
            known[one["metadata"]["name"]] = {name: str(value) for name, value in given.items()}
    return {build: known.get(_kustomization(case, build), {}) for build in case.builds}


def _kustomization(case: Case, build: Path) -> str:
    if case.kind == "app" and case.tree is not None:
        own = build.read_bytes()
        return next((twin.stem for twin in case.tree.glob("apps/**/*.yaml") if twin.read_bytes() == own), "")
    return build.stem


def cluster_text(case: Case) -> str:
    """All manifests that the engine needs: every build as Flux would apply it, and the pods of run time."""
    filled = variables(case)
    parts = [substitute(build.read_text(encoding="utf-8"), filled[build]) for build in case.builds]
    runtime = case.folder / "runtime.yaml"
    if runtime.exists():
        parts.append(runtime.read_text(encoding="utf-8"))
    return "\n---\n".join(parts)


_SOURCE = re.compile(
    r"(?P<kind>[A-Z][A-Za-z]+) (?:(?P<namespace>[a-z0-9.-]+)/)?(?P<name>[a-z0-9][a-z0-9.:-]*)"
)


def left_out(case: Case) -> dict[int, str]:
    """Allow rows that an application's build alone cannot know: row number to the object of another build.

    A source belongs to the build whose object, release or rendered workload has the longest name that its own
    begins with, in its namespace. Cluster DNS counts in every build. Nor can it let anybody in to a pod of another
    build in a namespace that it closes itself: a build writes policies for pods of its own input alone.
    """
    if case.kind != "app" or case.tree is None:
        return {}
    own = _names(case, [case.inputs])
    twins = [
        build for build in case.tree.glob("apps/**/*.yaml") if build.read_bytes() != case.inputs.read_bytes()
    ]
    others = _names(case, [case.tree / "input.yaml", *twins])
    found = {}
    for row in case.rows:
        match = _SOURCE.match(row.source)
        if row.expect != "allow" or match is None or row.why.startswith("cluster DNS"):
            continue
        mine, theirs = (_best(names, match["namespace"], match["name"]) for names in (own, others))
        if theirs > mine:
            found[row.number] = match[0]
            continue
        namespace, _, name = str(row.query["to"].get("pod", "")).partition("/")
        mine, theirs = (_best(names, namespace, name) for names in (own, others))
        if theirs > mine and any(namespace == where for where, _ in own):
            found[row.number] = f"pod {namespace}/{name}, behind this build's default-deny"
    return found


def _best(names: Mapping[tuple[str, str], bool], namespace: str | None, name: str) -> tuple[int, bool]:
    """Rank of the longest fitting name; at equal length what renders objects is the likelier owner."""
    fitting = [
        (len(known), renders)
        for (where, known), renders in names.items()
        if namespace in (None, where) and (name == known or name.startswith((known + "-", known + ":")))
    ]
    return max(fitting, default=(0, False))


class _Named(NamedTuple):
    kind: str
    namespace: str
    name: str
    release: str  # what renders it, by its label


@cache
def _named(path: Path) -> tuple[_Named, ...]:
    found = []
    for one in objects(substitute(path.read_text(encoding="utf-8"))) if path.exists() else ():
        metadata, spec = one.get("metadata") or {}, one.get("spec") or {}
        namespace, name = metadata.get("namespace", ""), metadata.get("name", "")
        if one.get("kind") == "HelmRelease":
            namespace, name = spec.get("targetNamespace") or namespace, spec.get("releaseName") or name
        release = (metadata.get("labels") or {}).get("app.kubernetes.io/instance", "")
        found.append(_Named(one.get("kind", ""), namespace, name, release))
    return tuple(found)


def _names(case: Case, builds: list[Path]) -> dict[tuple[str, str], bool]:
    """Namespace and name of the builds' objects; true for releases and the workloads that these render."""
    listed = [one for build in builds for one in _named(build)]
    found = {
        (one.namespace, one.name): False for one in listed if one.kind not in ("Namespace", "Kustomization")
    }
    releases = {(one.namespace, one.name): True for one in listed if one.kind == "HelmRelease"}
    rendered = _named(case.folder / "runtime.yaml")
    workloads = {
        (one.namespace, one.name): True for one in rendered if (one.namespace, one.release) in releases
    }
    return {**found, **releases, **workloads}
