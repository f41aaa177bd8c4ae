"""Edges that the catalogue knows of the components in this cluster."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.conditions import holds
from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.evidence.edge import (
    AllPodsPeer,
    CidrPeer,
    Edge,
    Evidence,
    FqdnPeer,
    InternetPeer,
    LabelsPeer,
    NamespacePeer,
    Peer,
    WorkloadPeer,
    workload_of,
)
from cilium_policies.evidence.ends import ENTITIES, INGRESS_CLIENTS, KUBE_APISERVER, api_callers
from cilium_policies.evidence.reasons import stated
from cilium_policies.generate.facts import WorkloadFacts, is_inside, keeps_inside
from cilium_policies.generate.named import Named, by_name
from cilium_policies.generate.owners import is_alone
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.shown_ports import declared, in_place, on_ports, serving
from cilium_policies.generate.ties import Ties
from cilium_policies.kube.cloud_metadata import EXCEPTED_4, EXCEPTED_6, is_metadata
from cilium_policies.kube.objects import strings
from cilium_policies.kube.pods import TASKS, pod_spec, published_ports
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.distribution import is_bootstrapped
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.selectors import is_kept
from cilium_policies.workloads.sidecars import untunnelled

if TYPE_CHECKING:
    from cilium_policies.generate.members import Among

_OUTER = ("world", "ingress-clients")
# Everything outside, devices of the LAN included, but not what only the node may ask: cloud metadata.
_ANYWHERE = (CidrPeer("0.0.0.0/0", excepts=EXCEPTED_4), CidrPeer("::/0", excepts=EXCEPTED_6))


def edges(cluster: Cluster, catalogue: Catalogue, roles: Roles, ties: Ties) -> Iterator[Edge]:
    """Every edge of every recognised component that holds here; each is stated in one file and found once."""
    among = _among(roles, cluster, ties)
    for name in sorted(roles.components):
        component = catalogue.get(name)
        if component is None:
            continue
        for workload in roles.component(name):
            facts = WorkloadFacts(workload, cluster, roles)
            for known in untunnelled(workload, component, catalogue):
                yield from _edge(known, workload, facts, roles, cluster, ties, among)


def _among(roles: Roles, cluster: Cluster, ties: Ties) -> Among | None:
    """What finds edges between many members; few clusters have an object with so many pods."""
    if not roles.has_many:
        return None
    from cilium_policies.generate.members import Among

    return Among(roles, cluster, ties)


def sidecars(cluster: Cluster, catalogue: Catalogue, roles: Roles) -> Iterator[Edge]:
    """What side-cars call outside (a VPN, a tunnel). An image proves no right: nothing inside the cluster is opened."""
    for workload in cluster.workloads:
        for name in workload.sidecars:
            component = catalogue.get(name)
            for known in untunnelled(workload, component, catalogue) if component else ():
                word = known.peer.partition(":")[0]
                if known.direction != "egress" or isinstance(known.when, str):
                    continue
                outside = word in ("internet", "world", "fqdn") or (word == "cidr" and known.when)
                if outside and holds(known.when, WorkloadFacts(workload, cluster, roles)):
                    evidence = Evidence("catalogue", workload, component=name)
                    told = (known.pod_ports(), stated(known.why, name, known.number), evidence)
                    yield from (Edge(WorkloadPeer(workload), peer, *told) for peer in _fixed(known, cluster))


def _edge(
    known: Known,
    workload: Workload,
    facts: WorkloadFacts,
    roles: Roles,
    cluster: Cluster,
    ties: Ties,
    among: Among | None,
) -> Iterator[Edge]:
    probe = known.probe and not cluster.settings.probe_rules
    if probe or (known.peer == "dns" and known.direction == "egress" and not known.ports):
        return  # names are asked for by all; with ports it is the servers' metrics
    # Nothing tells how it is set up: what hangs on its texts holds, on other objects not, so that the text is one.
    unseen = known.when is not None and is_bootstrapped(workload)
    if unseen and not (isinstance(known.when, list) and any("text" in one for one in known.when)):
        return
    monitored = known.peer == "scraper" and known.when == "evidence" and facts.is_scraped
    word = "" if unseen or monitored else facts.word(known.when, known.peer)
    if word is None:
        return
    if workload.rendered and not _stands(known, workload, cluster, ties):
        yield from _of_the_unproven(known, workload, facts, cluster, ties)
        return
    outer = known.direction == "ingress" and known.peer in _OUTER
    replaced = ties.replaces(workload, known) or (outer and keeps_inside(workload, cluster, known.when))
    if replaced or not ties.plays(workload, known.part):
        return
    meant_here = on_ports(known, workload, facts, cluster, ties.entry(known.owner))
    if meant_here is None or (ports := ties.direct(workload, meant_here)) is None:
        return
    known = meant_here
    inward = known.direction == "ingress"
    own = WorkloadPeer(workload)
    evidence = Evidence(
        "catalogue", workload, component=known.owner, purpose=known.purpose, by=known.by, word=word
    )
    explains = not known.probe and known.peer != "scraper"
    reason = stated(known.why, known.owner, known.number)
    near = _near(known, facts, cluster, workload, ties)
    named = near if near.complete else by_name(known, facts, cluster)
    beside = () if near.complete else near.peers
    yield from (Edge(own, peer, on, reason, evidence, explains) for peer, on in (*named.peers, *beside))
    if named.complete:
        return
    if among is not None and (each := among.of(known, workload)):
        for peer, on, members in each:
            yield Edge(own, peer, on, reason, evidence, explains, members=members)
        return
    found = _meant(known, workload, ports, roles, cluster, ties)
    asks = isinstance(known.when, (list, dict))
    if not found and known.peer == "scraper" and not workload.rendered and asks:
        ties.unscraped.setdefault(id(workload), (workload, ports))  # its object asks for it
    for peer, on in found:
        source, target = (peer, own) if inward else (own, peer)
        guess = ties.is_guess(workload_of(source), workload_of(target), known)
        yield Edge(
            source, target, on, reason, evidence._replace(guess=guess) if guess else evidence, explains
        )


def _near(known: Known, facts: WorkloadFacts, cluster: Cluster, workload: Workload, ties: Ties) -> Named:
    if workload.rendered or not known.names or known.peer not in ("internet", "world"):
        return Named()
    from cilium_policies.generate.near import near_by  # few builds have such a pod

    return near_by(known, facts, cluster, workload, leads_out=ties.leads_out(workload))


def _of_the_unproven(
    known: Known, workload: Workload, facts: WorkloadFacts, cluster: Cluster, ties: Ties
) -> Iterator[Edge]:
    """What is left to a pod of an edge that does not stand for it: the devices that its own files name by number. Of a
    caller of the API it is noted that no role binding makes it one (`ties.unbound`)."""
    calls_api = known.peer == "kube-apiserver" and known.direction == "egress"
    if calls_api and workload.by_label and ties.plays(workload, known.part):
        ties.unbound[id(workload)] = workload
    if workload.by_image and known.near:
        from cilium_policies.generate.near import to_devices  # few edges ask for them

        yield from to_devices(known, workload, facts, cluster)


def _meant(
    known: Known, workload: Workload, ports: tuple[Port, ...], roles: Roles, cluster: Cluster, ties: Ties
) -> list[tuple[Peer, tuple[Port, ...]]]:
    """The peers that an edge means here, each with the ports that the server shows."""
    inward = known.direction == "ingress"
    found = []
    for peer in peers(known, workload, roles, cluster, ties):
        server = workload if inward else workload_of(peer)
        if server is None:
            found.append((peer, ports))
        else:
            entry = ties.entry(server.component)
            found.append((peer, in_place(known, server, ports, cluster, entry)))
    return found


def _stands(known: Known, workload: Workload, cluster: Cluster, ties: Ties) -> bool:
    """Whether a rendered pod may have this edge of the entry that it is taken for: a label or an image names a
    component and proves no right. The API server wants a role binding wherever the input shows any of the pod's own,
    and a service account of its own everywhere: `default` has no rights that somebody did not bind to it, and an edge
    that needs no role wants neither; what reaches nodes, every pod or any address, and whom DNS servers ask, wants
    label and image to agree, and so does the Internet, unless its publisher's registry holds the image; the outside
    comes in where a Service publishes it (hostPorts have edges of their own), or where the input shows none before pods
    whose label and image agree; DNS servers come to a resolver of the local network in the same cases, and where it has
    a hostPort. A task that runs a server's image and shows no port is its client."""
    word = known.peer.partition(":")[0]
    if workload.by_user:
        return known.peer != "world" or known.direction == "egress" or not is_inside(workload, cluster)
    certain = workload.by_label and workload.by_image
    if known.direction == "ingress":
        if word in _OUTER:
            if certain and ties.is_told_by_image(workload):
                return known.is_sent_to or not is_inside(workload, cluster)
            return any(one.is_published for one in cluster.services_for(workload))
        if word == "dns":
            outer = not is_inside(workload, cluster) or any(published_ports(pod_spec(workload.source)))
            return certain and (outer or not known.near)
        return workload.kind not in TASKS or bool(declared(workload, cluster))
    if word == "kube-apiserver":
        if known.needs_no_role:
            return certain
        own = workload.service_account not in ("", "default")
        return certain and own and not cluster.access.shows(workload.namespace)
    if word in ("host", "remote-node", "world", "all-pods"):
        return certain
    if word not in ("internet", "cidr", "fqdn", "namespace"):
        return True
    return workload.by_image and (workload.by_label or ties.is_publishers(workload))


def peers(
    known: Known, workload: Workload, roles: Roles, cluster: Cluster, ties: Ties | None
) -> Iterator[Peer]:
    """The peers that an edge of the catalogue means in this cluster; without `ties` every instance of a component."""
    word, _, name = known.peer.partition(":")
    outward = known.direction == "egress"
    if word == "component" and known.by:
        named = roles.referred(name, known.by, workload)
        yield from (WorkloadPeer(one) for one in named if ties is None or ties.plays(one, known.of))
    elif word == "component":
        partners = _partners(known, name, workload, roles, ties)
        meant = [one for one in partners if ties is None or ties.plays(one, known.of)]
        said = ties.said_of(known) if ties is not None else None
        yield from map(WorkloadPeer, serving(meant, known.pod_ports(), cluster, said))
    elif word == "kube-apiserver":
        yield from (KUBE_APISERVER,) if outward else api_callers(cluster)
    elif word in ("gateway", "dns"):
        yield from roles.gateways if word == "gateway" else roles.dns
    elif word == "scraper":
        # What scrapes a rendered workload its monitors say; of an unrendered one the catalogue knows it.
        if not workload.rendered:
            yield from roles.scrapers_of(workload, known.owner)
    elif word == "all-pods" and known.pod_ports():
        yield from _having(known, cluster)
    elif word == "same-namespace" and known.pod_ports():
        yield NamespacePeer(workload.namespace)
    else:
        yield from _fixed(known, cluster)


def _having(known: Known, cluster: Cluster) -> Iterator[Peer]:
    """Every pod, or those with labels that an injector writes on pods as they start: no manifest shows them."""
    wanted = [strings(one) for one in known.having]
    patterns = cluster.settings.identity_labels
    if not wanted or any(not is_kept(key, patterns) for one in wanted for key in one):
        yield AllPodsPeer()
    else:
        yield from (LabelsPeer("", tuple(sorted(one.items()))) for one in wanted)


def _fixed(known: Known, cluster: Cluster) -> Iterator[Peer]:
    """Peers that no pod tells; of the outside the local network alone where an edge means no more."""
    word, _, name = known.peer.partition(":")
    if word == "world" and known.near:
        from cilium_policies.generate.near import local_network  # few edges mean it

        yield from local_network(cluster)
    elif word == "world" and known.direction == "egress":
        yield from _ANYWHERE
    elif word in ENTITIES:
        yield ENTITIES[word]
    elif word == "ingress-clients":
        yield from INGRESS_CLIENTS
    elif word == "internet":
        yield InternetPeer(name)
    elif word == "cidr" and not is_metadata(name):
        yield CidrPeer(name)
    elif word == "fqdn" and not is_metadata(name):
        yield FqdnPeer(name)
    elif word == "namespace":
        yield NamespacePeer(name)


def _partners(
    known: Known, name: str, workload: Workload, roles: Roles, ties: Ties | None
) -> Iterator[Workload]:
    """The workloads of a component at the other end: whom this one calls, or who calls this one. A component that
    calls itself means its own members, not those of another instance (two databases of one kind)."""
    if ties is None:
        yield from roles.near(workload, name) or roles.component(name)
        return
    if known.direction == "egress" or name == workload.component:
        alone = is_alone(workload, known)
        found = ties.servers(workload, known, name)
        yield from (
            one for one in found if one is not workload or not alone
        )  # one pod has no other of its own
        return
    for client in roles.component(name):
        if workload in ties.servers(client, known, workload.component):
            yield client
