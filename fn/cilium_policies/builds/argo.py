"""A cluster as Argo CD applies it: its Applications, and those that their sources hold in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from cilium_policies.builds import app_charts, argo_chart, argo_source, by_hand, texts, tool
from cilium_policies.builds.addresses import shown
from cilium_policies.builds.app_roots import Written, left_out, paths, roots
from cilium_policies.builds.applications import HOME, App, all_sources
from cilium_policies.builds.applicationset import ApplicationSet, Unknown
from cilium_policies.builds.git import address
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.notes import Note
from cilium_policies.builds.repository import ARGO, Repository, Told, clean, within
from cilium_policies.builds.workers import in_parallel
from cilium_policies.document.finding import RefusedError
from cilium_policies.kube.application_sets import alone
from cilium_policies.kube.not_built import BUILT, ELSEWHERE
from cilium_policies.kube.objects import at, mapping

# What knows an ApplicationSet's clusters and tokens; what it prints may lie in any file of the repository.
_MAKE = "`argocd appset generate -o yaml FILE` prints them"


class Argo:
    """The builds of a repository's Applications."""

    def __init__(
        self, repository: Repository, found: list[Written], command: str, scratch: str, told: Told
    ) -> None:
        self._repository = repository
        self._overlays = by_hand.overlays(repository, found)
        asked = [files for folder, files in self._overlays.items() if within(repository.asked, folder)]
        # Where such a kustomization is asked for, the other Applications are those of other clusters.
        self._written = (
            found if not (repository.asked and asked) else [one for one in found if one[1] in asked[0]]
        )
        self._told = told
        self._builder = argo_source.Builder(repository, command, scratch)
        self._own: set[str] = set()
        self.apps: dict[tuple[str, str], App] = {}
        self._sets: set[str] = set()

    def build(self) -> list[App]:
        """All Applications, those that hold others before these."""
        changed = set().union(*self._overlays.values())
        first = [body for body, _ in self._written]
        installed = [*self._installed(first), *self._by_hand()]
        self._own = self._addresses([*first, *installed])
        wave = self._known([*roots([one for one in self._written if one[1] not in changed]), *installed])
        while wave:
            jobs = [job for app in wave if (job := self._job(app))]
            in_parallel(jobs, lambda done, of: self._told("building Applications", done, of))
            inside = [body for app in wave for body in _inside(app)]
            wave = self._known(inside)
        return list(self.apps.values())

    def _installed(self, first: list[Fields]) -> list[Fields]:
        """The Applications in the templates of charts that no other Application names. What else such a chart makes,
        and its dependencies, stay as an Application of its name."""
        named = {path for body in first for path in paths(body)}
        inside = {
            folder: (app := self._of_chart(folder), list(_inside(app)))
            for folder in app_charts.holding(self._repository)
            if folder not in named
        }
        made: list[Fields] = []
        for folder, (app, bodies) in inside.items():
            others = [body for one, (_, its) in inside.items() if one != folder for body in its]
            if any(folder in paths(body) for body in others):
                continue
            made += bodies
            if bodies:
                app.notes.append("no Application names this chart: rendered with its own values.yaml")
            if not (bodies or app.failure or app.notes):
                continue
            if not app.failure and len(app.docs) == 1 and not at(texts.typed(app.docs[0]), "spec", "sources"):
                app.docs = []
            self.apps[app.key] = app
        return made

    def _by_hand(self) -> Iterator[Fields]:
        """The Applications that kustomizations change which nobody builds here. One that cannot be built, for want of a
        base that lies elsewhere most often, leaves them as they are."""
        for folder, files in self._overlays.items():
            app = App(by_hand.application(folder))
            self._run(app, [self._prepared(folder, app.sources[0])])
            self.apps[app.key] = app
            if app.failure:
                app.notes.append(f"{folder} is not built, so its Applications are as they lie: {app.failure}")
                app.failure, app.docs = "", []
                yield from (body for body, file in self._written if file in files)
            else:
                yield from _inside(app)
                app.docs = app.docs[1:]

    def _prepared(self, folder: str, source: Fields) -> Callable[[], argo_source.Made]:
        return lambda: self._builder.prepared(folder, source, HOME, lambda _: "")()

    def _of_chart(self, folder: str) -> App:
        app = App(app_charts.application(folder, self._repository))
        name, source = app.key[1], app.sources[0]
        self._run(app, [self._prepared(name, source)])
        return app

    def _known(self, bodies: list[Fields]) -> list[App]:
        """New Applications; ApplicationSets as the Applications that they make."""
        found = []
        for body in bodies:
            for one in self._made(body):
                if one.key not in self.apps:
                    self.apps[one.key] = one
                    found.append(one)
        return found

    def _made(self, body: Fields) -> list[App]:
        if body.get("kind") != "ApplicationSet":
            return [App(body)]
        self._sets.add(App(body).key[1])
        spec = mapping(body.get("spec"))
        try:
            made = ApplicationSet(spec, self._repository, self.is_here).applications()
        except Unknown as unknown:
            one = alone(spec)
            left = App(_application(one, body) if one else body)
            if one:
                left.notes.append(f"what an ApplicationSet fills in is left as it is: {unknown}")
            else:
                left.elsewhere = f"its Applications are not known: {unknown}"
                left.notes.append(f"{left.elsewhere}; {_MAKE}")
            return [left]
        return [App(_application(one, body)) for one in made]

    def is_here(self, url: str) -> bool:
        """Whether an address means this repository."""
        return address(url) in self._own

    def _addresses(self, bodies: list[Fields]) -> set[str]:
        """The repository's remotes, and the address that most Applications with a path in it name."""
        seen: Counter[str] = Counter()
        for body in bodies:
            for source in all_sources(body):
                path = clean(str(source.get("path") or ""))
                if source.get("repoURL") and path and ("{{" in path or self._repository.is_folder(path)):
                    seen[address(str(source["repoURL"]))] += 1
        return self._repository.remotes | {one for one, _ in seen.most_common(1)}

    def _job(self, app: App) -> Callable[[], None] | None:
        if app.body.get("kind") == "ApplicationSet":
            app.docs = [app.written(app.body, {ELSEWHERE: app.elsewhere} if app.elsewhere else {})]
            return None
        steps: list[Callable[[], argo_source.Made]] = []
        try:
            for source in app.sources:
                step = self._step(app, source)
                if step:
                    steps.append(step)
        except (RefusedError, tool.ToolError) as error:
            self._fail(app, error)
            return None
        return lambda: self._run(app, steps)

    def _step(self, app: App, source: Fields) -> Callable[[], argo_source.Made] | None:
        helm = mapping(source.get("helm"))
        source = argo_chart.of_registry(source)
        found = partial(self._referenced, app)
        if source.get("chart"):
            values, notes = argo_chart.chart_values("", helm, "", found)
            kept = argo_chart.with_values(source, values, found) if values else source
            return lambda: argo_source.Made([], [kept], notes)
        if not source.get("path"):
            return None  # `ref` alone: values for another source
        if not self.is_here(str(source.get("repoURL") or "")):
            app.elsewhere = f"its source {shown(source.get('repoURL'))} is not this repository"
            note = f"not built: {app.elsewhere}"
            return lambda: argo_source.Made([], [source], [note])
        namespace = str(app.destination.get("namespace") or "")
        return self._builder.prepared(app.key[1], source, namespace, found)

    def _referenced(self, app: App, name: str) -> str:
        """The file that `$ref/path` means."""
        word, _, path = name[1:].partition("/")
        for source in app.sources:
            if source.get("ref") == word and self.is_here(str(source.get("repoURL") or "")):
                return argo_chart.inside(self._repository.root, self._repository.root, path)
        return ""

    def _run(self, app: App, steps: list[Callable[[], argo_source.Made]]) -> None:
        documents: list[bytes] = []
        charts: list[Fields] = []
        try:
            for step in steps:
                made = step()
                documents += made.documents
                charts += made.charts
                app.notes += made.notes
                app.elsewhere = made.unknown or app.elsewhere
        except (RefusedError, tool.ToolError) as error:
            self._fail(app, error)
            return
        spec = {key: value for key, value in app.spec.items() if key not in ("source", "sources")}
        marks = {ELSEWHERE: app.elsewhere} if app.elsewhere else {}
        kept = [*charts, *self._read(app, charts)]
        application = app.written({**app.body, "spec": {**spec, "sources": kept}}, marks)
        app.docs = [application, *documents]

    def _read(self, app: App, charts: list[Fields]) -> list[Fields]:
        """The repositories that Argo CD reads for the sources that were built here, as sources of which nothing comes
        (`ref`): its repository server has to reach them."""
        told = {str(source.get("repoURL")) for source in charts}
        urls = dict.fromkeys(str(source.get("repoURL") or "") for source in app.sources)
        return [{"repoURL": url, "ref": BUILT} for url in urls if url and url not in told]

    def _fail(self, app: App, error: RefusedError | tool.ToolError) -> None:
        """The Application itself stays, marked."""
        from cilium_policies.builds.failed import marks

        app.fail(error)
        app.docs = [
            app.written(app.body, marks(app.failure, self._repository, paths(app.body, self.is_here)))
        ]

    def left_out(self) -> list[Note]:
        """What is said of what no Application that was built applies."""
        apps = list(self.apps.values())
        return list(left_out(self._repository, self._written, apps, self._sets, self.is_here))

    def is_elsewhere(self) -> bool:
        """Whether nothing of the Applications is known here, no chart either: examples for others, most often."""
        charts = any(source.get("chart") for app in self.apps.values() for source in app.sources)
        return not charts and all(app.elsewhere and len(app.docs) == 1 for app in self.apps.values())

    def clusters(self) -> list[str]:
        """The clusters that Applications are applied to, by name or whole address, the own one first."""
        return sorted({app.cluster for app in self.apps.values()}, key=lambda one: (one != "in-cluster", one))


def _application(made: Fields, maker: Fields) -> Fields:
    """An Application that an ApplicationSet makes, in its namespace."""
    metadata = {"namespace": mapping(maker.get("metadata")).get("namespace") or HOME}
    head = {"apiVersion": f"{ARGO}/v1alpha1", "kind": "Application"}
    return {**head, **made, "metadata": {**metadata, **mapping(made.get("metadata"))}}


def _inside(app: App) -> Iterator[Fields]:
    """The Applications that an Application's documents hold; they stand for themselves from here on."""
    kept = []
    for number, document in enumerate(app.docs):
        body = texts.typed(document) if number and ARGO.encode() in document else {}
        if body.get("kind") in ("Application", "ApplicationSet"):
            metadata = {"namespace": app.destination.get("namespace"), **mapping(body.get("metadata"))}
            yield {**body, "metadata": {key: value for key, value in metadata.items() if value}}
        else:
            kept.append(document)
    app.docs = kept


__all__ = ["App", "Argo"]
