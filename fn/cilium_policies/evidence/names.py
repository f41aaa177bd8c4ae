"""From a host name to the Service it stands for, in any of its spellings."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

from cilium_policies.kube.names import beginnings
from cilium_policies.kube.objects import integer
from cilium_policies.kube.ports import Port
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

_SRV_PROTOCOLS = {"_tcp": "TCP", "_udp": "UDP"}


class Named(NamedTuple):
    """`service` None: the name is one of the cluster's, but no Service of the input carries it. `port` is the
    port name in an SRV name (`_http._tcp.web.shop.svc`), else ""."""

    service: Service | None
    namespace: str
    name: str
    port: str = ""


def resolve(cluster: Cluster, host: str, namespace: str) -> Named | None:
    """What a pod of `namespace` reaches under this name; None for a name outside the cluster's DNS.

    Understood: `svc`, `svc.ns`, `svc.ns.svc`, `svc.ns.svc.DOMAIN`, a pod's name before them, SRV names,
    a trailing dot. A short name is one of the cluster's only where such a Service exists; one with a domain that
    nobody told only where the namespace does."""
    plain = host.rstrip(".").lower()
    inside = False
    for suffix in _suffixes(cluster.settings.domain) if ".svc" in plain else ():
        if plain.endswith(suffix):
            plain, inside = plain[: -len(suffix)], True
            break
    if not inside and ".svc." in plain:  # no name outside has this form: the domain is another than the usual
        before = plain[: plain.rindex(".svc.")]
        inside = _has(cluster, before.rpartition(".")[2])
        plain = before if inside else plain
    labels = plain.split(".")
    port = ""
    if len(labels) > 2 and labels[0][:1] == "_" and labels[1] in _SRV_PROTOCOLS:
        port, labels = labels[0][1:], labels[2:]
    if inside:
        return _inside(cluster, labels, port)
    return _short(cluster, labels, namespace, port)


@lru_cache(maxsize=4)
def _suffixes(domain: str) -> tuple[str, ...]:
    return (f".svc.{domain}", ".svc.cluster.local", ".svc")


def _has(cluster: Cluster, namespace: str) -> bool:
    return bool(cluster.in_namespace(namespace) or cluster.services_in(namespace))


def unrendered(cluster: Cluster, namespace: str) -> list[Workload]:
    """The workloads of a namespace whose templates nobody sees: of releases and operators."""
    return _unrendered(cluster).get(namespace, [])


@lru_cache(maxsize=4)
def _unrendered(cluster: Cluster) -> dict[str, list[Workload]]:
    """By namespace, looked for once: thousands of addresses ask, and a namespace may hold thousands of workloads."""
    found: dict[str, list[Workload]] = {}
    for one in cluster.workloads:
        if not one.rendered:
            found.setdefault(one.namespace, []).append(one)
    return found


@lru_cache(maxsize=4)
def _released(cluster: Cluster) -> dict[tuple[str, str], list[Workload]]:
    """The same by namespace and release."""
    found: dict[tuple[str, str], list[Workload]] = {}
    for one in chain.from_iterable(_unrendered(cluster).values()):
        found.setdefault((one.namespace, one.release), []).append(one)
    return found


def fitting(cluster: Cluster, named: Named, port: int, protocol: str) -> tuple[Workload, Port] | None:
    """The one workload of a namespace that is meant by a Service which the input does not show, and its port: the one
    that listens there, or of several the one that is called so; else that of a release of this name, whose Services
    are called as its values say, and not all that they can say is known."""
    shown = cluster.listening(named.namespace, port)
    called = [one for name in beginnings(named.name) for one in shown.get(name, ())]
    if len(shown) > 1 and not called:
        return None
    found = [(one, Port(port, protocol)) for one in called or chain.from_iterable(shown.values())]
    if not found:
        found = [
            (one, target)
            for one in _released(cluster).get((named.namespace, named.name), ())
            for service in cluster.services_for(one)
            if (target := cluster.pod_port(one, service, str(port)))
        ]
    return found[0] if len(dict.fromkeys(found)) == 1 else None


def _inside(cluster: Cluster, labels: list[str], port: str) -> Named | None:
    if len(labels) < 2:
        return None
    namespace, name = labels[-1], labels[-2]
    return Named(cluster.service(namespace, name), namespace, name, port)


def _short(cluster: Cluster, labels: list[str], namespace: str, port: str) -> Named | None:
    if len(labels) > 3:
        return None
    if labels[0] == "kubernetes" and (
        labels[1:] == ["default"] or (len(labels) == 1 and namespace == "default")
    ):
        return Named(cluster.service("default", "kubernetes"), "default", "kubernetes", port)
    tries = [(namespace, labels[0])] if len(labels) == 1 else [(labels[-1], labels[-2])]
    if len(labels) == 2:
        tries.append((namespace, labels[1]))  # pod.svc of the own namespace
    for number, (space, name) in enumerate(tries):
        service = cluster.service(space, name)
        # A pod's name in front makes sense for a headless Service only; one that fits says what is meant, all the same.
        pod_first = len(labels) == 3 or number == 1
        if service is None:
            continue
        if service.headless or not pod_first or _is_pods(cluster, service, labels[0]):
            return Named(service, space, name, port)
    return None


def _is_pods(cluster: Cluster, service: Service, name: str) -> bool:
    """Whether a name is that of a StatefulSet's pod behind a Service."""
    return any(ordinal(name, one) >= 0 for one in cluster.backends(service))


def ordinal(host: str, workload: Workload) -> int:
    """Which of a StatefulSet's pods a name means (`db-1.db.shop`); -1 where it is no such name."""
    name, _, said = host.partition(".")[0].lower().rpartition("-")
    number = integer(said) if workload.kind == "StatefulSet" and name == workload.name else None
    return -1 if number is None else number


def is_alone(host: str, workload: Workload) -> bool:
    """Whether a name of a workload's own Service leads to no second pod: it has one, and the name is no other's."""
    return workload.kind != "DaemonSet" and workload.replicas == 1 and ordinal(host, workload) < 1
