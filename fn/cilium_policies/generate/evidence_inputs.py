"""What evidence must be told beside the objects: the config's gateways and scrapers, the catalogue's hints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.ports import SERVERS
from cilium_policies.catalogue.recognise import is_among
from cilium_policies.config.model import Config
from cilium_policies.document.finding import Finding, of_config
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.unopened import STORE
from cilium_policies.evidence.unrendered import is_unknown
from cilium_policies.generate.dns import SERVICES, Dns
from cilium_policies.generate.roles import Roles, may_serve, usual_scrapers
from cilium_policies.kube.objects import Mapping, walk_strings
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import WorkloadKey

_CLIENTS = ("all-pods", "same-namespace")
_NODES = ("host", "remote-node")
_PODS = ("all-pods",)
_WEB = (53, 80, 443)
_MAIL = (25, 465, 587)
_CALLED_OUTSIDE = ("internet", "world", "fqdn", "cidr")
_OUTSIDE = ("world", "ingress-clients")


def roles(cluster: Cluster, config: Config, reads: Mapping | None = None) -> Roles:
    """The parts that pods play, with the config's word on scrapers and gateways. `reads`: the catalogue's rows of that
    name, which say into which namespaces a scraper looks."""
    dns = Dns(cluster, config).peers()
    wanted = config.cluster
    if not wanted.scrapers and not wanted.gateways:
        return Roles(cluster, dns=dns, reads=reads)
    from cilium_policies.generate.config_peers import resolved  # few configs name any

    shown = Roles(cluster, dns=dns)
    scrapers = [peer for one in wanted.scrapers for peer in resolved(one, cluster, shown)]
    gateways = [peer for one in wanted.gateways for peer in resolved(one, cluster, shown)]
    return Roles(cluster, tuple(scrapers), tuple(gateways), dns, reads)


def unmatched(cluster: Cluster, config: Config, parts: Roles) -> Iterator[Finding]:
    """Scrapers and gateways of the config that the input does not show: what is usual counts in their place."""
    for field, peers in (("scrapers", config.cluster.scrapers), ("gateways", config.cluster.gateways)):
        for number, one in enumerate(peers):
            from cilium_policies.generate.config_peers import resolved

            if not any(resolved(one, cluster, parts)):
                path = f"spec.cluster.{field}[{number}]"
                cure = "correct the name, or give the inventory of the whole tree (spec.inventory)"
                message = f"{one} matches nothing in the input"
                yield of_config(path, message, cure, config.where.file, config.where.line)


def given(cluster: Cluster, catalogue: Catalogue, parts: Roles, config: Config) -> Given:
    """Facts from outside the input. In a build that shows no scraper the usual ones stand in for it."""
    scrapers = parts.scrapers if config.cluster.scrapers else ()
    gateways = parts.gateways if config.cluster.gateways else ()
    if not scrapers and not parts.scraper_pods:
        scrapers = usual_scrapers(cluster)
    entries = [entry for name in parts.components if (entry := catalogue.get(name)) is not None]
    checked = [entry for entry in entries if not entry.guessed]
    served = _served(entries, parts)
    of_nodes, of_pods, of_others = (
        set().union(*map(served.__getitem__, by)) for by in (_NODES, _PODS, _OUTSIDE)
    )
    members, called = _between_components(entries)
    behind = [one for entry in entries if _is_proxy(entry) for one in parts.component(entry.name)]
    return Given(
        gateways=gateways,
        scrapers=tuple(dict.fromkeys(scrapers)),
        proxies=tuple(dict.fromkeys(one for one in behind if may_serve(cluster, one))),
        for_nodes=frozenset(of_nodes - of_others),
        for_pods=frozenset(of_pods - of_others),
        members=frozenset(members),
        grouped=frozenset(entry.name for entry in checked if _is_grouped(entry)),
        clouds=catalogue.clouds,
        balancers=config.cluster.load_balancer_cidrs,
        private=config.cluster.private_cidrs,
        cloud_users=catalogue.head["clouds"],
        inward=frozenset(entry.name for entry in checked if _is_inward(entry)),
        routed=catalogue.head["routes"],
        reads=catalogue.head["reads"],
        ignores=catalogue.head["ignores"],
        wary=config.trust.foreign == "deny",
        unmet=[],
        unsure=[],
        unopened=[],
        unasked=[],
        stated=frozenset(entry.name for entry in checked),
        called=frozenset(one for entry in entries for one in _called(entry, parts)) | _may_call(cluster),
        resolvers=tuple(
            one for one in parts.dns if one.kind == "labels" and _is_unshown(cluster, one.namespace)
        ),
        inside=frozenset().union(*map(_between_members, checked)) - called,
        silent=frozenset(entry.name for entry in checked if _is_silent(entry)),
        unplaced=[],
        within=[],
    )


def _served(entries: Iterable[Component], parts: Roles) -> dict[str, set[tuple[WorkloadKey, int, str]]]:
    """Pod ports by the word of those whom the catalogue knows to call them."""
    found: dict[str, set[tuple[WorkloadKey, int, str]]] = {
        word: set() for word in (*_NODES, *_PODS, *_OUTSIDE)
    }
    for entry in entries:
        for known in entry.own_edges:
            if known.direction == "ingress" and not known.probe and known.peer in found:
                found[known.peer].update(_ports(known, parts, entry.name))
    return found


def _between_components(
    entries: Iterable[Component],
) -> tuple[set[tuple[str, int, str]], set[tuple[str, int, str]]]:
    """Component, port and protocol of what members say to each other, and of what others say to them."""
    members: set[tuple[str, int, str]] = set()
    called: set[tuple[str, int, str]] = set()
    for entry in entries:
        for known in entry.own_edges:
            word, _, other = known.peer.partition(":")
            if word != "component" or (known.direction == "ingress" and other != entry.name):
                continue  # a port of this one's own, on which the other calls it
            among = members if other == entry.name else called
            among.update((other, port.number, port.protocol) for port in known.pod_ports())
    return members, called


def _is_proxy(entry: Component) -> bool:
    return any(
        edge.peer == "ingress-clients" and edge.direction == "ingress" and not edge.probe
        for edge in entry.own_edges
    )


def _is_unshown(cluster: Cluster, namespace: str) -> bool:
    return not any(cluster.service(namespace, name) for name in SERVICES)


def _called(entry: Component, parts: Roles) -> Iterator[tuple[WorkloadKey, int, str]]:
    """The ports of others that pods of a component call in a release that is not rendered, and the stores of objects,
    whose port only the values tell."""
    pods = [one for one in parts.component(entry.name) if one.release and not one.rendered]
    for known in entry.own_edges if pods else ():
        if known.direction != "egress" or known.peer == f"component:{entry.name}":
            continue
        ports = [port for port in known.pod_ports() if port.number not in _WEB and not port.end]
        called = [(port.number, port.protocol) for port in ports]
        if any(value == "object-storage" for _, value in walk_strings(known.when)):
            called.append((0, STORE))
        for one in pods if called else ():
            if is_among(entry.played(one.labels), known.part):
                yield from ((one.key, *each) for each in called)


def _may_call(cluster: Cluster) -> frozenset[tuple[WorkloadKey, int, str]]:
    """What the values of a release that nobody knows may name outside: a chart has no `externalDatabase.host` but for
    its pods to call it, and all of them stand here as one. Web ports are left out: charts are told their own URLs."""
    servers = [(port, "TCP") for port in (*SERVERS, *_MAIL)]
    unknown = [one.key for one in cluster.workloads if is_unknown(one)]
    return frozenset((key, *each) for key in unknown for each in (*servers, (0, STORE)))


def _between_members(component: Component) -> set[tuple[str, int, str]]:
    """The ports on which members of a component call each other and nobody else calls them, as its entry has it: it
    tells its clients' ports, and no roles. A port on which clients call such servers as a rule is none."""
    own, others, told = set(), set(), False
    for known in component.own_edges:
        ports = {(component.name, port.number, port.protocol) for port in known.pod_ports() if not port.end}
        if known.part or known.of:
            return set()
        if known.peer == f"component:{component.name}":
            own |= {one for one in ports if one[1] not in SERVERS}
        elif known.direction == "ingress" and not known.probe:
            others |= ports
            told = told or known.peer in _CLIENTS
    return own - others if told else set()


def _is_grouped(entry: Component) -> bool:
    return any(edge.peer == f"component:{entry.name}" and edge.of for edge in entry.own_edges)


def _is_silent(entry: Component) -> bool:
    if entry.users_code:
        return False
    called = [edge for edge in entry.own_edges if edge.direction == "egress" and edge.peer != "dns"]
    return bool(called) and all(edge.peer == "none" and not edge.part for edge in called)


def _is_inward(entry: Component) -> bool:
    if entry.users_code:
        return False
    called = [one.peer.partition(":")[0] for one in entry.own_edges if one.direction == "egress"]
    return called != ["dns"] * len(called) and not set(called) & set(_CALLED_OUTSIDE)


def _ports(known: Known, parts: Roles, name: str) -> list[tuple[WorkloadKey, int, str]]:
    ports = known.pod_ports()
    return [(one.key, port.number, port.protocol) for one in parts.component(name) for port in ports]
