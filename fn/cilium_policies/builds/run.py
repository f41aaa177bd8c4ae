"""`build`: a repository as it lies, as one stream of what its cluster applies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cilium_policies.builds import entries, notes, texts, tool
from cilium_policies.builds.addresses import without_paths
from cilium_policies.builds.flux import Flux
from cilium_policies.builds.late import came_late
from cilium_policies.builds.repository import FLEET_GROUP, FLUX, Repository, Told, within
from cilium_policies.builds.scratch import scratch as folder_for
from cilium_policies.builds.sources import Sources
from cilium_policies.builds.unit import KUSTOMIZATION, Unit
from cilium_policies.document.filenames import FLEET
from cilium_policies.document.finding import refused
from cilium_policies.lean import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cilium_policies.builds.app_roots import Written
    from cilium_policies.builds.applications import App
    from cilium_policies.builds.fleet import Fleet
    from cilium_policies.builds.plain import Plain


class Built(NamedTuple):
    """`documents` in order; `failures` and `notes` are lines for people; `what` says how much `tool` built."""

    documents: list[bytes]
    failures: list[str]
    notes: list[str]
    tool: str
    what: str


def build(
    folder: str,
    *,
    cluster: str = "",
    command: str = "",
    sources: Mapping[str, str] | None = None,
    told: Told = lambda *_: None,
) -> Built:
    """Builds what the folder holds; `sources` are folders for Flux's sources that are not this repository, by name.
    Raises RefusedError where there is nothing to build, or more than one thing."""
    told("reading the repository")
    repository = Repository(folder)
    if repository.may_begin:
        from cilium_policies.builds.others import begins_above

        raise begins_above(repository, folder)
    with folder_for("cilium-policies-") as scratch:
        if clusters := entries.entries(repository):
            entry = entries.chosen(clusters, repository, cluster)
            return _flux(repository, entry, cluster, command, scratch, told, sources or {})
        # Imported here and below, so that one way to deploy does not pay for another.
        from cilium_policies.builds import app_charts
        from cilium_policies.builds.app_roots import is_beside
        from cilium_policies.builds.applications import written

        found = list(written(repository))
        if (found and not is_beside(repository, found)) or app_charts.holding(repository):
            return _argo(repository, found, cluster, command, scratch, told)
        named = any(path.rpartition("/")[2] in FLEET for path in repository.files)
        if named or repository.kinds("GitRepo", FLEET_GROUP):
            from cilium_policies.builds import fleet
            from cilium_policies.builds.fleet_bundles import bundles

            specs = bundles(repository)
            whole = repository.asked in repository.kustomizations and repository.asked not in specs
            if specs and not whole:  # else the kustomization that is asked for is no bundle
                used = tool.chosen(_no_flate(command))
                builds = fleet.Fleet(repository, specs, used, scratch, sources or {})
                return _fleet(builds, cluster, used, told)
        if any(within(one, repository.asked) for one in repository.kustomizations):
            return _plain(repository, command, scratch, told)
    from cilium_policies.builds.others import nothing_to_build

    raise nothing_to_build(repository)


def _flux(
    repository: Repository,
    entry: entries.Entry,
    asked: str,
    command: str,
    scratch: str,
    told: Told,
    given: Mapping[str, str],
) -> Built:
    roots = entries.roots_of(entry, repository)
    used = tool.chosen(command)
    own = entries.own_sources(roots, entry, repository)
    entries.ignore_as_said(entry, own, repository)
    flux = Flux(repository, Sources(repository, own, scratch, given), used, scratch, told)
    units = flux.build(roots)
    if came_late(units, flux.pool):
        roots = entries.roots_of(entry, repository)
        flux = Flux(repository, flux.sources, used, scratch, told, flux)
        units = flux.build(roots)
    charts: list[str] = []
    if command == tool.FLATE:
        from cilium_policies.builds import flate

        told("rendering charts")
        charts = flate.with_charts(units, repository.root, entry.folders[0])
        used = f"{used} and {tool.FLATE}"
    if repository.asked and not any(within(one, repository.asked) for one in entry.folders):
        units = _below(repository.asked, units, entry)
    if repository.charts and command != tool.FLATE:
        from cilium_policies.builds.own_charts import OwnCharts

        own_charts = OwnCharts(repository, flux.sources, flux.pool, used, scratch)
        charts = notes.lines(own_charts.render(units, told))
    failed = {unit.key: _mark(unit, repository) for unit in units if unit.failure or unit.elsewhere}
    documents = [
        texts.from_place(_marked(one, unit, failed), unit.path) for unit in units for one in unit.docs
    ]
    first = {unit.key for unit in roots}
    documents += [_root(unit, failed) for unit in units if unit.failure and unit.key in first]
    said = [*notes.lines(notes.of_units(units)), *charts]
    if not (asked or repository.asked):
        from cilium_policies.builds.uncovered import kustomizations

        said += notes.lines(kustomizations(repository, units, entry.name))
    return Built(documents, _failures(units), said, used, _counted(len(units), "Kustomization"))


def _below(folder: str, units: list[Unit], entry: entries.Entry) -> list[Unit]:
    """The Kustomizations of a folder's own. Raises RefusedError where there is none: an empty stream is no answer."""
    found = [unit for unit in units if within(unit.path, folder)]
    if found:
        return found
    above = [unit for unit in units if unit.root and within(folder, unit.path) and unit.path != ""]
    if above:
        nearest = max(above, key=lambda unit: len(unit.path))
        raise refused(f"no Flux Kustomization of {entry.name} begins in {folder}: it is part of {nearest.name}",
                      f"build that one's folder, {nearest.path}")  # fmt: skip
    raise refused(f"no Flux Kustomization of {entry.name} builds {folder}",
                  "name another folder, or --cluster PATH, or build the whole repository")  # fmt: skip


def _argo(
    repository: Repository, found: list[Written], cluster: str, command: str, scratch: str, told: Told
) -> Built:
    from cilium_policies.builds import argo
    from cilium_policies.builds.applications import chosen_cluster
    from cilium_policies.builds.placing import placed

    used = tool.chosen(_no_flate(command))
    builds = argo.Argo(repository, found, used, scratch, told)
    apps = builds.build()
    if repository.asked in repository.kustomizations and builds.is_elsewhere():
        made = _plain(repository, command, scratch, told)
        return made._replace(notes=[*_said(apps), *made.notes])
    chosen = chosen_cluster(builds.clusters(), cluster)
    apps = [app for app in apps if not chosen or app.cluster == chosen]
    documents = placed(apps)
    if not documents:  # charts whose own values make no Application
        from cilium_policies.builds.others import nothing_to_build

        raise nothing_to_build(repository)
    said = [*_said(apps), *notes.lines(builds.left_out())]
    return Built(documents, _failures(apps), said, used, _counted(len(apps), "Application"))


def _fleet(builds: Fleet, cluster: str, used: str, told: Told) -> Built:
    from cilium_policies.builds.placing import placed

    bundles = builds.build(cluster, told)
    said = [*_said(bundles), *notes.lines(builds.left_out())]
    return Built(placed(bundles), _failures(bundles), said, used, _counted(len(bundles), "bundle"))


def _no_flate(command: str) -> str:
    """The command, where it is another one. Raises RefusedError."""
    if command == tool.FLATE:
        raise refused("flate renders what Flux applies, and there is no Flux Kustomization here",
                      "leave out --with")  # fmt: skip
    return command


def _failures(built: Iterable[App | Unit | Plain]) -> list[str]:
    return [without_paths(f"{one.name}: {one.failure}") for one in built if one.failure]


def _said(apps: Sequence[App]) -> list[str]:
    return notes.lines(notes.Note(app.name, one) for app in apps for one in app.notes)


def _plain(repository: Repository, command: str, scratch: str, told: Told) -> Built:
    from cilium_policies.builds import plain
    from cilium_policies.builds.programs import beside

    found = plain.roots(repository)
    command = tool.chosen(_no_flate(command))
    plain.build(found, repository, command, scratch, told)
    failures = _failures(found)
    if failures:
        from cilium_policies.builds.failed import marks, stand_in
        from cilium_policies.kube.not_built import NAMESPACES

        for one in found:
            if one.failure:
                marked = marks(one.failure, repository, [one.path])
                # kubectl applies what names no namespace to its own default
                one.docs = [stand_in(one.path, marked, () if NAMESPACES in marked else ("default",))]
    documents = [texts.from_place(text, one.path) for one in found for text in one.docs]
    said = notes.lines(notes.Note(one.name, note) for one in found for note in one.notes)
    said += notes.lines(beside(repository))
    return Built(documents, failures, said, command, _counted(len(found), "kustomization"))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _mark(unit: Unit, repository: Repository) -> dict[str, str]:
    """The annotations of a Kustomization that was not built."""
    if unit.elsewhere:
        from cilium_policies.kube.not_built import ELSEWHERE

        return {ELSEWHERE: without_paths(unit.elsewhere)}
    from cilium_policies.builds.failed import marks

    return marks(unit.failure, repository, [unit.path])


def _marked(text: bytes, unit: Unit, failed: dict[tuple[str, str], dict[str, str]]) -> bytes:
    """A Kustomization that was not built says so."""
    if not failed or KUSTOMIZATION not in text:
        return text
    for one in texts.objects(text, unit.name):
        marks = failed.get((one.namespace or unit.one.namespace, one.name))
        if one.kind == "Kustomization" and one.group == FLUX and marks:
            return texts.with_metadata(text, "annotations", marks)
    return text


def _root(unit: Unit, failed: dict[tuple[str, str], dict[str, str]]) -> bytes:
    """A first Kustomization stands in no other's output."""
    body = {**unit.one.body, "metadata": {**unit.one.metadata, "annotations": failed[unit.key]}}
    return texts.written(body)
