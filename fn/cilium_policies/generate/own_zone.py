"""Hosts of a domain whose other names this cluster serves: as often as not a machine of the same company, with an
address of its own network, which a rule for the Internet leaves out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache, partial

from cilium_policies.config.model import EGRESS
from cilium_policies.evidence.claims import domain
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.hostnames import Hostnames
from cilium_policies.evidence.public_names import is_public
from cilium_policies.evidence.unrendered import is_unknown
from cilium_policies.generate.uncovered import GUESSED, Key, Uncovered, of_workload, some
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload, WorkloadKey

if TYPE_CHECKING:
    from cilium_policies.generate.uncovered import Why


def own_zone(
    cluster: Cluster,
    hints: Given,
    edges: Iterable[Edge],
    subjects: Iterable[Workload],
    settled: Collection[Key],
) -> Iterator[Uncovered]:
    """One line a workload whose egress is not `settled` and that calls such hosts by rules for the Internet alone, or,
    where a release that nobody knows may write the route of a host, for addresses; and such as have private endpoints
    in a company that is shown to have some. With names in the rules the agents follow whatever DNS answers."""
    if cluster.settings.fqdn != "false":
        return
    asked, private = _asked(hints, edges, {id(one) for one in subjects}, settled)
    if not asked:
        return
    linked = _linked(cluster, hints)
    serves = Hostnames(cluster, hints)
    domains = {domain(name) for name in serves.names}
    hidden = any(is_unknown(one) for one in cluster.workloads)
    for key, hosts in asked.items():
        of_zone = [
            (host, port)
            for host, port in hosts
            if is_public(host) and domain(host) in domains and not serves.routes(host)
        ]
        found = [one for one in of_zone if (key, one[0]) not in private]
        if found:
            yield _line("own-zone", hosts[found[0]], found, f"{{fqdn: {found[0][0]}}}")
        elif of_zone and hidden:
            yield _line("own-gateway", hosts[of_zone[0]], of_zone, "{pod: NAMESPACE/PROXY}")
        elif near := [one for one in hosts if (key, one[0]) not in private and linked(one[0])]:
            yield _line("own-endpoint", hosts[near[0]], near, f"{{fqdn: {near[0][0]}}}")


def _asked(
    hints: Given, edges: Iterable[Edge], own: set[int], settled: Collection[Key]
) -> tuple[dict[WorkloadKey, dict[tuple[str, int], Workload]], set[tuple[WorkloadKey, str]]]:
    """Hosts outside that these workloads call, each with its port, and those to which rules for addresses lead."""
    asked: dict[WorkloadKey, dict[tuple[str, int], Workload]] = {}
    private: set[tuple[WorkloadKey, str]] = set()
    outside: set[WorkloadKey] = set()
    for edge in edges:
        client = edge.client
        if client is None or id(client) not in own or (client.key, EGRESS) in settled:
            continue
        if edge.target.kind == "internet":
            outside.add(client.key)
            if edge.target.name:
                port = edge.ports[0].number if edge.ports else 0
                asked.setdefault(client.key, {})[edge.target.name, port] = client
        else:
            private.update((client.key, part) for part in edge.reason.parts)
    for one in hints.unopened or ():
        if one.client.key in outside and id(one.client) in own and (one.client.key, EGRESS) not in settled:
            asked.setdefault(one.client.key, {})[one.host, one.port] = one.client
    return asked, private


def _linked(cluster: Cluster, hints: Given) -> Callable[[str], bool]:
    """Whether a host is a managed service of a cloud that may have a private endpoint; nobody is where nothing in the
    input speaks of such endpoints. A definition of kinds speaks of what there may be."""
    speaks = cache(partial(_speaks, cluster))  # goes through the whole input: few hosts make it
    return lambda host: any(one.is_linked(host) and speaks(one.linked_by) for one in hints.clouds)


def _speaks(cluster: Cluster, words: tuple[str, ...]) -> bool:
    signs = [one.encode() for one in words]
    return any(
        one.item is not None and one.item.mentions(sign)
        for one in cluster.inventory.objects
        if one.kind != "CustomResourceDefinition"
        for sign in signs
    )


def _line(why: Why, client: Workload, found: list[tuple[str, int]], to: str) -> Uncovered:
    port = found[0][1]
    ports = f", ports: [{port}/TCP]" if port else ""
    cure = f"{{from: {{pod: {client.namespace}/{client.name}}}, to: {to}{ports}, why: …}}"
    return of_workload(GUESSED, why, EGRESS, client, (some([host for host, _ in found]),), cure)
