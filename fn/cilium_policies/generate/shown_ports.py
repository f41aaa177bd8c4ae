"""The ports of a server that the input shows, in place of those that the catalogue knows to be usual."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from cilium_policies.catalogue.conditions import at
from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.parts import parse_port
from cilium_policies.generate.facts import WorkloadFacts
from cilium_policies.kube.objects import Mapping, mappings, port_number, text
from cilium_policies.kube.pods import TASKS
from cilium_policies.kube.ports import Port, is_of_metrics
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

# What images of one program serve their web pages on, beside its own port.
_ALTERNATIVES = (80, 443, 8080, 8443)
_WEB = 80
# The plain and the encrypted port of one protocol.
_PAIRS = ((389, 636), (1883, 8883), (5671, 5672), (6379, 6380), (8075, 8076), (9092, 9093))


def shown_ports(server: Workload, usual: tuple[Port, ...], cluster: Cluster) -> tuple[Port, ...]:
    """The ports of an edge to this workload. Of an entry's usual ones those that its containers, probes or Services
    declare count where any does, as entries name what other images or settings use (`[8989, 80]`, `[1883, 8883]`);
    a port of another kind stays, as programs listen on what nothing declares. Where none is declared, the one port
    that its Services, or else its containers, show is meant in place of the one usual port. Where an operator's object
    says what its pods listen on, the usual ones among that count, or else all of it."""
    if server.moved:
        return tuple(dict.fromkeys(each for one in usual for each in _moved(one, server.moved)))
    told = [one for one in usual if one.number in server.usual_ports]
    if told:
        said = tuple(Port(one.number, one.protocol) for one in server.ports)
        others = tuple(one for one in usual if one not in told)
        return (tuple(one for one in told if one in said) or said) + others
    if not (usual and server.rendered):
        return usual
    known = declared(server, cluster)
    shown = [one for one in usual if one.end or (one.number, one.protocol) in known]
    if shown or not known:
        if len(usual) == 2 and [one.number for one in shown] == [_WEB]:
            return tuple(
                shown
            )  # `[8989, 80]`: where it serves on 80 it was told to, in place of its own port
        return tuple(one for one in usual if not shown or one in shown or not _is_instead(one, shown))
    main = [one for one in usual if one.number not in _ALTERNATIVES] or list(usual)
    served = _served(server, cluster) or {(port.number, port.protocol) for port in server.ports}
    if len(main) == len(served) == 1:
        [(number, protocol)] = served
        if protocol == main[0].protocol:
            return (Port(number, protocol),)
    return usual


def in_place(
    known: Known, server: Workload, ports: tuple[Port, ...], cluster: Cluster, entry: Component | None
) -> tuple[Port, ...]:
    """The ports that a server shows, in place of an edge's usual ones. No substitute is one for metrics, or on which
    the members of a component (`entry`: the server's) say something else to each other: who gossips on 7946 and
    declares 3100 alone does both."""
    shown = shown_ports(server, ports, cluster)
    among = known.peer == f"component:{known.owner}"
    if known.peer.startswith("component:") and not among:
        shown = _by_service(server, ports, shown, cluster)
    if entry is None or known.peer == "scraper" or set(shown) & set(ports):
        return shown
    others = entry.metric_ports | (entry.member_ports if among else frozenset())
    return ports if any(Port(one.number, one.protocol) in others for one in shown) else shown


def _by_service(
    server: Workload, usual: tuple[Port, ...], shown: tuple[Port, ...], cluster: Cluster
) -> tuple[Port, ...]:
    """Where a client of another component gets by the server's Services, if none of the ports that it shows stands
    behind one: `80 -> 8081` of a Service, where a side-car answers on 8081 for a program that listens on 8080."""
    if not server.rendered or any(one.end for one in shown):
        return shown
    doors = list(_doors(server, cluster))
    behind = {pod for _, pod in doors}
    if not behind or any((one.number, one.protocol) in behind for one in shown):
        return shown
    asked = {(one.number, one.protocol) for one in usual}
    return tuple(Port(*pod) for pod in sorted({pod for port, pod in doors if port in asked})) or shown


def _moved(one: Port, moved: dict[int, int]) -> Iterator[Port]:
    """A usual port where the server's object has it; a range, and beside it what is moved out of it."""
    if one.end:
        yield one
        yield from (Port(now, one.protocol) for was, now in moved.items() if one.number <= was <= one.end)
    else:
        yield one._replace(number=moved.get(one.number, one.number))


def _is_instead(one: Port, shown: list[Port]) -> bool:
    """Whether a server that shows these ports has no use for another one."""
    if one.number in _ALTERNATIVES:
        return True
    return any(one.number in pair and any(each.number in pair for each in shown) for pair in _PAIRS)


def held(known: Known, workload: Workload) -> Known:
    """An edge on the ports that the object which made the pods holds for it, as containers or Services have them."""
    body = workload.source.body if workload.source is not None else {}
    return known._replace(ports=tuple(dict.fromkeys(_held(body, known.ports_at))))


def _held(body: Mapping, paths: tuple[str, ...]) -> Iterator[str]:
    for one in paths:
        path, _, usual = one.partition("/")
        for entry in mappings(at(body, path)):
            said = text(entry.get("protocol")) or usual or "TCP"
            if number := port_number(entry.get("containerPort") or entry.get("port")):
                yield from (f"{number}/{protocol}" for protocol in _BOTH.get(said, (said,)))


_BOTH = {"TCPUDP": ("TCP", "UDP")}
MAIL = frozenset((25, 465, 587, 2525))


def sends_mail(known: Known) -> bool:
    """Whether an edge is a program's to its mail server; a mail server itself calls others on 25 alone."""
    usual = {port.number for port in known.pod_ports()}
    return known.direction == "egress" and len(usual) > 1 and usual <= MAIL


def sending(known: Known, workload: Workload, facts: WorkloadFacts, cluster: Cluster) -> Known:
    """An edge to mail servers outside on the ports that the configuration shows, in place of the usual ones: the
    server's name may stand in a Secret, and its port seldom does. A relay's own ports are not meant."""
    if not sends_mail(known):
        return known
    from cilium_policies.catalogue.mail_hosts import mail_ports  # few programs send mail

    own = {number for number, _ in declared(workload, cluster)}
    shown = sorted(mail_ports(facts) - own)
    return known._replace(ports=tuple(f"{number}/TCP" for number in shown)) if shown else known


def on_ports(
    known: Known, workload: Workload, facts: WorkloadFacts, cluster: Cluster, entry: Component | None
) -> Known | None:
    """An edge on the ports that it is meant on here; None where that is none."""
    if known.ports_at:
        known = held(known, workload)
        return known if known.ports else None
    if entry is not None and is_between(known) and is_client(workload, cluster):
        return _asking(known, entry)
    return sending(known, workload, facts, cluster)


def is_between(known: Known) -> bool:
    """Whether pods of a component call each other by an edge."""
    return known.direction == "egress" and known.peer == f"component:{known.owner}"


def _asking(known: Known, entry: Component) -> Known | None:
    """An edge between the members of a component for a client of theirs: what others call as well."""
    asked = tuple(one for one in known.ports if parse_port(one) in entry.client_ports)
    return known._replace(ports=asked) if asked else None


def is_client(workload: Workload, cluster: Cluster) -> bool:
    """Whether a pod is a task that serves nobody, and of a component by its image alone: a client that runs the
    server's image, no member."""
    task = workload.kind in TASKS and workload.rendered
    return task and not workload.by_label and not declared(workload, cluster)


@lru_cache(maxsize=8192)  # asked by edges of several kinds
def declared(workload: Workload, cluster: Cluster) -> frozenset[tuple[int, str]]:
    """The ports that containers, probes and Services show of a workload."""
    own = frozenset((port.number, port.protocol) for port in (*workload.ports, *workload.probes))
    return own | _served(workload, cluster, metrics=True)


def _served(workload: Workload, cluster: Cluster, *, metrics: bool = False) -> set[tuple[int, str]]:
    """The pod ports behind its Services, those that are called after metrics only if asked for."""
    return {pod for _, pod in _doors(workload, cluster, metrics=metrics)}


def _doors(
    workload: Workload, cluster: Cluster, *, metrics: bool = False
) -> Iterator[tuple[tuple[int, str], tuple[int, str]]]:
    """The ports of its Services, each with that of the pod behind it."""
    for entry in cluster.doors(workload):
        target = cluster.target_port(workload, entry.target or str(entry.port), entry.protocol)
        if target is not None and (metrics or not is_of_metrics(entry.name)):
            yield (entry.port, entry.protocol), (target.number, target.protocol)


def serving(
    servers: list[Workload],
    ports: tuple[Port, ...],
    cluster: Cluster,
    said: Callable[[Workload], bool] | None = None,
) -> list[Workload]:
    """Of several workloads of one component those that show one of the ports, where some do: the others that show
    ports of their own play another part, unless the edge is `said` to be to theirs. Who shows none may serve, but for
    Jobs: a dump of a database, which runs the database's image, is its client; and but for parts of a release of which
    another part shows them."""
    servers = [one for one in servers if one.kind not in TASKS or not one.rendered or declared(one, cluster)]
    if len(servers) < 2 or not ports:
        return servers
    all_shown = [declared(one, cluster) | {(usual, "TCP") for usual in one.moved} for one in servers]
    serves = [
        any(first.number <= number <= (first.end or first.number) for first in ports for number, _ in shown)
        for shown in all_shown
    ]
    if not any(serves):
        return servers
    told = {
        (one.namespace, one.release)
        for one, does in zip(servers, serves, strict=True)
        if does and one.rendered and one.release
    }
    return [
        one
        for one, does, shown in zip(servers, serves, all_shown, strict=True)
        if does
        or not (shown or (one.rendered and (one.namespace, one.release) in told))
        or (said is not None and said(one))
    ]
