"""Pods of charts that the catalogue knows, and the one workload for a chart, or values of one, that nobody knows.

`every(releases, catalogue) -> (workloads, services, objects)` for all releases of an input, the instances of
one component in a namespace told apart; `workloads_of(release, catalogue)` for one. A Workload for each
component that the chart makes with these values, the Services before them, and as Kubernetes objects the
routes, Ingresses and monitors that the usual value blocks ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.conditions import brings_port, chart_makes, is_on
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import ChartEntry, Component
from cilium_policies.catalogue.parts import parse_port
from cilium_policies.catalogue.recognise import is_among
from cilium_policies.catalogue.services import ServiceTemplate
from cilium_policies.kube.labels import INSTANCE, JOB_NAME, SERVICE_ACCOUNT, stable
from cilium_policies.kube.objects import (
    Mapping,
    Object,
    at,
    flag,
    integer,
    mapping,
    port_number,
    strings,
)
from cilium_policies.kube.pods import TASKS
from cilium_policies.workloads.model import Service, ServicePort, Workload
from cilium_policies.workloads.releases import chart_services, chart_values
from cilium_policies.workloads.releases.app_containers import image
from cilium_policies.workloads.releases.chart_objects import chart_objects
from cilium_policies.workloads.releases.host_network import put_on_node
from cilium_policies.workloads.releases.naming import Names, customary
from cilium_policies.workloads.releases.post_render import adapt, rendered
from cilium_policies.workloads.releases.publishers import published
from cilium_policies.workloads.releases.release import Release
from cilium_policies.workloads.releases.template import Template
from cilium_policies.workloads.releases.value_texts import blocks_of_others, texts
from cilium_policies.workloads.releases.values import read, scalar
from cilium_policies.workloads.releases.whole_objects import is_object

_GLOBAL = "global"
_KINDS = {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "ReplicaSet"}


def every(
    releases: Iterable[Release], catalogue: Catalogue
) -> tuple[list[Workload], list[Service], list[Object]]:
    """What these releases, none of them an app-template, make together."""
    workloads: list[Workload] = []
    services: list[Service] = []
    objects: list[Object] = []
    for release in releases:
        found = workloads_of(release, catalogue)
        workloads += found[0]
        services += found[1]
        objects += found[2]
    _tell_apart(workloads, catalogue)
    return workloads, services, objects


def _tell_apart(workloads: list[Workload], catalogue: Catalogue) -> None:
    """Two releases whose pods carry the same known labels: only then the instance label, which nearly every
    chart writes but no catalogue entry vouches for, has to decide. An operator's pods, and those without
    Helm's labels, carry none of the release's, so there the same policy is made for both."""
    alike: dict[tuple[str, frozenset[tuple[str, str]]], list[Workload]] = {}
    for one in workloads:
        if one.selector:
            alike.setdefault((one.namespace, frozenset(one.selector.items())), []).append(one)
    for group in alike.values():
        if len({one.release for one in group}) > 1:
            for one in group:
                entry = catalogue.get(one.component) if one.component else None
                standard = any(key.startswith("app.kubernetes.io/") for key in one.selector)
                if entry is None or (standard and not entry.made_by):
                    one.labels = {**one.labels, INSTANCE: one.release}
                    one.selector = {**one.selector, INSTANCE: one.release}
                    one.unsure = True


def workloads_of(
    release: Release, catalogue: Catalogue
) -> tuple[list[Workload], list[Service], list[Object]]:
    """What a release that is no app-template makes, as far as catalogue and values tell."""
    known = _known(release, catalogue)
    if not known and (release.chart or release.hint).endswith(("-crds", "-crd")):
        return [], [], []  # charts called so hold definitions and no pods
    _evaluate(release)
    operated = chart_objects(release, catalogue)
    if not known and is_object(release):
        return [], [], rendered(release, operated)
    kinds = {(one.group, one.kind) for one in operated}
    parts = [one for one in known if chart_makes(one[1], release.values)]
    made = [one for one in parts if not _is_operated(one[0], kinds)]
    nothing_on = not parts and any(entry.enabled is not None for _, entry in known)
    written = any(catalogue.made_by(*one) for one in kinds)
    unknown = nothing_on and not written
    if not known:
        unknown = not (written and catalogue.created(release.chart))
    targets = [_unknown(release)] if unknown else [target_of(release, catalogue, *one, known) for one in made]
    adapt(release, [one.workload for one in targets])
    services = [service for one in targets for service in one.services]
    # Routes and monitors lead to an operator's pods as well.
    others = [target_of(release, catalogue, *one, known) for one in parts if one not in made]
    objects = [*rendered(release, operated), *chart_values.objects(release, [*targets, *others])]
    return [one.workload for one in targets], services, objects


def _is_operated(component: Component, kinds: set[tuple[str, str]]) -> bool:
    """Whether an operator makes the component's pods, from an object that the chart writes."""
    return any((one.group, one.kind) in kinds for one in component.made_by)


def _known(release: Release, catalogue: Catalogue) -> list[tuple[Component, ChartEntry]]:
    """The components of the chart; where its name is not shown, of the chart that its source is called after."""
    if release.chart:
        return published(release, catalogue.by_chart(release.chart))
    if known := catalogue.by_chart(release.hint) if release.hint else []:
        release.chart = release.hint
    return published(release, known)


def _evaluate(release: Release) -> None:
    """Many charts evaluate values as templates; expressions of names are replaced, others stay."""
    facts = {"Name": release.name, "Namespace": release.namespace, "Service": "Helm"}
    names = Names(release, release.chart)
    release.values = Template(release.values, facts, names.fullname, names.name).all(release.values)


def target_of(
    release: Release,
    catalogue: Catalogue,
    component: Component,
    entry: ChartEntry,
    known: list[tuple[Component, ChartEntry]],
    made: Workload | None = None,
) -> chart_values.Target:
    """A part of a release with what the chart puts before it. `made`: its pods, where they are known otherwise."""
    names = Names(release, entry.name or entry.chart, entry.values, entry.cut)
    workload = made or _workload(release, component, entry, names)
    if not made:
        sharing = (one for _, one in known if one is not entry and one.values == entry.values)
        shared = any(chart_makes(one, release.values) for one in sharing)
        put_on_node(workload, release, component, entry.values, shared)
    # A database that the chart brings is switched off where another is asked, and some say which in its block.
    others = [
        one.values
        for part, one in known
        if one.values and one.values != entry.values
        if part is component or chart_makes(one, release.values)
    ]
    others += blocks_of_others(release, entry, [one for _, one in known])
    workload.texts = texts(release, entry.values, [one for one in others if _below(one, entry.values)])
    if entry.values and {one.chart for one in component.charts} == {entry.chart}:
        # Helm hands it to every chart within; of one that stands alone elsewhere it says no address as a rule
        workload.texts += texts(release, _GLOBAL, others)
    if len(known) == 1 or entry.values:
        workload.labels = {**strings(names.scope.get("podLabels")), **workload.labels}
    moved = _moved(entry, names)
    called, scraped = (
        tuple(moved.get(port, port) for port in _ports_for(catalogue, component, workload.labels, peer))
        for peer in ("gateway", "scraper")
    )
    beside = [one.name for _, each in known if each.values == entry.values for one in each.services]
    services = list(_services(release, names, workload, entry, beside))
    if not any(each.services for part, each in known if (part, each.values) == (component, entry.values)):
        # A block of values that several parts share has one Service, and a Job has none.
        taken = {names.fill(one) for one in beside}
        usual = chart_services.usual_services(release, names, workload, called or scraped)
        services = [one for one in usual if workload.kind not in TASKS and one.name not in taken]
    routed = bool(entry.ingress) and is_on(entry.ingress, True, release.values)
    return chart_values.Target(entry.values, workload, services, called, scraped, routed)


def _ports_for(catalogue: Catalogue, component: Component, labels: Mapping, peer: str) -> tuple[int, ...]:
    """The pod ports on which the catalogue knows a peer word to call this part of the component."""
    role = component.played(labels)
    edges = [
        one
        for one in catalogue.edges_of(component.name)
        if one.direction == "ingress" and one.peer == peer and is_among(role, one.part)
    ]
    return tuple(dict.fromkeys(port.number for one in edges for port in one.pod_ports()))


def _moved(entry: ChartEntry, names: Names) -> dict[int, int]:
    """Usual pod ports for which the values give another."""
    targets = [port.target for template in entry.services for port in template.ports if "{" in port.target]
    return {integer(names.usual(one)) or 0: integer(names.fill(one)) or 0 for one in targets}


def _below(path: str, prefix: str) -> bool:
    return not prefix or path == prefix or path.startswith(f"{prefix}.")


def _workload(release: Release, component: Component, entry: ChartEntry, names: Names) -> Workload:
    kind, _, usual = component.workload.partition("/")
    name = names.fill(entry.workload) or customary(usual, release) or names.fullname
    made = Workload(release.namespace, name, kind if kind in _KINDS else "Deployment")
    made.labels = names.fill_all(entry.labels)
    made.selector = stable(made.labels) or dict(made.labels)
    if JOB_NAME in entry.labels:  # a hook Job's name is the same at each upgrade
        made.selector[JOB_NAME] = made.labels[JOB_NAME]
    account = names.fill(entry.service_account) or customary(component.service_account, release)
    made.service_account = scalar(at(names.scope, "serviceAccount", "name")) or account or "default"
    if not made.selector and account:
        made.selector = {SERVICE_ACCOUNT: made.service_account}
    made.component = component.name
    made.host_ports = tuple(port for one in entry.host_ports if (port := parse_port(one)))
    _from_values(made, release, names.scope)
    return made


def _from_values(made: Workload, release: Release, scope: Mapping) -> None:
    made.instance = made.release = release.name
    made.chart = release.chart
    made.of_many = release.of_many
    made.values = scope
    made.source = release.source
    made.where = release.source.where
    made.annotations = strings(scope.get("podAnnotations"))
    for key in ("replicas", "replicaCount"):
        made.replicas = integer(scope.get(key)) or made.replicas
    found = image(scope.get("image"))
    made.images = (found,) if found else ()


def _services(
    release: Release, names: Names, workload: Workload, entry: ChartEntry, beside: list[str]
) -> Iterator[Service]:
    """Those of the entry that the values switch on."""
    for template in entry.services:
        if is_on(template.enabled, template.default, names.scope):
            yield _service(release, names, workload, template, beside)


def _service(
    release: Release, names: Names, workload: Workload, template: ServiceTemplate, beside: list[str]
) -> Service:
    """A Service of the catalogue's, with the type, ranges and only port that the values give it. Of those `beside` it,
    which share its values, `service` is of the one whose name has nothing behind the release's, if there is one."""
    main = template.name.endswith("}") or not any(name.endswith("}") for name in beside)
    path = template.values or chart_services.own_block(template.name, names) or ("service" if main else "")
    block = mapping(read(names.scope, path)) if path else {}
    number = scalar(block.get("port")) if len(template.ports) == 1 else ""
    ports = tuple(
        ServicePort(
            one.name,
            port_number(number) or integer(names.fill(one.port)) or 0,
            one.protocol,
            names.fill(one.target),
        )
        for one in template.ports
        if brings_port(one.enabled, names.scope)
    )
    ports += (*_mapped(release, template), *_named(names, template))
    known = {(one.port, one.protocol) for one in ports}
    ports += tuple(one for one in chart_services.further(block) if (one.port, one.protocol) not in known)
    if template.type and not (block.get("type") or block.get("serviceType")):
        block = {**block, "type": template.type}
    return chart_services.service(release, names.fill(template.name), workload.selector, ports, block)


def _mapped(release: Release, template: ServiceTemplate) -> Iterator[ServicePort]:
    """Ports that the values map to backends of others, as ingress-nginx' `tcp: {22: git/forge:22}`."""
    for path in template.mapped:
        protocol = path.rpartition(".")[2].upper()
        for key in mapping(read(release.values, path)):
            if number := port_number(key):
                yield ServicePort(f"{key}-{protocol.lower()}", number, protocol, str(number))


def _named(names: Names, template: ServiceTemplate) -> Iterator[ServicePort]:
    """Ports that the values give a name, but for those of the template: entry points of a proxy, receivers of a
    collector."""
    known = {one.name for one in template.ports}
    for name, one in mapping(read(names.scope, template.named)).items() if template.named else ():
        port = mapping(one)
        exposed = port.get("expose", port.get("enabled"))
        number = port_number(port.get("port")) or port_number(port.get("containerPort"))
        shown = exposed.get("default") if isinstance(exposed, dict) else exposed
        if number and flag(shown) and name not in known:
            outside = port_number(port.get("exposedPort")) or port_number(port.get("servicePort")) or number
            yield ServicePort(name, outside, scalar(port.get("protocol")) or "TCP", str(number))


def _unknown(release: Release) -> chart_values.Target:
    """All pods of the release as one workload: the instance label is what nearly every chart writes."""
    names = Names(release, release.chart or release.hint)
    made = Workload(release.namespace, release.name, release.source.kind)
    made.labels = {INSTANCE: release.name}
    made.selector = dict(made.labels)
    _from_values(made, release, release.values)
    put_on_node(made, release, None, "", True)
    made.texts = texts(release, "", [])
    return chart_values.Target("", made, chart_services.usual_services(release, names, made))
