"""What is closed though it is known, or likely, that something is needed there: a provider's pods, an empty namespace,
and addresses that the user's word alone opens."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.config.model import EGRESS
from cilium_policies.evidence.cloud_identity import withheld
from cilium_policies.evidence.given import Given
from cilium_policies.generate.dns import Dns
from cilium_policies.generate.namespaces import Namespace
from cilium_policies.generate.uncovered import BOTH, GUESSED, UNKNOWN, Key, Uncovered, of_workload
from cilium_policies.kube.access_rules import texts
from cilium_policies.kube.not_built import namespaces_of, not_here, of_other_paths
from cilium_policies.kube.objects import Mapping, Object, mapping, sequence, text, walk_strings
from cilium_policies.kube.pods import TASKS, is_test
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.makers import MAKES, acts_on, creates_pods, is_foreign
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.generate.uncovered import Degree, Why

_BUILD = "build that repository too, as one input with this one, or leave it out: namespaces.exclude: [{}]"
_SOME = 3  # groups of objects in one sentence
_SHOW = "show its pods, or leave it out: namespaces.exclude: [{}]"


def closed_blind(
    cluster: Cluster, dns: Dns, chosen: dict[str, Namespace], told: Collection[str]
) -> Iterator[Uncovered]:
    """A provider's namespaces, and those of which the input shows no pod, where a default-deny is written: one line
    stands for all pods there. `told`: namespaces of which another line tells already.

    That a managed distribution runs pods is known; whether more than those that the catalogue has there, that one
    which nobody names does, and that something will run in an empty namespace, is a guess."""
    for unit, where in not_here(cluster.inventory):
        for name in dict.fromkeys(namespaces_of(unit)):
            if name in chosen and chosen[name].wide:
                why: Why = "repository-elsewhere"
                cure = _BUILD.format(name)
                yield Uncovered(GUESSED, why, BOTH, name, unit.name, None, unit, (where,), cure)
    yield from _other_paths(cluster, chosen)
    platform = cluster.settings.platform
    peopled = {one.namespace for one in cluster.workloads}.union(told)
    brought = {dns.namespace, *(one.namespace for one in cluster.workloads if one.brought)}
    for one in chosen.values():
        if not one.wide:
            continue
        source = cluster.inventory.get("Namespace", "", one.name) or _namespace(one.name)
        cure = _SHOW.format(one.name)
        owned = any(fnmatchcase(one.name, pattern) for pattern in platform.owns)
        if owned and (platform.managed or not platform.name):
            degree = UNKNOWN if platform.managed and one.name not in brought else GUESSED
            who = platform.name or "the distribution, which spec.cluster.distribution does not name,"
            yield Uncovered(degree, "provider", BOTH, one.name, one.name, None, source, (who,), cure)
        elif one.name not in peopled:
            yield Uncovered(GUESSED, "shows-no-pod", BOTH, one.name, one.name, None, source, (), cure)


def _other_paths(cluster: Cluster, chosen: dict[str, Namespace]) -> Iterator[Uncovered]:
    """Applications of somebody else's manifests, where all that the input shows of their namespace comes of operators'
    objects or of charts that nobody rendered: the operator itself is what such manifests bring."""
    found = list(of_other_paths(cluster.inventory))
    if not found:
        return
    from cilium_policies.workloads.shown_urls import address_of  # few builds have such

    shown = {one.namespace for one in cluster.workloads if one.rendered}
    for unit, url in found:
        for name in dict.fromkeys(namespaces_of(unit)):
            if name in chosen and chosen[name].wide and name not in shown:
                host = address_of(url) if "://" in url else ""  # all else of it may hold a token
                where = f"its source is a folder of a repository{f' at {host}' if host else ''}"
                cure = _BUILD.format(name)
                yield Uncovered(
                    GUESSED, "repository-elsewhere", BOTH, name, unit.name, None, unit, (where,), cure
                )


def creators(cluster: Cluster, catalogue: Catalogue, subjects: Iterable[Workload]) -> Iterator[Uncovered]:
    """Programs that may create pods: Jenkins' agents, notebooks, task pods, CI jobs, what an operator runs beside
    itself. Of an operator that is not known the pods come of objects, which have lines of their own or are known;
    where such pods run beside the operator, or the input shows none of which pods may come, that it makes pods all the
    same (scans, what its arguments name) is a guess, and so it is of a program that is known, unless its entry tells
    what it makes."""
    bindings, makes = cluster.access, catalogue.head["makes"]
    kinds = [
        each for each in cluster.inventory.kinds if is_foreign(each[0]) and not catalogue.makes_no_pods(*each)
    ]
    present = {one.component for one in cluster.workloads}
    shown = {
        (group, plural)
        for group, kind in kinds
        if not _is_beside_another(catalogue, group, kind, present)
        for plural in _plurals(kind)
    }
    groups = {group for group, _ in kinds}
    told: set[tuple[str, str]] = (
        set()
    )  # accounts of known programs: of several that share one the first is named
    for one in subjects:
        made = [catalogue.get(text(row.get("component"))) for row in makes.get(one.component, ())]
        if one.source is None or (made and None not in made):
            continue  # one that is left out (components.disable) leaves its pods to nobody
        account = one.namespace, one.service_account
        if not one.rendered:
            if (made or _chart_lets(one, catalogue)) and account not in told:
                told.add(account)
                yield _creates(one, GUESSED, ())
            continue
        rules = list(bindings.rules(*account))
        if not rules:
            continue
        known = bool(one.component and one.by_label)
        if known and (one.kind in TASKS or account in told):
            continue
        asked = {group for rule in rules for group in texts(rule, "apiGroups") if is_foreign(group)}
        read = {group for group in asked if acts_on(rules, group)}
        if not known and any(_is_read(rule, shown, read) for rule in rules):
            continue
        if any(creates_pods(rule) and not (known and "*" in texts(rule, "resources")) for rule in rules):
            told.add(account)
            # What tests of a release make is there while somebody runs them.
            guess = asked or one.component or is_test(one.source)
            named = tuple(sorted(read & groups)[:_SOME])
            own = {group for rule in rules if _is_controllers(rule) for group in texts(rule, "apiGroups")}
            stands_for = (*named, *sorted((read & own).difference(named)))
            yield _creates(one, GUESSED if guess else UNKNOWN, named, stands_for)


def _chart_lets(one: Workload, catalogue: Catalogue) -> bool:
    """Whether the chart of a release that nobody rendered has a role by which these pods create others."""
    entry = catalogue.get(one.component) if one.component and one.chart and one.kind not in TASKS else None
    return entry is not None and not MAKES.isdisjoint(
        map(text, sequence(mapping(entry.data.get("observed")).get("creates")))
    )


def _creates(
    one: Workload, degree: Degree, objects: tuple[str, ...], groups: tuple[str, ...] = ()
) -> Uncovered:
    """The line of a program that may create pods, for `objects` of some API groups, which the input holds, and of all
    `groups` whose controller it is."""
    cure = f"components.define: [{{component: {one.name}-pods, match: [{{LABEL: VALUE}}], edges: […]}}]"
    parts = (one.name, f" (for objects of {', '.join(objects)})" if objects else "")
    name, source = f"pods of {one.name}", one.source
    return Uncovered(degree, "creates-pods", BOTH, one.namespace, name, None, source, parts, cure, "", groups)


def _is_beside_another(catalogue: Catalogue, group: str, kind: str, present: Collection[str]) -> bool:
    """Whether pods of such objects run beside their operator, and no program of the input is known for it: where they
    will be is a guess then."""
    rows = (made for _, made in catalogue.made_by(group, kind))
    return any(made.namespace == "operator" and made.operator not in present for made in rows)


def _is_controllers(rule: Mapping) -> bool:
    """Whether a rule is that of who acts on such objects, and not of who merely writes or lists some."""
    return any(one == "*" or one.endswith(("/status", "/finalizers")) for one in texts(rule, "resources"))


def _plurals(kind: str) -> tuple[str, ...]:
    """What the resource of a kind may be called in a role, `*` among them."""
    name = kind.lower()
    return ("*", name, f"{name}s", f"{name}es", f"{name[:-1]}ies")


def _is_read(rule: Mapping, shown: Collection[tuple[str, str]], groups: Collection[str]) -> bool:
    """Whether a rule is for one of these of the groups, each an API group and a resource: that an operator writes
    ServiceMonitors does not make the Prometheus of the input an object of its own."""
    return any(
        (group, name) in shown
        for group in texts(rule, "apiGroups")
        if group in groups
        for name in texts(rule, "resources")
    )


# A resolver at an address of the company's or the cluster's own, in a Corefile or in the values that make one.
_FORWARDS = (
    r"\bforward\b[^\n]{0,200}?"
    r"\b(?:10|127|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.\d"
)


def forwards(cluster: Cluster, dns: Dns, chosen: dict[str, Namespace]) -> Iterator[Uncovered]:
    """What configures the cluster's DNS to ask resolvers inside, where its pods stand in no manifest: their policy
    lets them ask the outside alone."""
    place = chosen.get(dns.namespace)
    if place is None or not place.wide or any(one.namespace == dns.namespace for one in dns.workloads):
        return
    for one in cluster.inventory.of("ConfigMap", "HelmChartConfig"):
        meant = one.namespace == dns.namespace and "coredns" in one.name and not one.where.elsewhere
        if meant and any(re.search(_FORWARDS, value) for _, value in walk_strings(one.body)):
            pod = f"{{pod: {dns.namespace}/{one.name}}}"
            line = f"{{from: {pod}, to: {{cidr: ADDRESS}}, ports: [53/UDP, 53/TCP], why: …}}"
            yield Uncovered(GUESSED, "dns-forwards", BOTH, one.namespace, one.name, None, one, (), line)


def _namespace(name: str) -> Object:
    return Object({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def identities(
    cluster: Cluster, given: Given, subjects: Iterable[Workload], complete: Collection[Key]
) -> Iterator[Uncovered]:
    """Workloads whose account asks for a cloud identity at an address that no rule opens."""
    own = {id(one) for one in subjects}
    for one, asked in withheld(cluster, given.cloud_users):
        if id(one) in own and (one.key, EGRESS) not in complete:
            place, ports = asked.to.removeprefix("cidr:"), ", ".join(asked.ports)
            pod = f"{{pod: {one.namespace}/{one.name}}}"
            cure = f"{{from: {pod}, to: {{cidr: {place}}}, ports: [{ports}], why: {asked.why}}}"
            for_all = f"cluster: {{distribution: {cluster.settings.platform.name}}}"
            if asked.unopened:
                yield of_workload(GUESSED, "node-role", EGRESS, one, (place,), cure)
                continue
            found = of_workload(UNKNOWN, "identity", EGRESS, one, (place,), cure)
            yield found._replace(for_all=for_all)
