"""Hosts of a domain whose other names this cluster serves: as often as not a machine of the same company, with an
address of its own network, which a rule for the Internet leaves out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cilium_policies.config.model import EGRESS
from cilium_policies.evidence.claims import domain
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.hostnames import Hostnames
from cilium_policies.evidence.public_names import is_public
from cilium_policies.generate.uncovered import GUESSED, Key, Uncovered, of_workload, some
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload, WorkloadKey


def own_zone(
    cluster: Cluster,
    hints: Given,
    edges: Iterable[Edge],
    subjects: Iterable[Workload],
    settled: Collection[Key],
) -> Iterator[Uncovered]:
    """One line a workload whose egress is not `settled` and that calls such hosts by rules for the Internet alone. With
    names in the rules the agents follow whatever DNS answers."""
    if cluster.settings.fqdn != "false":
        return
    own = {id(one) for one in subjects}
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
    if not asked:
        return
    serves = Hostnames(cluster, hints)
    domains = {domain(name) for name in serves.names}
    for key, hosts in asked.items():
        found = [
            (host, port)
            for host, port in hosts
            if (key, host) not in private
            and is_public(host)
            and domain(host) in domains
            and not serves.routes(host)
        ]
        if found:
            client, (first, port) = hosts[found[0]], found[0]
            ports = f", ports: [{port}/TCP]" if port else ""
            cure = (
                f"{{from: {{pod: {client.namespace}/{client.name}}}, to: {{fqdn: {first}}}{ports}, why: …}}"
            )
            names = some([host for host, _ in found])
            yield of_workload(GUESSED, "own-zone", EGRESS, client, (names,), cure)
