"""From a recipe to the folder that the score reads: input.yaml, runtime.yaml, flows.yaml and config.yaml."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from cilium_policies.kube.objects import CLUSTER_SCOPED, mappings

from tests.clusters.recipe import Part, Recipe, RecipeError, split, values
from tests.clusters.sources import checkout
from tests.tools import environment

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_EMPTY = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n"


def make(recipe: Recipe, into: Path) -> Path:
    """The cluster's folder below `into`, made anew. Raises RecipeError."""
    target = into / recipe.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    text = "\n---\n".join(text for part in recipe.parts for text in _rendered(recipe, part))
    (target / "input.yaml").write_text(text + "\n", encoding="utf-8")
    for name in ("runtime.yaml", "flows.yaml"):
        if (recipe.folder / name).exists():
            shutil.copy(recipe.folder / name, target / name)
    if recipe.config:
        config = {
            "apiVersion": "cilium-policies.fn/v1alpha1",
            "kind": "CiliumPolicies",
            "metadata": {"name": recipe.name},
            "spec": {"cluster": recipe.config},
        }
        (target / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return target


def _rendered(recipe: Recipe, part: Part) -> Iterator[str]:
    place = _place(recipe, part.source, part.path)
    if not place.exists():
        raise RecipeError(f"{recipe.name}: {part.source}:{part.path} is not there")
    if part.kind in ("own", "files"):
        files = (
            [place]
            if place.is_file()
            else sorted(p for p in place.rglob("*") if p.suffix in (".yaml", ".yml"))
        )
        texts = [path.read_text(encoding="utf-8") for path in files]
    elif part.kind == "chart":
        texts = [_chart(recipe, part, place)]
    elif part.kind == "kustomize":
        texts = [_run(["kustomize", "build", "--load-restrictor=LoadRestrictionsNone", str(place)])]
    else:
        empty = part.options.get("empty") or ()
        with _repository(place, own=bool(not part.source or empty)) as root:
            for folder in empty:  # whose kustomization is of files on the network, such as CRDs
                (root / folder / "kustomization.yaml").write_text(_EMPTY, encoding="utf-8")
            texts = _tree(root, part.options)
    if without := frozenset(part.options.get("without") or ()):
        texts = [_without(text, without) for text in texts]
    namespace = part.options.get("namespace")
    return iter([_placed(text, str(namespace)) if namespace else text for text in texts])


def _tree(root: Path, options: dict[str, Any]) -> list[str]:
    entries = options.get("entry") or ["."]
    partial = ["--partial"] if options.get("partial") else []
    return [
        _run(["cilium-policies", "build", *partial, str(root / each)]) for each in entries
    ]  # takes one folder


@contextmanager
def _repository(place: Path, *, own: bool) -> Iterator[Path]:
    """The folder itself, of a source; a copy with `.git` of an own or edited one, by which `build` knows its root."""
    if not own:
        yield place
        return
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, place.name)
        shutil.copytree(place, copy)
        (copy / ".git").mkdir(exist_ok=True)
        yield copy


def _place(recipe: Recipe, source: str, path: str) -> Path:
    return (checkout(recipe.sources[source]) if source else recipe.folder) / path


def _chart(recipe: Recipe, part: Part, place: Path) -> str:
    """`helm template`, of a copy whose subcharts are those that the recipe names and those that are there."""
    options = part.options
    with tempfile.TemporaryDirectory() as scratch:
        chart = Path(scratch, place.name)
        shutil.copytree(place, chart, symlinks=False, ignore_dangling_symlinks=True)
        for name, where in options.get("dependencies", {}).items():
            shutil.copytree(_place(recipe, *split(where)), chart / "charts" / name, dirs_exist_ok=True)
        _only_what_is_there(chart)
        command = ["helm", "template", str(options["release"]), str(chart), "-n", str(options["namespace"])]
        for where in values(options):
            command += ["-f", str(_place(recipe, *split(where)))]
        if options.get("schema") is False:  # a schema that refers to the Internet
            command += ["--skip-schema-validation"]
        for version in options.get("api") or ():
            command += ["--api-versions", version]
        return _run([*command, "--kube-version", "1.33.0"])


def _only_what_is_there(chart: Path) -> None:
    """Dependencies that are neither vendored nor given are left out."""
    for path in list(chart.rglob("Chart.yaml")):
        for listed in (path, path.with_name("requirements.yaml")):  # that one of charts of apiVersion v1
            if listed.exists():
                keep_dependencies(listed, partial(is_vendored, listed.parent))


def keep_dependencies(listed: Path, is_there: Callable[[dict[str, Any]], bool]) -> None:
    """Of the dependencies that a chart's file lists those that are there, from no repository and of whatever version,
    as a copy from its own may be of another than the one asked for: no chart registry is asked."""
    raw = yaml.load(listed.read_text(encoding="utf-8", errors="replace"), Loader=_Loader) or {}
    if not raw.get("dependencies"):
        return
    there = [
        {**{key: value for key, value in one.items() if key != "repository"}, "version": ">=0.0.0-0"}
        for one in mappings(raw["dependencies"])
        if is_there(one)
    ]
    listed.write_text(yaml.safe_dump({**raw, "dependencies": there}), encoding="utf-8")
    for lock in ("Chart.lock", "requirements.lock"):
        listed.with_name(lock).unlink(missing_ok=True)


def is_vendored(chart: Path, dependency: dict[str, Any]) -> bool:
    """Whether a chart holds a dependency."""
    return any((chart / "charts").glob(f"{dependency.get('name')}*"))


def _without(text: str, left_out: frozenset[str]) -> str:
    """The stream without what a part leaves out (an object as `KIND/NAME`, or all of a KIND); the rest as it stands."""
    kept = []
    for document in re.split(r"^---\n", text, flags=re.MULTILINE):
        one = yaml.load(document, Loader=_Loader)
        if isinstance(one, dict):
            kind = str(one.get("kind"))
            if not left_out.isdisjoint((kind, f"{kind}/{one.get('metadata', {}).get('name')}")):
                continue
        kept.append(document)
    return "---\n".join(kept)


def _placed(text: str, namespace: str) -> str:
    """Objects without a namespace get the release's, as `helm install` does; kinds of no namespace stay."""
    documents = []
    for document in yaml.load_all(text, Loader=_Loader):
        if not isinstance(document, dict) or not document.get("kind"):
            continue
        for one in document["items"] if document["kind"] == "List" else [document]:
            metadata = one.setdefault("metadata", {})
            if not _wide(one["kind"]) and not metadata.get("namespace"):
                metadata["namespace"] = namespace  # also where a template writes an empty one
        documents.append(document)
    return yaml.safe_dump_all(documents, sort_keys=False, width=10_000)


def _wide(kind: str) -> bool:
    """Whether objects of a kind have no namespace: what the product knows, and what projects call such kinds."""
    called = kind.startswith("Cluster") and kind != "Cluster"  # the kind `Cluster` is a database's
    return kind in CLUSTER_SCOPED or called or kind.endswith(("Class", "AdmissionPolicy"))


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    except FileNotFoundError as error:
        raise RecipeError(f"{error.filename} is not there: make tools") from error
    if done.returncode != 0:
        raise RecipeError(f"{' '.join(command)}: {done.stderr.strip()[-2000:]}")
    return done.stdout
