"""Whom an edge of the catalogue to the internet means by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cilium_policies.catalogue.conditions import holds
from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.recognise import is_among
from cilium_policies.config.model import EGRESS
from cilium_policies.document.finding import INFO, Finding
from cilium_policies.evidence.edge import CidrPeer, Edge, FqdnPeer, InternetPeer, Peer
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.public_names import is_local
from cilium_policies.generate.facts import WorkloadFacts
from cilium_policies.generate.outside import misses
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.shown_ports import sending
from cilium_policies.generate.uncovered import GUESSED, UNKNOWN, Key, Uncovered, of_workload, some
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING, NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.distribution import is_bootstrapped
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.catalogue.hosts import Answer
    from cilium_policies.generate.uncovered import Why

_EACH_BY_NAME = 20  # the minor version from which a port's name is looked up on the pods of its peer alone
_SINGLE = "one build alone: others may name more (give the whole tree, or an inventory)"


class Named(NamedTuple):
    """Peers with the ports they are called on; `complete`: nobody else is called, so no address is wanted."""

    peers: tuple[tuple[Peer, tuple[Port, ...]], ...] = ()
    complete: bool = False


def by_name(known: Known, facts: WorkloadFacts, cluster: Cluster) -> Named:
    """The names that rules have for an edge. Under `fqdn: known` only where they are the whole answer; under `all` as
    many as there are: what `generate.outside` then takes away is the rest."""
    mode = cluster.settings.fqdn
    if mode != "false" and known.peer.startswith("fqdn:") and not known.purpose:
        return Named(_beside(known, facts))  # one name is no whole list
    if mode == "false" or known.peer not in ("internet", "world") or known.names is None:
        return Named()
    answer = answered(known, facts, cluster)
    if answer.missing and mode == "known":
        return Named()
    ports = known.pod_ports()
    pairs = ((outside(host.name), _on(ports, host.port)) for host in answer.hosts)
    return Named(tuple((peer, on) for peer, on in pairs if on is not None), not answer.missing)


def _beside(known: Known, facts: WorkloadFacts) -> tuple[tuple[Peer, tuple[Port, ...]], ...]:
    """The hosts of URLs in the own configuration on the ports of an edge to one name."""
    from cilium_policies.catalogue.hosts import written

    pairs = ((outside(host.name), _on(known.pod_ports(), host.port)) for host in sorted(set(written(facts))))
    return tuple((peer, on) for peer, on in pairs if on is not None)


def answered(known: Known, facts: WorkloadFacts, cluster: Cluster) -> Answer:
    """The hosts of an edge; what objects of the input say is the whole answer only where it is the whole tree."""
    from cilium_policies.catalogue.hosts import hosts

    return hosts(known, facts, "" if cluster.is_tree else _SINGLE)


def kept(cluster: Cluster, catalogue: Catalogue, roles: Roles) -> Iterator[Finding]:
    """What `fqdn: known` leaves open to every public address, and why: a line a workload."""
    if cluster.settings.fqdn != "known":
        return
    for workload in cluster.workloads:
        if not workload.own:
            continue
        for ports, missing in nameless(cluster, catalogue, roles, workload):
            on = ", ".join(one.written for one in ports)
            beside = f", ports: [{on}]" if on else ""
            pods = f"from: component:{workload.component}"
            yield workload.finding(
                INFO,
                f"{workload} keeps every public address on {on or 'any port'}: {missing}",
                f"where you know them: spec.deny: [{{{pods}, to: internet{beside}}}] and"
                f" spec.allow: [{{{pods}, to: {{fqdn: NAME}}{beside}, why: …}}]",
            )


def nameless(
    cluster: Cluster, catalogue: Catalogue, roles: Roles, workload: Workload
) -> Iterator[tuple[tuple[Port, ...], str]]:
    """The ports on which a workload calls hosts outside whose names are not known in full, and why not."""
    component = catalogue.get(workload.component)
    facts = WorkloadFacts(workload, cluster, roles)
    for known in component.own_edges if component else ():
        if known.direction == "egress" and known.peer in ("internet", "world"):
            missing = holds(known.when, facts, known.peer) and answered(known, facts, cluster).missing
            if missing:
                yield sending(known, workload, facts, cluster).pod_ports(), missing


def closed_hosts(
    cluster: Cluster,
    catalogue: Catalogue,
    parts: Roles,
    hints: Given,
    found: list[Edge],
    subjects: list[Workload],
    told: set[Key],
) -> Iterator[Uncovered]:
    """Hosts that a program's users may add, and those that its configuration names and no rule leads to."""
    yield from added(cluster, catalogue, parts, subjects, told)
    if hints.unopened:
        from cilium_policies.generate.unopened import unopened  # few builds name such hosts

        yield from unopened(hints.unopened, found, subjects, told, cluster.settings.fqdn)
    if hints.unopened or any(edge.target.kind == "internet" and edge.target.name for edge in found):
        from cilium_policies.generate.own_zone import own_zone

        yield from own_zone(cluster, hints, found, subjects, told)


def unasked(
    cluster: Cluster, hints: Given, found: list[Edge], subjects: list[Workload], settled: Collection[Key]
) -> Iterator[Uncovered]:
    """Pods that name a kubelet which would not answer them, or whose hidden Secrets speak of a server elsewhere."""
    if hints.unasked:
        from cilium_policies.generate.unopened import kubelets  # few builds name one

        yield from kubelets(hints.unasked, found, subjects, settled)
    if hints.unplaced:
        from cilium_policies.generate.unopened import unplaced

        yield from unplaced(cluster, hints.unplaced, found, subjects, settled)


def added(
    cluster: Cluster, catalogue: Catalogue, roles: Roles, subjects: Iterable[Workload], told: set[Key]
) -> Iterator[Uncovered]:
    """Pods whose users may have them call, beside what their rules hold, hosts that they type into the program itself,
    and of whose egress nothing else is `told`: any other than names where names alone are allowed, or nobody; else
    those inside."""
    for workload in subjects:
        component = catalogue.get(workload.component)
        if component is None or (workload.key, EGRESS) in told:
            continue
        facts = WorkloadFacts(workload, cluster, roles)
        role = component.played(workload.labels)
        mine = (one for one in component.own_edges if one.added and is_among(role, one.part))
        asked = [one for one in mine if may_be_added(one, facts)]
        if asked and is_bootstrapped(workload):  # no condition of its edges is asked
            yield _users_hosts("left-to-you", workload, asked)
            continue
        limited = [one for one in asked if _is_limited(one, facts, cluster)]
        if asked:
            yield _users_hosts("users-hosts" if limited else "users-inside", workload, limited or asked)


def may_be_added(known: Known, facts: WorkloadFacts) -> bool:
    """Whether users add anybody: by objects, the input shows whether there are any."""
    if known.added_when is not None and not holds(known.added_when, facts, known.peer):
        return False
    rows = known.when if isinstance(known.when, list) else []
    by_objects = bool(rows) and all(
        isinstance(row, dict) and {"object", "field"} & row.keys() for row in rows
    )
    return not by_objects or holds(known.when, facts, known.peer)


def _users_hosts(why: Why, workload: Workload, limited: list[Known]) -> Uncovered:
    ports = dict.fromkeys(port for one in limited for port in one.ports)
    pod = f"{{pod: {workload.namespace}/{workload.name}}}"
    place = "{fqdn: NAME}" if why == "users-hosts" else "{cidr: ADDRESS}"
    parts = (" and ".join(dict.fromkeys(one.added for one in limited)),)
    cure = f"{{from: {pod}, to: {place}, ports: [{', '.join(ports)}], why: …}}"
    return of_workload(GUESSED, why, EGRESS, workload, parts, cure)


def nameless_calls(
    edges: Collection[Edge], cluster: Cluster, complete: Collection[Key], said: Collection[Key]
) -> Iterator[Uncovered]:
    """What `all` takes away, a line a workload, but for those whose egress the config explains (`complete`); and what
    is called on ports without a number, but for those of `said`."""
    yield from _by_port_name(edges, cluster, said)
    lost: dict[Workload, list[Edge]] = {}
    for edge in edges if cluster.settings.fqdn == "all" else ():
        client = edge.client
        if client is not None and client.own and (client.key, EGRESS) not in complete and misses(edge):
            lost.setdefault(client, []).append(edge)
    for one, taken in lost.items():
        ports = [port.written for port in sorted({port for edge in taken for port in edge.ports})]
        on = f", ports: [{', '.join(ports)}]" if ports else ""
        cure = f"{{from: {{pod: {one.namespace}/{one.name}}}, to: {{fqdn: NAME}}{on}, why: …}}"
        parts = (", ".join(ports) or "any port",)
        yield of_workload(UNKNOWN, "nameless", EGRESS, one, parts, cure)


def _by_port_name(edges: Iterable[Edge], cluster: Cluster, complete: Collection[Key]) -> Iterator[Uncovered]:
    """What is called on ports of which the name alone is known, a line a client: Cilium before 1.20 looks it up among
    all pods of the cluster."""
    found: dict[Workload, dict[str, str]] = {}
    for edge in edges:
        client, names = edge.client, [port.name for port in edge.ports if port.name and not port.number]
        if names and client is not None and client.own and (client.key, EGRESS) not in complete:
            server = edge.server
            place = (
                f"{server.namespace}/{server.name}" if server else getattr(edge.target, "namespace", "pods")
            )
            found.setdefault(client, {}).update({f"{place} {name}": place for name in names})
    if not found:
        return
    from cilium_policies.cilium.validity import minor_of  # few inputs have such a name

    if (version := cluster.settings.cilium_version) and minor_of(version) >= _EACH_BY_NAME:
        return
    for one, called in found.items():
        first = next(iter(called.values()))
        to = f"{{pod: {first}}}" if "/" in first else f"{{namespace: {first}}}"
        cure = f"{{from: {{pod: {one.namespace}/{one.name}}}, to: {to}, ports: [NUMBER/TCP], why: …}}"
        yield of_workload(GUESSED, "port-by-name", EGRESS, one, (some([*called]),), cure)


def _is_limited(known: Known, facts: WorkloadFacts, cluster: Cluster) -> bool:
    """Whether an edge is written with names alone, or nothing asks for it and it is not written at all."""
    if not holds(known.when, facts, known.peer):
        return True
    return cluster.settings.fqdn != "false" and not answered(known, facts, cluster).missing


def outside(host: str) -> Peer:
    if not host.strip("0123456789."):
        return CidrPeer(f"{host}/32")
    if ":" in host:
        return CidrPeer(f"{host}/128")
    return FqdnPeer(host) if is_local(host) else InternetPeer(host)


def at_port(ports: tuple[Port, ...], asked: int) -> tuple[Port, ...]:
    """The one port on which a host is called, with the edge's protocols there."""
    there = _on(ports, asked) or (Port(asked),)
    return tuple(dict.fromkeys(Port(asked, port.protocol) for port in there))


def _on(ports: tuple[Port, ...], asked: int) -> tuple[Port, ...] | None:
    """The edge's ports, or those of them on which a host is called; None: on none of them."""
    if not ports or not asked:
        return ports
    return tuple(port for port in ports if port.number <= asked <= (port.end or port.number)) or None
