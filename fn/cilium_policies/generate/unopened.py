"""Hosts outside that configuration names, in a direction of which nothing else is said, and that no rule leads to; and
kubelets that would not answer who names them; and servers elsewhere of which only a hidden Secret's key speaks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cilium_policies.config.model import EGRESS
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.ends import HOST, cidr
from cilium_policies.evidence.kubelets import Unasked
from cilium_policies.evidence.public_names import is_number, is_of_local_network
from cilium_policies.evidence.unopened import Unopened, Unplaced
from cilium_policies.generate.uncovered import GUESSED, UNKNOWN, Key, Uncovered, of_workload, some
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload, WorkloadKey

if TYPE_CHECKING:
    from cilium_policies.config.model import NamesMode


def unopened(
    found: Iterable[Unopened],
    edges: Iterable[Edge],
    subjects: Iterable[Workload],
    settled: Collection[Key],
    mode: NamesMode,
) -> Iterator[Uncovered]:
    """One line a workload whose egress is not `settled`. Of several that one object makes (a release's parts), the one
    that calls a host stands for all: its values do not say which part they are for."""
    own = {id(one) for one in subjects}
    leading: dict[int, list[Edge]] = {}
    for edge in edges:
        if edge.client is not None:
            leading.setdefault(id(edge.client.source), []).append(edge)
    by_client: dict[WorkloadKey, list[Unopened]] = {}
    for one in dict.fromkeys(found):
        if id(one.client) not in own or (one.client.key, EGRESS) in settled:
            continue
        if not any(_leads(edge, one, mode) for edge in leading.get(id(one.client.source), ())):
            by_client.setdefault(one.client.key, []).append(one)
    for hosts in by_client.values():
        client, first = hosts[0].client, hosts[0]
        names = list(dict.fromkeys(one.host + (f":{one.port}" if one.port else "") for one in hosts))
        ports = f", ports: [{first.port}/{first.protocol}]" if first.port else ""
        line = f"{{from: {{pod: {client.namespace}/{client.name}}}, to: {_peer(first.host)}{ports}, why: …}}"
        yield of_workload(GUESSED, "host-unopened", EGRESS, client, (some(names),), line)


def kubelets(
    found: Iterable[Unasked], edges: Iterable[Edge], subjects: Iterable[Workload], settled: Collection[Key]
) -> Iterator[Uncovered]:
    """One line a workload without a role for nodes, and port of a node's kubelet that it names."""
    asked = {(one.client.key, one.port): one for one in found}
    own = {id(one) for one in subjects}
    opened = _called(edge for edge in edges if edge.target == HOST)
    for one in asked.values():
        client = one.client
        if id(client) in own and (client.key, EGRESS) not in settled and (client.key, one.port) not in opened:
            pod = f"{{pod: {client.namespace}/{client.name}}}"
            line = f"{{from: {pod}, to: host, ports: [{one.port}/TCP], why: …}}"
            yield of_workload(GUESSED, "no-node-role", EGRESS, client, (), line)


def unplaced(
    cluster: Cluster,
    found: Iterable[Unplaced],
    edges: Iterable[Edge],
    subjects: Iterable[Workload],
    settled: Collection[Key],
) -> Iterator[Uncovered]:
    """One line a workload that the catalogue does not know and port on which a key of its hidden Secrets speaks of a
    server, with those that the cluster has."""
    own = {id(one) for one in subjects}
    opened = _called(edges)
    for one in found:
        client, key = one.client, (one.client.key, EGRESS)
        if id(client) not in own or client.component or key in settled or (client.key, one.port) in opened:
            continue
        services = (each for each in cluster.services if any(entry.port == one.port for entry in each.ports))
        behind = (pods for service in services for pods in cluster.backends(service))
        places = list(dict.fromkeys(f"{pods.namespace}/{pods.name}" for pods in behind if pods is not client))
        if places:
            pod = f"{{pod: {client.namespace}/{client.name}}}"
            line = f"{{from: {pod}, to: {{pod: {places[0]}}}, ports: [{one.port}/TCP], why: {one.key}}}"
            yield of_workload(UNKNOWN, "server-elsewhere", EGRESS, client, (one.key, some(places)), line)


def _called(edges: Iterable[Edge]) -> set[tuple[WorkloadKey, int]]:
    """The workloads that edges let call somebody, each with the ports."""
    return {
        (edge.client.key, port.number) for edge in edges if edge.client is not None for port in edge.ports
    }


def _peer(host: str) -> str:
    """What the config calls a host: an address of either family, or a name."""
    return f"{{cidr: {cidr(host).name}}}" if is_number(host) else f"{{fqdn: {host}}}"


def _leads(edge: Edge, one: Unopened, mode: NamesMode) -> bool:
    """Whether a rule lets the host be called: it is named, or everybody outside on that port is. `mode`: of
    `spec.cluster.fqdn`, by which a rule for a name is one for that name alone."""
    if one.host in edge.reason.parts:
        return True
    target = edge.target
    if one.port and edge.ports and not any(_holds(port.number, port.end, one.port) for port in edge.ports):
        return False
    match target.kind:
        case "internet":
            everybody = not target.name or mode == "false"
            return everybody and not is_of_local_network(one.host)
        case "outside":
            return True
        case "entity":
            return target.name in ("world", "all")
        case "cidr":
            return target.name.endswith("/0")
        case _:
            return False


def _holds(first: int, last: int, port: int) -> bool:
    return first <= port <= (last or first)
