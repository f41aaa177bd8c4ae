"""Clients that a server sends on to other pods of its instance: a frontend answers a load with a redirect to a backend,
and whoever calls the one by an address calls the other (the catalogue's `redirects`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.parts import parse_port
from cilium_policies.evidence.edge import Edge, WorkloadPeer
from cilium_policies.evidence.reasons import stated
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.ties import Ties
from cilium_policies.kube.objects import text


def redirected(catalogue: Catalogue, roles: Roles, ties: Ties, edges: Iterable[Edge]) -> Iterator[Edge]:
    """An edge to each pod that may be meant, by the word that opened the way to the server."""
    table = catalogue.head["redirects"]
    for edge in edges:
        client, server = edge.client, edge.server
        if edge.origin != "address" or client is None or server is None:
            continue
        for row in table.get(server.component, ()) if client.component != server.component else ():
            asked = parse_port(text(row["port"]))
            if asked not in edge.ports or not ties.plays(server, texts(row["of"])):
                continue
            ports = tuple(port for each in texts(row["ports"]) if (port := parse_port(each)))
            reason = stated(text(row["why"]), server.component)
            for one in roles.members(server):
                # the members of some are one workload, whose pods have further ports for what each of them holds
                if (one is not server or asked not in ports) and ties.plays(one, texts(row["to"])):
                    yield Edge(edge.source, WorkloadPeer(one), ports, reason, edge.evidence, False)
