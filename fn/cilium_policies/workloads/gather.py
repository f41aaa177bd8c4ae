"""From the objects of an input to its cluster: every pod there will be, recognised, with a selector of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from cilium_policies.catalogue.conditions import object_makes
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.recognise import labelled, part, recognise, repository_of, sidecars
from cilium_policies.config.settings import Settings
from cilium_policies.document.finding import refused
from cilium_policies.kube.access_rules import Bindings
from cilium_policies.kube.inventory import Inventory, distinct
from cilium_policies.kube.labels import ANY, JOB_NAME
from cilium_policies.kube.names import is_label, is_name, is_namespace
from cilium_policies.kube.objects import Object
from cilium_policies.kube.pods import TASKS, is_test
from cilium_policies.kube.reading import UNPLACED
from cilium_policies.workloads import distribution, flux, rendered
from cilium_policies.workloads.children import children
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.companions import tell_apart
from cilium_policies.workloads.kept_templates import kept
from cilium_policies.workloads.makers import Maker, accessories, is_foreign, makers, unknown_kinds
from cilium_policies.workloads.model import NO_IMAGES, Service, Workload
from cilium_policies.workloads.selectors import narrow_to, separate
from cilium_policies.workloads.vouched import Namespaces, believe, trace, vouch

# What makes releases: Flux, K3s (and Flux's artifact of the same name), Argo CD, kustomize.
_RELEASES = ("HelmRelease", "HelmChart", "Application", "ApplicationSet", "HelmChartInflationGenerator")


def gather(
    objects: list[Object], catalogue: Catalogue, settings: Settings, others: Sequence[Object] = ()
) -> Cluster:
    """The cluster that these objects show, with those of other builds (an inventory's) beside them.

    Raises RefusedError for a workload whose namespace is not known: its policies would select other pods.
    """
    owners: list[flux.Owner] = []
    found, repeated = distinct(flux.resolve([*objects, *others], owners))
    shown = Inventory([*found, *rendered.within(found, catalogue)])
    partial: list[Maker] = []
    workloads, services = _released(shown, catalogue, partial)
    shown.add(_written(shown, catalogue))
    unknown = unknown_kinds(shown, catalogue)
    workloads += rendered.workloads(shown, unknown, catalogue)
    services = _with_shown(services, rendered.services(shown))
    for one in workloads:
        _placed(one)
        _recognise(one, catalogue)
    workloads = _once(workloads)
    tell_apart(workloads, catalogue)
    unseen: list[Maker] = []
    bindings = cache(lambda: Bindings(shown))  # read where somebody asks, and once
    services = _copied(shown, catalogue, workloads, services, unseen, settings.component_namespaces, bindings)
    services += distribution.add_bundled(settings.platform, workloads, catalogue, shown)
    unplaced: list[Object] = []
    operated, behind = _operated(
        shown, catalogue, workloads, services, unplaced, settings.platform.name, bindings
    )
    for one in operated:
        _placed(one)
    workloads += _not_shown(operated, workloads)
    trace(workloads)
    vouch(workloads, catalogue, shown, bindings)  # before anything is made of what a label says
    workloads += list(children(workloads, catalogue, bindings, shown))
    workloads += _kept(workloads, shown, bindings, catalogue)
    controllers, before = distribution.flux(shown, workloads, catalogue)
    workloads += controllers
    services += [*behind, *before]
    unnamed = [one for one in workloads if not _is_named(one)]
    if apart := set(map(id, unnamed)):
        workloads = [one for one in workloads if id(one) not in apart]
    believe(workloads, settings.component_namespaces)
    _tell_parts(workloads, catalogue)
    separate(workloads)
    if settings.identity_labels:
        narrow_to(settings.identity_labels, workloads)
    unseen += _unseen(shown, catalogue, unknown, workloads, unplaced, partial)
    for one in (*workloads, *unnamed):
        one.freeze()
    told = (catalogue.roles, catalogue.proxies, catalogue.components, catalogue.head["routes"])
    return Cluster(shown, workloads, services, settings, owners, unnamed, unseen, repeated, *told, bindings)


# How a server with data of its own is run: in a StatefulSet, or by its operator.
_SERVER = r"StatefulSet\b|[A-Z]\w*\.[\w.]+/"


def _is_named(one: Workload) -> bool:
    """Whether the API server takes its namespace and name; a Job's name becomes a label of its pods, too."""
    job = one.selector.get(JOB_NAME, ANY)
    return is_namespace(one.namespace) and is_name(one.name) and (job == ANY or is_label(JOB_NAME, job))


def _tell_parts(workloads: list[Workload], catalogue: Catalogue) -> None:
    for one in workloads:
        component = catalogue.get(one.component) if one.component else None
        if component is not None and len(component.match) > 1:
            one.part = part(component, one.labels)


def _unseen(
    shown: Inventory,
    catalogue: Catalogue,
    unknown: list[tuple[str, str]],
    workloads: list[Workload],
    unplaced: list[Object],
    partial: list[Maker],
) -> list[Maker]:
    """Objects of this input whose pods nobody sees: of unknown kinds, of operators that it does not show (`unplaced`),
    and with a part that the config leaves out or the catalogue lacks (`partial`); pods beside theirs tell nothing."""
    aside = accessories(unknown, catalogue)
    sources = {id(one.source) for one in workloads if one.component not in aside}
    found = list(makers(shown, unknown, sources)) if unknown else []
    found += (
        Maker(one, "whose operator the input does not show") for one in unplaced if not one.where.elsewhere
    )
    for group, kind in shown.kinds:
        whole = is_foreign(group) and not catalogue.made_by(group, kind)  # then the kind is unknown
        off = () if whole else catalogue.left_out_of(group, kind)
        found_out = {
            (id(one), name): one
            for name, entry in off
            for one in shown.of(kind, group=group)
            if object_makes(entry, one.body)
        }
        partial += (Maker(one, part=name) for (_, name), one in found_out.items())
    found += (one for one in partial if not one.source.where.elsewhere)
    return found


def _released(
    shown: Inventory, catalogue: Catalogue, partial: list[Maker]
) -> tuple[list[Workload], list[Service]]:
    if not (shown.of(*_RELEASES) or shown.of("Kustomization", group="kustomize.config.k8s.io")):
        return [], []
    from cilium_policies.workloads.releases.chart_releases import (
        add_releases,  # builds without Helm do not pay for it
    )

    return add_releases(shown, catalogue, partial)


def _written(shown: Inventory, catalogue: Catalogue) -> list[Object]:
    if not any(catalogue.written(group, kind) for group, kind in shown.kinds):
        return []
    from cilium_policies.workloads.written import written  # builds without such objects do not pay for it

    return written(shown, catalogue)


def _operated(
    shown: Inventory,
    catalogue: Catalogue,
    workloads: list[Workload],
    services: list[Service],
    unplaced: list[Object],
    platform: str,
    bindings: Callable[[], Bindings],
) -> tuple[list[Workload], list[Service]]:
    balanced = _balanced(shown, services)
    if not balanced and not any(catalogue.made_by(group, kind) for group, kind in shown.kinds):
        return [], []
    from cilium_policies.workloads.operator_workloads import (
        operator_workloads,  # builds without custom resources do not pay for it
    )

    return operator_workloads(shown, catalogue, workloads, unplaced, platform, bindings, balanced)


def _balanced(shown: Inventory, services: list[Service]) -> list[Object]:
    """Services of releases that nobody rendered, before which a controller may put pods of its own."""
    here = set(map(id, shown.of("Service")))
    told = (one.source for one in services if one.source is not None and id(one.source) not in here)
    return [one for one in told if one.annotations or one.spec.get("type") == "LoadBalancer"]


def _copied(
    shown: Inventory,
    catalogue: Catalogue,
    workloads: list[Workload],
    services: list[Service],
    lacking: list[Maker],
    namespaces: Namespaces,
    bindings: Callable[[], Bindings],
) -> list[Service]:
    if catalogue.head["copies"].keys().isdisjoint(kind for _, kind in shown.kinds):
        return services
    from cilium_policies.workloads.copies import copies  # few builds ask for copies

    return copies(shown, catalogue, workloads, services, lacking, namespaces, bindings)


def _with_shown(made: list[Service], shown: list[Service]) -> list[Service]:
    """The Services of releases, each as the input shows it, where it does."""
    names = {(one.namespace, one.name, one.where.elsewhere) for one in shown} if made else set()
    rest = (one for one in made if (one.namespace, one.name, one.where.elsewhere) not in names)
    return [*rest, *shown]


def _once(workloads: list[Workload]) -> list[Workload]:
    if all(one.rendered for one in workloads):
        return workloads
    from cilium_policies.workloads.once import once  # builds without releases do not pay for it

    return once(workloads)


def _not_shown(operated: list[Workload], shown: list[Workload]) -> list[Workload]:
    """Pods of operators, less those that the input shows all the same (an operator's output that was rendered)."""
    known: dict[tuple[str, str], list[Workload]] = {}
    for one in shown:
        known.setdefault((one.namespace, one.component), []).append(one)
    return [
        one
        for one in operated
        if not any(
            other.rendered and one.labels.items() <= other.labels.items()
            for other in known.get((one.namespace, one.component), ())
        )
    ]


def _kept(
    workloads: list[Workload], shown: Inventory, bindings: Callable[[], Bindings], catalogue: Catalogue
) -> list[Workload]:
    found = list(kept(workloads, shown, bindings, rendered.reader(shown)))
    for one in found:
        _recognise(one, catalogue)
    return found


def _placed(workload: Workload) -> None:
    if workload.namespace in UNPLACED:
        raise refused(
            f"the namespace of {workload.kind} {workload.name} is not known",
            "run the function at the root, after the layer that sets it (cilium-policies build DIR builds a"
            " repository), or set spec.namespaces.default (--namespace NAME)",
            file=workload.where.file,
            line=workload.where.line,
        )


def _is_called_so(workload: Workload, component: Component) -> bool:
    """Whether an image has the last name of one of the component's: mirrors keep it, whatever they put before it,
    other builders write `mosquitto` for `eclipse-mosquitto`. Images that neither side tells of (an entry's, a
    release's) contradict nothing."""
    names = {one.rpartition("/")[2] for one in component.images}
    told = {repository_of(one).rpartition("/")[2] for one in workload.images if one not in NO_IMAGES}
    if not names or not told:
        return True
    return any(
        f"-{one}-" in f"-{name}-" or f"-{name}-" in f"-{one}-"
        for one in told
        for name in names | {component.name}
    )


def _recognise(workload: Workload, catalogue: Catalogue) -> None:
    _recognise_first(workload, catalogue)
    if workload.rendered and len(workload.images) > 1:
        found = sidecars(catalogue, workload.images)
        workload.sidecars = tuple(one for one in found if one != workload.component)


def _is_client_of(component: Component, workload: Workload, catalogue: Catalogue) -> bool:
    """Whether a Job runs a client out of the image of a server (psql, redis-cli, kafka-topics): its image alone tells
    of the server, which nobody runs as a Job. A test of a release bears the labels of the server as well."""
    if component.name in catalogue.defined:
        return False
    if is_test(workload.source):
        return True
    server = workload.kind in TASKS and re.match(_SERVER, component.workload) is not None
    return server and not labelled(component, workload.labels, workload.kind, workload.name)


def _recognise_first(workload: Workload, catalogue: Catalogue) -> None:
    if workload.component:
        return
    component = recognise(
        catalogue,
        labels=workload.labels,
        images=workload.images,
        name=workload.name,
        kind=workload.kind,
        namespace=workload.namespace,
        ports=[port.number for port in workload.ports],
        chart=workload.chart,
    )
    if component is not None and not _is_client_of(component, workload, catalogue):
        workload.by_label = labelled(component, workload.labels, workload.kind, workload.name)
        workload.by_user = component.name in catalogue.defined
        workload.by_image = _is_called_so(workload, component)
        workload.component = component.name
        workload.host_network = workload.host_network or (component.host_network and not workload.rendered)
