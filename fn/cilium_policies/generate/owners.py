"""Whose a database is, as releases and names tell: one program's own is no other's, though it be the only one; and
whether a workload has a second pod of its own to call."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from itertools import islice

from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.catalogue.model import PART_LABELS, Component
from cilium_policies.catalogue.ports import SERVERS
from cilium_policies.catalogue.recognise import repository_of
from cilium_policies.generate.instances import Instance, instance
from cilium_policies.generate.shown import LONG, alike, is_program, words_of
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

GENERAL = frozenset(
    ("main", "default", "cluster", "server", "database", "cache", "backend", "primary", "shared")
)
# Labels that name a program, and words of its names that say only what it is or which part it plays.
_NAME_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")
_PARTS = frozenset(
    """
    primary main master leader replica replicas slave slaves follower followers secondary standby arbiter sentinel
    read reader readonly ro write writer rw node nodes member shard cluster server data db database pg
    """.split()  # noqa: SIM905
)
# What charts call the parts of a database of which one copies the other.
_SIDES = {
    "primary": frozenset(("primary", "master", "leader")),
    "replica": frozenset(("replica", "slave", "secondary", "read", "follower", "standby")),
}


def is_called_after_another(
    cluster: Cluster, client: Workload, server: Workload, ports: tuple[Port, ...]
) -> bool:
    """Whether a database is called after another program of its namespace, and not after this one."""
    if not are_stores(ports):
        return False
    usual = {*words_of(server.release), *words_of(server.component), *GENERAL}
    told = words_of(server.instance) - usual
    if not told or alike(
        told, words_of(client.name) | words_of(client.component) | words_of(client.instance)
    ):
        return False
    return any(
        _is_told(told, names, usual, server.instance)
        for component, names in _programs(cluster, server.namespace).items()
        if component not in (server.component, client.component)
    )


@lru_cache(maxsize=256)
def _programs(cluster: Cluster, namespace: str) -> dict[str, list[tuple[str, bool, str]]]:
    """By component what programs of a namespace are called, sorted: each name with whether it is one word of the
    workload's, and the instance."""
    found: dict[str, list[tuple[str, bool, str]]] = {}
    for one in filter(is_program, cluster.in_namespace(namespace)):
        whole = ((one.component, False, one.instance), (one.name, False, one.instance))
        words = ((word, True, one.instance) for word in words_of(one.name))
        found.setdefault(one.component, []).extend((*whole, *words))
    for names in found.values():
        names.sort()
    return found


def _is_told(told: set[str], names: list[tuple[str, bool, str]], usual: set[str], instance: str) -> bool:
    """Whether a word is alike to a name of another instance, as `alike` has it."""
    from bisect import bisect_left  # few databases are called after something

    for word in told:
        for name, bare, owner in islice(names, bisect_left(names, (word, False, "")), None):
            if name != word and not (len(word) >= LONG and name.startswith(word)):
                break
            if owner != instance and not (bare and name in usual):
                return True
    return False


def called_after(client: Workload, servers: list[Workload], ports: tuple[Port, ...]) -> list[Workload]:
    """Of several databases those that alone are called after the client, else all: `chat-valkey-bridge` is the
    bridge's, `chat-valkey` is not, though all that stands there is called `chat`."""
    if not are_stores(ports) or len({one.instance for one in servers}) < 2:
        return servers
    said = [words_of(one.name) for one in servers]
    common = set.intersection(*said) | GENERAL
    own = (words_of(client.name) | words_of(client.component)) - common
    told = {one.instance for one, words in zip(servers, said, strict=True) if alike(words - common, own)}
    return [one for one in servers if one.instance in told] or servers


def is_anothers(cluster: Cluster, server: Workload, ports: tuple[Port, ...]) -> bool:
    """Whether a database or a broker stands in the release of another program, whose own it then is."""
    if not server.release or not are_stores(ports):
        return False
    return any(
        one.release == server.release and one.component != server.component and is_program(one)
        for one in cluster.in_namespace(server.namespace)
    )


class Users:
    """Where the programs that name a server run, by component and instance."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, Instance], set[str]] = {}
        self._owned: dict[str, frozenset[Instance]] = {}

    def note(self, client: Workload, server: Workload) -> None:
        if is_program(client):
            self._of.setdefault((server.component, instance(server)), set()).add(client.namespace)

    def are_beside(self, server: Workload, client: Workload, ports: tuple[Port, ...]) -> bool:
        """Whether a database or a broker of another namespace is that one's own: who names it is of there alone."""
        elsewhere = client.namespace != server.namespace and are_stores(ports)
        return elsewhere and instance(server) in self.owned(server.component)

    def owned(self, component: str) -> frozenset[Instance]:
        """The instances of a component that nobody but the programs of their own namespaces names. It is asked when all
        is noted."""
        if component not in self._owned:
            told = (key for (name, key), users in self._of.items() if name == component and users == {key[0]})
            self._owned[component] = frozenset(told)
        return self._owned[component]


def are_stores(ports: tuple[Port, ...]) -> bool:
    """Whether these are ports of databases, brokers and their like alone."""
    return bool(ports) and all(port.number in SERVERS for port in ports)


def is_another_store(one: Workload, other: Workload) -> bool:
    """Whether two databases of one kind in plain manifests are two programs' own, as their names say: `shop-db` and
    `wiki-db` do not replicate each other, `db-primary` and `db-replica` may."""
    if one is other or not (one.rendered and other.rendered):
        return False
    product = {*_words(one.component), *(word for image in one.images for word in _words(last_name(image)))}
    for keys in (_NAME_LABELS, PART_LABELS):
        key = next((key for key in keys if key in one.labels and key in other.labels), "")
        if key and _stem(one.labels[key], product) != _stem(other.labels[key], product):
            return True
        if key and (keys is PART_LABELS or _words(one.labels[key]) & product):
            return False  # the parts of one program: a shard and its configuration server
    return _stem(one.name, product) != _stem(other.name, product)


def of_the_part(servers: list[Workload], named: Collection[int]) -> list[Workload]:
    """Of an instance that an address leads to, without the primary of a database where only replicas are `named` (by
    identity) and without replicas where only the primary is, as their labels call them: neither sends its clients to
    the other."""
    told = {id(one): _side(one) for one in servers}
    meant = {told[one] for one in named if one in told}
    return [one for one in servers if told[id(one)] in ("", *meant) or "" in meant]


def _side(one: Workload) -> str:
    """Whether a database's pods are its primary or a replica, as a label of their part says."""
    part = next((one.labels[key] for key in PART_LABELS if key in one.labels), "")
    return next((side for side, words in _SIDES.items() if part.rstrip("s") in words), "")


def role_of(workload: Workload, component: Component) -> str:
    """The role of a pod in its component that its labels tell or, where they say no more than the component's name,
    its image."""
    told = component.played(workload.labels)
    if told in ("", component.name):
        return next(filter(component.roles.__contains__, map(last_name, workload.images)), told)
    return told


def last_name(image: str) -> str:
    return repository_of(image).rpartition("/")[2]


def _stem(name: str, product: set[str]) -> set[str]:
    """What a name says beside part, product and number or letter."""
    return {word for word in _words(name) - _PARTS - product if len(word) > 1}


@lru_cache(maxsize=4096)
def _words(name: str) -> frozenset[str]:
    return frozenset(filter(None, re.split(r"[-_.\d]+", name.lower())))


def is_alone(workload: Workload, known: Known) -> bool:
    """Whether it has none on the ports of this edge between members, and does not say that it joins others."""
    return _is_alone(workload, known) and not _joins_its_own(workload, known)


def _is_alone(workload: Workload, known: Known) -> bool:
    """Whether a workload has no second pod to call. The pods of a Deployment are all alike: they are no primary and
    replicas of a database, though their number is not said."""
    if not workload.rendered:
        return False
    if workload.kind == "Deployment":
        return workload.replicas == 1 or (not workload.replicas and are_stores(known.pod_ports()))
    return workload.kind == "StatefulSet" and workload.replicas == 1


def _joins_its_own(workload: Workload, known: Known) -> bool:
    """Whether an argument tells it to join the others at a Service called after it: it is meant to have some."""
    words = [
        word
        for one in workload.texts
        if one.is_arguments and "join" in one.value
        for word in one.value.split()
    ]
    ends = tuple(f":{port.number}" for port in known.pod_ports())
    return any(workload.name in word and word.endswith(ends) for word in words)
