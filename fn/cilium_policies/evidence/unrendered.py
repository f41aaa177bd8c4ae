"""Services of releases whose charts are neither rendered nor known, told by their names alone.

A chart calls its Services after the release, or by `fullnameOverride`. Which pod port stands behind one nobody tells:
taken are the Service's own number, and for HTTP the container port `http`, to which Helm's scaffold leads. So such an
edge opens one call that something names, and the release's directions stay unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cilium_policies.evidence.edge import Peer
from cilium_policies.evidence.ends import backends, ends, service_ports
from cilium_policies.kube.names import is_port_name
from cilium_policies.kube.objects import port_number, text
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

_NAMES = {"http": "http", "ws": "http", "https": "https", "wss": "https", "grpc": "grpc", "grpcs": "grpc"}
_USUAL = {80: "http", 443: "https"}


def release_of(cluster: Cluster, namespace: str, name: str) -> Workload | None:
    """The release that a Service of this name, which the input does not show, must be of: the one whose name it begins
    with; of several the longest."""
    near = _releases(cluster).get(namespace, ())
    return next((one for begins, one in near if f"{name}-".startswith(begins)), None)


@lru_cache(maxsize=4)
def _releases(cluster: Cluster) -> dict[str, list[tuple[str, Workload]]]:
    """By namespace how names of such releases' Services begin, the longest first: looked for once, as thousands of
    routes ask, and a namespace may hold thousands of workloads and hardly a release."""
    found: dict[str, list[tuple[str, Workload]]] = {}
    for one in filter(is_unknown, cluster.workloads):
        for name in filter(None, (one.release, text(one.values.get("fullnameOverride")))):
            found.setdefault(one.namespace, []).append((f"{name}-", one))
    for near in found.values():
        near.sort(key=lambda each: -len(each[0]))
    return found


def is_unknown(one: Workload) -> bool:
    """Whether a workload stands for all pods of a release of which nobody knows what it makes."""
    return bool(one.release) and not (one.rendered or one.component)


def tells_nothing(cluster: Cluster, one: Workload) -> bool:
    """Whether callers of a workload explain nothing of it: they were told by names of Services that nobody shows."""
    return is_unknown(one) and not cluster.services_for(one)


def routed_to(
    cluster: Cluster, namespace: str, name: str, port: str, protocol: str = "TCP"
) -> Iterator[tuple[Peer, Port]]:
    """Peers and pod ports behind a port (number or name) of the Service that a route names, whether the input shows it
    or such a release must have it."""
    service = cluster.service(namespace, name) if name else None
    if service is not None:
        if any(service_ports(service, port)):
            yield from backends(cluster, service, port, protocol)
        else:
            yield from _untold(cluster, service, port, protocol)
    else:
        yield from behind(cluster, namespace, name, port, "http", protocol)


def _untold(cluster: Cluster, service: Service, port: str, protocol: str) -> Iterator[tuple[Peer, Port]]:
    """What may stand behind a port that a chart's Service has by its values and nobody here knows of: the pod port of
    the same number, or of that name. A Service that the input shows has no others."""
    number = port_number(port)
    if not (number or is_port_name(port)) or cluster.inventory.get("Service", *service[:2]) is not None:
        return
    for one in cluster.backends(service):
        for end in ends(one) if not one.rendered else ():
            yield end, Port(number, protocol) if number else Port(0, protocol, port)


def behind(
    cluster: Cluster, namespace: str, name: str, port: str, scheme: str = "", protocol: str = "TCP"
) -> Iterator[tuple[Peer, Port]]:
    """Peers and the pod ports that may stand behind a Service port (number or name) of such a release."""
    one = release_of(cluster, namespace, name)
    if one is None:
        return
    number = port_number(port)
    called = _NAMES.get(scheme, "") or _USUAL.get(number or 0, "") if protocol == "TCP" else ""
    if not number and is_port_name(port):
        called = port
    for end in ends(one):
        if number:
            yield end, Port(number, protocol)
        if called:
            yield end, Port(0, protocol, called)
