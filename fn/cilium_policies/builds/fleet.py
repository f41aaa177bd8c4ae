"""A cluster as Rancher's Fleet applies it: a bundle for each folder with a `fleet.yaml`.

A bundle is a chart, a kustomization, both (the kustomization then changes what the chart makes) or plain manifests.
rancher/fleet: internal/cmd/cli/apply, internal/bundlereader, internal/helmdeployer; https://fleet.rancher.io
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import count

from cilium_policies.builds import (
    argo_source,
    fleet_options,
    fleet_values,
    kustomization,
    texts,
    tool,
    variables,
)
from cilium_policies.builds.addresses import path_shown, without_texts
from cilium_policies.builds.applications import App
from cilium_policies.builds.failed import marks, stand_in
from cilium_policies.builds.fleet_bundles import applied, git_repo_of, git_repos, release_name
from cilium_policies.builds.fleet_manifests import manifests
from cilium_policies.builds.fleet_options import Cluster
from cilium_policies.builds.inflation import release
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.notes import Note
from cilium_policies.builds.repository import FLEET_GROUP, Repository, Told, clean, within
from cilium_policies.builds.workers import in_parallel
from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.kube.not_built import ELSEWHERE
from cilium_policies.kube.objects import at, mapping, sequence
from cilium_policies.workloads.releases.values import merge

_MANIFESTS = "fleet-manifests.yaml"  # what a chart has made, for the kustomization


class Bundle(App):
    """A bundle in the words of an Application: where its sources lie, and where they go."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return f"Bundle {mapping(self.body.get('metadata')).get('name')}"


class Fleet:
    """The builds of a repository's bundles for one cluster."""

    def __init__(
        self,
        repository: Repository,
        specs: Mapping[str, Fields],
        command: str,
        scratch: str,
        given: Mapping[str, str],
    ) -> None:
        """`given` are folders by name: the GitRepo of a repository that holds none."""
        self._repository = repository
        self._specs = specs
        self._command = command
        self._scratch = scratch
        self._numbers = count(1)
        self._builder = argo_source.Builder(repository, command, scratch)
        own = (name for name, place in given.items() if os.path.realpath(place) == repository.root)
        self._named = next(own, "")
        self._applied = cache(partial(applied, repository))
        self._charts: list[tuple[Bundle, Fields]] = []  # that are not rendered

    def build(self, asked: str, told: Told) -> list[Bundle]:
        """The bundles of the cluster that `--cluster` names. Raises RefusedError where it names none, or has to."""
        cluster = fleet_options.chosen(self._specs.values(), asked)
        found: list[Bundle] = []
        jobs = []
        for path, spec in self._specs.items():
            app = Bundle({"kind": "Bundle", "metadata": {"name": path or "."}})
            try:
                options = fleet_options.for_cluster(
                    fleet_options.with_files(spec, partial(self._values, path)), cluster
                )
                if options is None:
                    continue
                app.body |= {"spec": _placement(path, options)}
                jobs.append(partial(self._run, app, self._prepared(app, path, options, cluster)))
            except (RefusedError, tool.ToolError) as error:
                self._fail(app, path, error)
            found.append(app)
        in_parallel(jobs, lambda done, of: told("building bundles", done, of))
        self._add_charts(found)
        return found

    def _values(self, path: str, name: str) -> Fields:
        place = os.path.join(self._repository.place(path), name)
        if not (os.path.isfile(place) and self._repository.bounds.hold(place)):
            raise refused(
                f"values file {path_shown(name)} is not in the repository", "Fleet makes no bundle without it"
            )
        return kustomization.read(place)

    def _prepared(
        self, app: Bundle, path: str, options: Fields, cluster: Cluster
    ) -> Callable[[], argo_source.Made]:
        """What builds a bundle, to be called in a thread. Raises RefusedError, ToolError."""
        folder = self._repository.place(path)
        helm = mapping(options.get("helm"))
        chart = str(helm.get("chart") or "")
        below = clean(str(at(options, "kustomize", "dir") or ""))
        over = os.path.join(folder, below)
        over = over if os.path.isfile(os.path.join(over, "kustomization.yaml")) else ""
        if over and not self._repository.bounds.hold(over):
            raise refused(
                f"kustomize.dir {path_shown(below)} leads out of the repository", "nothing beside it is read"
            )
        where = clean(f"{path}/{chart}")
        local = not helm.get("repo") and os.path.isfile(
            os.path.join(self._repository.place(where), "Chart.yaml")
        )
        if local and not within(where, path):
            raise refused(
                f"helm.chart {path_shown(chart)} leads out of the bundle", "Fleet reads no chart there"
            )
        if not (local or helm.get("repo") or chart):
            if over:
                return lambda: argo_source.Made(self._kustomized(over, {}), [], [])
            overlays = [str(one) for one in sequence(at(options, "yaml", "overlays"))]
            return lambda: self._plain(path, overlays)
        values, left = fleet_options.filled(helm, cluster)
        app.notes += [f"nothing here sets {path_shown(without_texts(one))}: left as written" for one in left]
        name = str(helm.get("releaseName") or "") or self._release(path, str(options.get("name") or ""))
        namespace = str(app.destination.get("namespace"))
        if not local:
            source = {"repoURL": helm.get("repo"), "chart": chart, "targetRevision": helm.get("version")}
            of_cluster = {key: helm.get(key) for key in ("valuesFrom", "templateValues")}
            release = {"releaseName": name, "valuesObject": values, **of_cluster}
            made = argo_source.Made([], [{**source, "helm": release}], [])
            return (lambda: self._changed(made, over)) if over else (lambda: made)
        app.notes += fleet_values.unknown(helm, namespace, variables.Pool())[1]
        source = {"path": where, "helm": {"releaseName": name, "valuesObject": values}}
        step = self._builder.prepared(name, source, namespace, lambda _: "")
        return (lambda: self._changed(step(), over)) if over else step

    def _release(self, path: str, own: str) -> str:
        """The name that Fleet gives the release of a bundle: objects and their labels are called by it."""
        if own or (repo := self._named or git_repo_of(path, self._applied())):
            return release_name(own or f"{repo}/{path}".rstrip("/"))
        raise refused(
            "its release is named after a GitRepo, which is not in this repository",
            "name it: --source GITREPO=., or write helm.releaseName",
        )

    def _plain(self, path: str, overlays: list[str]) -> argo_source.Made:
        documents = list(manifests(self._repository, path, overlays, self._patched))
        return argo_source.Made(documents, [], [])

    def _patched(self, fields: Fields, folder: str) -> list[bytes]:
        return self._print(self._placed(folder, fields))

    def _kustomized(self, folder: str, more: Fields) -> list[bytes]:
        """What a kustomization makes, with other fields in place of its own."""
        fields = self._repository.fields(kustomization.file_in(folder))
        self._repository.bounds.check(fields, folder)
        return self._print(self._placed(folder, {**fields, **more}) if more else folder)

    def _changed(self, made: argo_source.Made, over: str) -> argo_source.Made:
        """A chart's objects as the kustomization changes them; of a chart that is not rendered only what stands beside
        it."""
        handed = self._new() + ".yaml"
        with open(handed, "wb") as file:
            file.write(texts.stream(made.documents))
        own = sequence(self._repository.fields(kustomization.file_in(over)).get("resources"))
        first = [handed] if made.documents else []
        try:
            documents = self._kustomized(
                over, {"resources": [*first, *(one for one in own if one != _MANIFESTS)]}
            )
            return made._replace(documents=documents)
        except tool.ToolError:
            if not made.charts:
                raise
            note = "patches are left out: they change objects of charts, which are not rendered"
            bare = self._builder.inflation.without_patches(over)
            fields = kustomization.read(kustomization.file_in(bare))
            rest = [] if kustomization.is_empty(fields) else self._print(bare)
            return made._replace(documents=[*made.documents, *rest], notes=[*made.notes, note])

    def _print(self, folder: str) -> list[bytes]:
        return texts.documents(tool.built(self._command, folder, self._repository.root), folder)

    def _placed(self, folder: str, fields: Fields) -> str:
        return kustomization.placed(self._new(), folder, fields)

    def _new(self) -> str:
        return os.path.join(self._scratch, f"bundle-{next(self._numbers)}")

    def _run(self, app: Bundle, step: Callable[[], argo_source.Made]) -> None:
        path = str(app.sources[0]["path"])
        try:
            made = step()
        except (RefusedError, tool.ToolError) as error:
            self._fail(app, path, error)
            return
        namespace = str(app.destination["namespace"])
        forced = str(app.destination.get("forced") or "")
        app.notes += made.notes
        app.docs = [_in(one, forced) for one in made.documents] if forced else list(made.documents)
        self._charts += [(app, one) for one in made.charts]
        if made.unknown:
            app.docs.append(stand_in(path, {ELSEWHERE: made.unknown}, [namespace]))

    def _fail(self, app: Bundle, path: str, error: RefusedError | tool.ToolError) -> None:
        app.fail(error)
        marked = marks(app.failure, self._repository, [path])
        namespace = (
            app.destination.get("namespace")
            or _placement(path, self._specs[path])["destination"]["namespace"]
        )
        app.docs = [stand_in(path, marked, [str(namespace)])]

    def _add_charts(self, bundles: list[Bundle]) -> None:
        """The charts that are not rendered, whose values other bundles may hold."""
        pool = variables.Pool()
        if any(mapping(source.get("helm")).get("valuesFrom") for _, source in self._charts):
            for app in bundles:
                pool.add(fleet_values.sources(app.docs, app.name, str(app.destination.get("namespace"))))
        for app, source in self._charts:
            namespace, helm = str(app.destination["namespace"]), mapping(source.get("helm"))
            values, notes = fleet_values.unknown(helm, namespace, pool)
            app.notes += notes
            values = merge(mapping(helm.get("valuesObject")), values)
            app.docs.append(_chart({**source, "helm": {**helm, "valuesObject": values}}, namespace))

    def left_out(self) -> Iterator[Note]:
        """What lies in no bundle's folder."""
        from cilium_policies.builds import plain, reach, uncovered

        for folder in plain.outermost(self._repository):
            if not reach.lies_in(folder, self._specs.keys()):
                yield Note(
                    folder or ".",
                    "a kustomization below no fleet.yaml: left out, name its folder to build it",
                )
        told = "a manifest below no fleet.yaml: left out, name its folder to read it"
        yield from uncovered.manifests(self._repository, self._specs, told, self._repository.asked)
        for one in git_repos(self._repository):
            if one.spec.get("bundles"):
                yield Note(
                    str(one), "the bundles that it lists are not read: each folder with a fleet.yaml is built"
                )
        for kind in ("Bundle", "HelmOp"):
            for found in self._repository.kinds(kind, FLEET_GROUP):
                yield Note(str(found.one), "not read: build reads what fleet.yaml says")


def _placement(path: str, options: Fields) -> Fields:
    """Where a bundle goes, in the words of an Application: its namespace is made, and `namespace` moves all into it."""
    forced = str(options.get("namespace") or "")
    namespace = forced or str(options.get("defaultNamespace") or "default")
    return {
        "source": {"path": path},
        "destination": {"namespace": namespace, "forced": forced},
        "syncPolicy": {
            "syncOptions": [] if namespace == "default" else ["CreateNamespace=true"],
            "managedNamespaceMetadata": {"labels": mapping(options.get("namespaceLabels"))},
        },
    }


def _in(document: bytes, namespace: str) -> bytes:
    """A document whose own namespace gives way."""
    if b"namespace:" not in document:
        return document
    body = texts.typed(document)
    metadata = mapping(body.get("metadata"))
    if metadata.get("namespace") in (None, "", namespace):
        return document
    return texts.written({**body, "metadata": {**metadata, "namespace": namespace}})


def _chart(source: Fields, namespace: str) -> bytes:
    """A chart that is not rendered, in the words of kustomize, which no cluster knows either."""
    helm = mapping(source.get("helm"))
    chart, repository = str(source.get("chart") or ""), str(source.get("repoURL") or "")
    whole = chart or repository  # `repo` alone is the address of a chart in a registry
    base, _, last = whole.rpartition("/")
    entry = {
        "name": last if "://" in whole else whole,
        "repo": base if "://" in whole else repository,
        "version": str(source.get("targetRevision") or ""),
        "valuesInline": mapping(helm.get("valuesObject")),
        "releaseName": str(helm.get("releaseName")),
    }
    return release(str(helm.get("releaseName")), [entry], namespace)
