"""The Applications of a repository: those in its files, and those that values of the chart argocd-apps hold."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence

from cilium_policies.builds import texts, tool
from cilium_policies.builds.addresses import beginning, without_paths
from cilium_policies.builds.applicationset import IN_CLUSTER
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.kustomization import read as read_fields
from cilium_policies.builds.repository import ARGO, Found, Repository
from cilium_policies.document.finding import RefusedError, line_of, refused
from cilium_policies.kube.objects import mapping, mappings

HOME = "argocd"
_CHART = "argocd-apps"  # the chart whose values are Applications
# The name of one of Argo CD's clusters; what else stands in its place is an address.
_NAME = re.compile(r"\w[\w.\-]*")


class App:
    """One Application, or an ApplicationSet that could not be read. `body` has the types that Go reads."""

    __slots__ = ("body", "docs", "elsewhere", "failure", "notes")

    def __init__(self, body: Fields) -> None:
        self.body = body
        self.docs: list[bytes] = []
        self.notes: list[str] = []
        self.failure = self.elsewhere = ""

    def fail(self, error: RefusedError | tool.ToolError) -> None:
        """Notes why nothing was built."""
        self.failure = line_of(error.finding) if isinstance(error, RefusedError) else str(error)

    def written(self, body: Fields, marks: Mapping[str, str]) -> bytes:
        """A form of the Application as a document, with further annotations."""
        metadata = mapping(body.get("metadata"))
        noted = {
            **mapping(metadata.get("annotations")),
            **{key: without_paths(one) for key, one in marks.items()},
        }
        return texts.written({**body, "metadata": {**metadata, "annotations": noted}} if marks else body)

    @property
    def key(self) -> tuple[str, str]:
        metadata = mapping(self.body.get("metadata"))
        return (str(metadata.get("namespace") or HOME), str(metadata.get("name") or ""))

    @property
    def name(self) -> str:
        return f"{self.body.get('kind')} {'/'.join(self.key)}"

    @property
    def spec(self) -> Fields:
        return mapping(self.body.get("spec"))

    @property
    def destination(self) -> Fields:
        return mapping(self.spec.get("destination"))

    @property
    def cluster(self) -> str:
        """Where it is applied: `in-cluster`, or a name or address of another cluster."""
        found = str(self.destination.get("name") or self.destination.get("server") or IN_CLUSTER)
        return "in-cluster" if found in (IN_CLUSTER, "in-cluster") else found

    @property
    def sources(self) -> list[Fields]:
        one = self.spec.get("source")
        many = self.spec.get("sources")
        found = [one] if isinstance(one, dict) else many if isinstance(many, list) else []
        return [it for it in found if isinstance(it, dict)]


def chosen_cluster(clusters: Sequence[str], asked: str) -> str:
    """The cluster that is asked for, by its name, its address or as much of that as is shown; "" for the only one.
    Raises RefusedError."""
    if asked in clusters or (not asked and len(clusters) < 2):
        return asked
    named: dict[str, list[str]] = {}
    for one in clusters:
        named.setdefault(one if _NAME.fullmatch(one) else beginning(one), []).append(one)
    if asked and len(same := named.get(asked, [])) == 1:
        return same[0]
    choices = [
        name
        if name and len(same) == 1
        else f"ADDRESS (of {len(same)} that begin with {name or 'what is not shown'})"
        for name, same in named.items()
    ]
    if asked:
        raise refused(f"--cluster {asked}: no Application is applied there", f"known: {', '.join(choices)}")
    choices = [f"--cluster {one}" for one in choices]
    raise refused(
        f"Applications here are applied to {len(clusters)} clusters", f"name one: {', '.join(choices)}"
    )


def all_sources(body: Fields) -> list[Fields]:
    spec = mapping(body.get("spec"))
    template = mapping(mapping(spec.get("template")).get("spec"))
    return [*App(body).sources, *App({"spec": template}).sources]


def written(repository: Repository) -> Iterator[tuple[Fields, str]]:
    """The Applications that stand in files, and those in values of the chart argocd-apps."""
    for found in (*repository.kinds("Application", ARGO), *repository.kinds("ApplicationSet", ARGO)):
        if found.one.name:
            yield _retyped(found, repository), found.path
    for folder in sorted(repository.charts):
        yield from ((body, f"{folder}/values.yaml") for body in _of_chart(repository, folder))


def _retyped(found: Found, repository: Repository) -> Fields:
    """The object as its file has it, with types: in the repository's index scalars are text."""
    for document in texts.documents(repository.data(found.path), found.path):
        body = texts.typed(document)
        if mapping(body.get("metadata")).get("name") == found.one.name and body.get("kind") == found.one.kind:
            return body
    return dict(found.one.body)


def _of_chart(repository: Repository, folder: str) -> Iterator[Fields]:
    place = repository.place(folder)
    try:
        chart = read_fields(os.path.join(place, "Chart.yaml"))
        values = os.path.join(place, "values.yaml")
        given = read_fields(values) if os.path.isfile(values) and repository.bounds.hold(values) else {}
    except RefusedError:
        return
    for one in mappings(chart.get("dependencies")):
        if one.get("name") == _CHART:
            inside = mapping(given.get(str(one.get("alias") or _CHART)))
            for field, kind in (("applications", "Application"), ("applicationsets", "ApplicationSet")):
                for name, body in mapping(inside.get(field)).items():
                    spec = mapping(body)
                    namespace = spec.get("namespace") or HOME
                    metadata = {"name": name, "namespace": namespace}
                    rest = {key: value for key, value in spec.items() if key != "namespace"}
                    yield {"apiVersion": f"{ARGO}/v1alpha1", "kind": kind, "metadata": metadata, "spec": rest}
