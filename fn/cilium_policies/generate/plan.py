"""The plan: every flow that somebody needs, one Edge each, and what stays unexplained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from cilium_policies import evidence
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.parts import BY_OBJECT
from cilium_policies.config.model import AUDIT, EGRESS, Config, Mode
from cilium_policies.document.finding import INFO, WARNING, Finding
from cilium_policies.document.source import Source
from cilium_policies.evidence.edge import Edge, written_out
from cilium_policies.evidence.given import Given
from cilium_policies.generate import catalogue_edges
from cilium_policies.generate.also_named import also_named
from cilium_policies.generate.blind import closed_blind, creators, forwards, identities
from cilium_policies.generate.bundled import bundled
from cilium_policies.generate.dns import Dns
from cilium_policies.generate.evidence_inputs import given, roles, unmatched
from cilium_policies.generate.foreign import Foreign, judged
from cilium_policies.generate.kept_in_audit import KeptInAudit
from cilium_policies.generate.knowledge import Knowledge
from cilium_policies.generate.left_open import left_open
from cilium_policies.generate.named import closed_hosts, kept, nameless_calls, unasked
from cilium_policies.generate.namespaces import Namespace, namespaces
from cilium_policies.generate.operator_policies import operator_policies
from cilium_policies.generate.other_builds import (
    behind_unseen_proxies,
    leads_nowhere,
    notes,
    unseen,
    unseen_proxies,
)
from cilium_policies.generate.outside import reopened
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.said import Said, allowed, less_denied
from cilium_policies.generate.scraped import unread
from cilium_policies.generate.shared_accounts import SharedAccounts
from cilium_policies.generate.ties import Ties
from cilium_policies.generate.uncovered import GUESSED, UNKNOWN, Key, Uncovered
from cilium_policies.generate.user_policies import user_policies
from cilium_policies.generate.warnings import assumed_ports, resolver_findings, unselected, warnings
from cilium_policies.kube.objects import Object
from cilium_policies.lean import TYPE_CHECKING, NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload, WorkloadKey

if TYPE_CHECKING:
    from cilium_policies.evidence.carried import Aside
    from cilium_policies.generate.injected import Injected

    Inputs = Iterable[Source]

# The setting was missing in one of the binaries (cilium/cilium#48391).
_AUDIT_UNSURE = ("1.20.0", "1.20.1")


class Plan(NamedTuple):
    """`edges`: the config's first, then the catalogue's, then those of evidence. `subjects` get a policy each;
    `modes` by namespace, `held` those of workloads. `uncovered` are the directions of which nothing is known, `guessed`
    those of which only parts are: no other is denied without being explained."""

    cluster: Cluster
    config: Config
    namespaces: dict[str, Namespace]
    modes: dict[str, Mode]
    subjects: list[Workload]
    edges: list[Edge]
    dns: Dns
    uncovered: list[Uncovered]
    guessed: list[Uncovered]
    foreign: list[Foreign]
    findings: list[Finding]
    held: KeptInAudit


def plan(
    cluster: Cluster, config: Config, catalogue: Catalogue, sources: Inputs = (), aside: Aside = None
) -> Plan:
    """Everything that will be allowed, by evidence, catalogue and config; `sources` have the lines of what is wrong.
    `aside`: what begins work in another process, where time counts for more than CPU."""
    chosen, findings = namespaces(cluster, config)
    parts = roles(cluster, config, catalogue.head["reads"])
    stated = allowed(cluster, config, parts)
    hints = given(cluster, catalogue, parts, config)
    dns = Dns(cluster, config)
    told = [*evidence.edges(cluster, hints, aside)]
    ties, mesh, found = _connections(cluster, catalogue, parts, hints, stated, dns, sources, told)
    taken = less_denied(found, cluster, config, parts)
    findings += [*stated.findings, *taken.findings]
    found, asked = judged(taken.edges, cluster, config.trust, catalogue, dns.namespace)
    subjects = [one for one in cluster.workloads if not one.host_network and _is_subject(one, chosen)]
    opened = left_open(cluster, subjects)
    said = stated.complete | taken.complete
    knowledge = Knowledge(cluster, catalogue, found, said, opened, parts)
    settled = said | opened
    withheld = [*_withheld(knowledge, hints, ties, subjects, dns, found, settled)]
    noted = list(notes(cluster, hints))
    left = list(_left(knowledge, withheld, subjects, behind_unseen_proxies(noted)))
    left += unseen_proxies(cluster, hints, noted, settled, catalogue)
    left += leads_nowhere(cluster, hints, noted, found, chosen)
    listed = _listed(left)
    left += unread(cluster, hints, parts, found, subjects, settled | listed)
    left += nameless_calls(found, cluster, settled | _told(found, left, UNKNOWN), settled)
    left += closed_hosts(cluster, catalogue, parts, hints, found, subjects, settled | _told(found, left))
    left += [*knowledge.unsure(hints.unsure or (), subjects, listed), *forwards(cluster, dns, chosen)]
    left += closed_blind(cluster, dns, chosen, {one.namespace for one in left})
    held = KeptInAudit(chosen, cluster, config, left)
    left += _left_denied(asked, settled | _listed(left))
    on = {name: one for name, one in chosen.items() if not held.modes[name].off}
    left = [one for one in left if one.namespace in on or not one.namespace]
    return Plan(
        cluster,
        config,
        on,
        held.modes,
        [one for one in subjects if one.namespace in on],
        found,
        dns,
        [one for one in left if one.degree == UNKNOWN],
        [one for one in left if one.degree == GUESSED],
        [one for one in asked if one.workload.own and one.workload.namespace in on],
        [
            *findings,
            *unmatched(cluster, config, parts),
            *unselected(cluster, found, on),
            *dns.findings,
            *warnings(cluster, set(on), sources),
            *_of_rules(cluster, catalogue, parts, found, set(on)),
            *user_policies(cluster, {name: held.modes[name] for name in on}),
            *unseen(cluster, noted, found, [name for name, one in on.items() if one.wide]),
            *(mesh.findings(on) if mesh else ()),
            *_of_modes(on, config, held),
        ],
        held,
    )


def _connections(
    cluster: Cluster,
    catalogue: Catalogue,
    parts: Roles,
    hints: Given,
    stated: Said,
    dns: Dns,
    sources: Inputs,
    told: list[Edge],
) -> tuple[Ties, Injected | None, list[Edge]]:
    """Every edge of config, catalogue and evidence (`told`), in this order; with ties, and what meshes add."""
    ties = Ties(cluster, catalogue, parts, [*stated.edges, *told])
    ties.note_within(hints.within or ())
    told = SharedAccounts(cluster, catalogue, ties).own(told)
    found = [*stated.edges, *dns.edges(), *catalogue_edges.edges(cluster, catalogue, parts, ties)]
    found += [*catalogue_edges.sidecars(cluster, catalogue, parts), *told]
    found += bundled(cluster, found)
    if not catalogue.head["redirects"].keys().isdisjoint(parts.components):
        from cilium_policies.generate.redirected import redirected  # few clusters run such a server

        found += list(redirected(catalogue, parts, ties, told))
    mesh = injected(cluster, catalogue, parts, hints, sources)
    found += mesh.all_edges(written_out(found)) if mesh else ()  # it asks of single pods
    found += also_named(cluster, [*found])
    if any(kind.endswith("NetworkPolicy") for _, kind in cluster.inventory.kinds):
        from cilium_policies.generate.kept_out import kept_out  # small builds hold no policies of the user's

        found = kept_out(cluster, found)
    return ties, mesh, found


def _of_rules(
    cluster: Cluster, catalogue: Catalogue, parts: Roles, found: list[Edge], on: set[str]
) -> Iterator[Finding]:
    """What is to be said of single rules: resolvers, names that are reopened, policies beside, addresses kept."""
    yield from assumed_ports(cluster, found, catalogue)
    yield from resolver_findings(cluster, found)
    yield from reopened(found, cluster.settings.fqdn)
    yield from operator_policies(cluster, catalogue, parts, on)
    yield from kept(cluster, catalogue, parts)


def _withheld(
    knowledge: Knowledge,
    hints: Given,
    ties: Ties,
    subjects: list[Workload],
    dns: Dns,
    found: list[Edge],
    settled: set[Key],
) -> Iterator[Uncovered]:
    """The directions in which something is named and not opened."""
    cluster = knowledge.cluster
    yield from knowledge.withheld(ties, subjects)
    yield from identities(cluster, hints, subjects, settled)
    yield from knowledge.unscraped(ties, subjects)
    yield from knowledge.unmet(hints.unmet or (), subjects, dns)
    yield from unasked(cluster, hints, found, subjects, settled)


def _left(
    knowledge: Knowledge,
    withheld: list[Uncovered],
    subjects: list[Workload],
    routed: Mapping[WorkloadKey, Object],
) -> Iterator[Uncovered]:
    """The directions that may lack something: what is named and not opened says more than what is merely not known.
    Who calls a pod that a route leads to (`routed`) is known, but for the route's proxy, of which the route tells;
    where a hidden Secret may say whom a pod calls, it is named."""
    told = {(id(one.workload), one.direction) for one in withheld}
    yield from withheld
    for one in knowledge.of(subjects):
        if (id(one.workload), one.direction) in told:
            continue
        if one.why == "no-caller" and one.workload is not None and one.workload.key in routed:
            route = str(routed[one.workload.key])
            one = one._replace(degree=GUESSED, why="has-a-route", parts=(route,))
        if one.why == "no-callee" and one.workload is not None:
            from cilium_policies.generate.beyond import said_in_secrets

            one = said_in_secrets(one, one.workload, knowledge.cluster)
        yield one
    yield from creators(knowledge.cluster, knowledge.catalogue, subjects)


def _told(found: list[Edge], left: list[Uncovered], degree: str = "") -> set[Key]:
    """The directions of which something is said already: by the config, or as a line (of a degree) of what is not
    covered."""
    by_config = {(one.client.key, EGRESS) for one in found if one.evidence.origin == "config" and one.client}
    return by_config | _listed(one for one in left if degree in ("", one.degree))


def _left_denied(asked: list[Foreign], told: set[Key]) -> Iterator[Uncovered]:
    """Said after KeptInAudit: nobody holds another's pods in audit by asking for them."""
    if any(not one.open for one in asked):
        from cilium_policies.generate.left_denied import left_denied  # few builds deny what others ask for

        yield from left_denied(asked, told)


def _listed(left: Iterable[Uncovered]) -> set[Key]:
    return {(one.workload.key, direction) for one in left if one.workload for direction in one.directions}


def injected(
    cluster: Cluster, catalogue: Catalogue, parts: Roles, hints: Given, sources: Inputs
) -> Injected | None:
    """What meshes and injectors add to pods; None, and its module not imported, where nothing asks for any."""
    asking = catalogue.head["injects"].keys()
    tagged: list[Object | Workload] = [*cluster.inventory.of("Namespace", group=""), *cluster.workloads]
    kinds = (f"{BY_OBJECT}{group}/{kind}" for group, kind in cluster.inventory.kinds)
    unmarked = all(asking.isdisjoint(tags) for one in tagged for tags in (one.labels, one.annotations))
    if unmarked and asking.isdisjoint(kinds):
        texts = [source.data for source in sources]  # the values of a release may ask for it
        if all(one.rendered for one in cluster.workloads) or not any(
            key.encode() in text for key in asking for text in texts
        ):
            return None
    from cilium_policies.generate.injected import Injected

    return Injected(cluster, catalogue, parts, hints)


def _is_subject(one: Workload, chosen: dict[str, Namespace]) -> bool:
    """This build's own pods; a distribution's where this build closes their namespace."""
    place = chosen.get(one.namespace)
    return place is not None and (one.own or (one.brought and place.wide))


def _of_modes(chosen: dict[str, Namespace], config: Config, held: KeptInAudit) -> Iterator[Finding]:
    """What is held in audit, and what audit rests on."""
    yield from held.findings()
    version = config.cluster.cilium_version
    if not any(AUDIT in held.modes[name] for name in chosen):
        return
    if not version:
        yield Finding(
            INFO,
            "audit needs Cilium 1.16 or newer, which is assumed; older agents would enforce",
            "say which it is in spec.cluster.ciliumVersion",
        )
    elif version in _AUDIT_UNSURE:
        yield Finding(
            WARNING,
            f"Cilium {version} may enforce what is meant for audit: it lost the setting that allows it",
            "upgrade to 1.20.2 before anything is applied",
        )


def by_end(edges: list[Edge]) -> tuple[dict[int, list[Edge]], dict[int, list[Edge]]]:
    """Edges by the identity, id(), of the workload that is called, and of the one that calls, if any."""
    called: defaultdict[int, list[Edge]] = defaultdict(list)
    calling: defaultdict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        source, target = edge.source, edge.target
        if target.kind == "workload":
            called[id(target.workload)].append(edge)
        if source.kind == "workload":
            calling[id(source.workload)].append(edge)
    return dict(called), dict(calling)
