"""Rows of a flow table as connections: from which namespace, to which address, who listens there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tests.engine.corpus import Row
from tests.live.network import CLIENT, CONTROL, HOSTS, NODE, NODE2, SERVER, WORLD
from tests.live.pods import Pod
from tests.live.sockets import HOME, Way

PROXY_MARK = 0x80B00  # identity 8 (ingress) and MARK_MAGIC_PROXY_EGRESS, as Cilium's Envoy marks its sockets
NAME = "kubernetes.default.svc.cluster.local"  # what a DNS server is asked for
_SOURCES = {
    "host": Way(HOME),
    "remote-node": Way(NODE2),
    "kube-apiserver": Way(CONTROL),
    "world": Way(WORLD, CLIENT),
    "ingress": Way(HOME, mark=PROXY_MARK),
}
_TARGETS = {
    "host": (HOME, NODE.address),
    "remote-node": (NODE2, HOSTS[NODE2].address),
    "kube-apiserver": (CONTROL, HOSTS[CONTROL].address),
    "world": (WORLD, SERVER),
}
Pods = Mapping[str, Sequence[Pod]]


class Connection(NamedTuple):
    """One row to be tried. `source` is the address that the target sees, where it is known before."""

    row: Row
    way: Way
    source: str
    listener: str  # the namespace that the target is in
    target: str
    port: int
    protocol: str
    name: str  # asked of a DNS server
    resolved: str  # a name that has to be looked up first, from a pod


class Unplanned(NamedTuple):
    """A row that the sandbox has no connection for, and why."""

    row: Row
    why: str


def planned(rows: Sequence[Row], pods: Pods) -> tuple[list[Connection], list[Unplanned]]:
    """Every row, or why it is none. Names get addresses of their own in the world."""
    names: dict[str, str] = {}
    found: list[Connection] = []
    left: list[Unplanned] = []
    for row in rows:
        try:
            found.append(_connection(row, pods, names))
        except LookupError as error:
            left.append(Unplanned(row, str(error.args[0])))
    return found, left


def _connection(row: Row, pods: Pods, names: dict[str, str]) -> Connection:
    query = row.query
    protocol, port = str(query.get("protocol", "TCP")), int(query["port"])
    if protocol not in ("TCP", "UDP", "ICMP", "ICMPv6"):
        raise LookupError(f"{protocol} is not tried")
    way, source = _source(query["from"], pods)
    listener, target = _target(query["to"], pods, names)
    asks = port == 53 and _is_dns(query["to"], pods)
    resolved = query["to"].get("fqdn", "") if way.namespace not in _NOT_PODS else ""
    return Connection(row, way, source, listener, target, port, protocol, NAME if asks else "", resolved)


_NOT_PODS = (HOME, NODE2, CONTROL, WORLD)


def _is_dns(end: Mapping[str, Any], pods: Pods) -> bool:
    return any(one.is_dns for one in pods.get(end.get("pod", ""), ()))


def _source(end: Mapping[str, Any], pods: Pods) -> tuple[Way, str]:
    if "pod" in end:
        pod = _pod(end["pod"], pods, first=True)
        if pod.host_network:
            name = CONTROL if pod.is_api_server else NODE2
            return Way(name), HOSTS[name].address
        return Way(pod.netns), pod.address
    way = _SOURCES.get(end.get("entity", ""))
    if way is None:
        raise LookupError(f"no source {_words(end)}")
    known = {NODE2: HOSTS[NODE2].address, CONTROL: HOSTS[CONTROL].address}
    return way, way.source or known.get(way.namespace, "")


def _target(end: Mapping[str, Any], pods: Pods, names: dict[str, str]) -> tuple[str, str]:
    if "pod" in end:
        pod = _pod(end["pod"], pods, first=False)
        if pod.host_network:
            name = CONTROL if pod.is_api_server else NODE2
            return name, HOSTS[name].address
        return pod.netns, pod.address
    if "fqdn" in end:
        return WORLD, names.setdefault(end["fqdn"], f"198.51.100.{101 + len(names)}")
    if "cidr" in end:
        return WORLD, end["cidr"].split("/")[0]
    found = _TARGETS.get(end.get("entity", ""))
    if found is None:
        raise LookupError(f"no target {_words(end)}")
    return found


def _pod(name: str, pods: Pods, *, first: bool) -> Pod:
    """A workload's first replica calls, its last one is called: so that one may call itself."""
    found = pods.get(name)
    if not found:
        raise LookupError(f"no workload {name}")
    return found[0 if first else -1]


def _words(end: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in end.items())
