"""Targets without an address: the *names* of a Secret's keys (`POSTGRES_URL`), or a setting (`DB_TYPE: postgres`,
`SESSION_REDIS: true`), say what kind of server a workload needs, and its namespace holds exactly one of that kind; or
that it needs a database (`DATABASE_URL`), and its namespace holds exactly one. Weaker than an address, and marked
`inferred`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.ports import KEYS, RELATIONAL
from cilium_policies.evidence.databases import is_database
from cilium_policies.evidence.edge import Edge, Evidence, Peer, WorkloadPeer, workload_of
from cilium_policies.evidence.ends import backends
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.key_words import words
from cilium_policies.evidence.not_read import unread
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.trust import is_variable
from cilium_policies.evidence.unopened import Unplaced
from cilium_policies.kube.objects import Object, at, mapping, mappings, strings, text
from cilium_policies.kube.pods import containers, pod_spec
from cilium_policies.kube.ports import Port
from cilium_policies.kube.secret_writers import templates
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

_KINDS = {word: number for number, found in KEYS.items() for word in found} | {"pgsql": 5432}
_WORD = 200  # characters: what is longer is no word, whatever stands around it
_YES = {"true", "yes", "on", "1", "enabled"}
_ABOUT_USE = {"session", "sessions", "cache", "queue", "broker", "store", "use", "enable", "enabled"}
_ABOUT_A_SERVER = {
    "host",
    "hostname",
    "url",
    "uri",
    "dsn",
    "server",
    "addr",
    "address",
    "connection",
    "pghost",
}

_DATABASES = (
    "MARIADB_DATABASE",
    "MYSQL_DATABASE",
    "POSTGRES_DB",
    "POSTGRESQL_DATABASE",
    "MONGO_INITDB_DATABASE",
)
_NAME = "app.kubernetes.io/name"
# Ends of a Secret's key that holds an address, whatever the variable is called: `REDIS_URL` of a `SRH_STRING`
_STRINGS = ("_URL", "_URI", "_DSN", "_CONNECTION_STRING")


def edges(cluster: Cluster, given: Given) -> Iterator[Edge]:
    """One edge a workload and server that only a key or a setting tells of."""
    servers: dict[tuple[str, int], list[Service]] = {}
    for service in cluster.services:
        for number in {entry.port for entry in service.ports} & KEYS.keys():
            servers.setdefault((service.namespace, number), []).append(service)
    if not servers:
        return
    for workload in cluster.workloads:
        if workload.host_network or (workload.component in given.silent and workload.by_label):
            continue  # files that browsers load share the settings of a release with its server
        ignored = unread(workload, given.ignores)
        keys, settings = _hidden_keys(cluster, workload), _settings(workload)
        if ignored is not None:  # what it is told, and does not read
            keys = {key: held for key, held in keys.items() if ignored.fullmatch(key) is None}
            settings = {each: key for each, key in settings.items() if ignored.fullmatch(key) is None}
        hidden = _hidden(keys)
        for number, key in {**hidden, **settings}.items():
            near = servers.get((workload.namespace, number), [])
            found = list(_edge(cluster, workload, near, number, key))
            yield from found
            if given.unplaced is not None and not found and key == hidden.get(number):
                given.unplaced.append(Unplaced(workload, number, key))
        if keys and RELATIONAL.isdisjoint(hidden):
            yield from _of_any_database(cluster, workload, servers, keys)
    for (namespace, number), services in servers.items():
        yield from _of_its_database(cluster, namespace, number, services)


def _of_any_database(
    cluster: Cluster,
    workload: Workload,
    servers: dict[tuple[str, int], list[Service]],
    keys: dict[str, bool],
) -> Iterator[Edge]:
    """The one database of the namespace, where a hidden key speaks of one and does not say of which kind; and where it
    is an operator's: a pool of connections or somebody's own server may as well be another program's. Who writes a
    Secret that the input does not hold (a database's operator, by its name) may mean another server."""
    key = next((one for one, held in keys.items() if held and _is_of_a_database(one)), "")
    near = [one for number in RELATIONAL if key for one in servers.get((workload.namespace, number), ())]
    numbers = {entry.port for service in near for entry in service.ports} & RELATIONAL
    found = [
        edge
        for number in sorted(numbers)
        for edge in _edge(cluster, workload, servers[workload.namespace, number], number, key)
    ]
    meant = {workload_of(edge.target) for edge in found}
    if len(found) == len(numbers) and [one is not None and not one.rendered for one in meant] == [True]:
        yield from found


def _is_of_a_database(key: str) -> bool:
    return is_database(key) and not _ABOUT_A_SERVER.isdisjoint(words(key))


def _of_its_database(
    cluster: Cluster, namespace: str, number: int, services: list[Service]
) -> Iterator[Edge]:
    """Whose database a server is told to make (`MARIADB_DATABASE: nextcloud`): programs of that name keep the address
    where no manifest shows it. Where anybody's configuration names the server, its clients are known."""
    pods = cluster.in_namespace(namespace)
    server = next((one for service in services for one in cluster.backends(service)), None)
    made = {one.key: one.value for one in server.texts if one.key in _DATABASES} if server is not None else {}
    if not made or any(_mentions(one, services) for one in pods if one is not server):
        return
    key, name = next(iter(made.items()))
    for one in pods:
        if name in (one.labels.get("app"), one.labels.get(_NAME)) and not one.host_network:
            yield from _edge(cluster, one, services, number, key)


def _mentions(one: Workload, services: list[Service]) -> bool:
    return any(service.name in found.value for service in services for found in one.texts)


def _edge(
    cluster: Cluster, workload: Workload, services: list[Service], number: int, key: str
) -> Iterator[Edge]:
    """Only where all candidates stand before the same pods: of two databases the key does not say which."""
    found: dict[int, tuple[Peer, Port]] = {}
    for service in services:
        for peer, port in backends(cluster, service, str(number), "TCP"):
            if peer.kind == "workload":
                found.setdefault(id(peer.workload), (peer, port))
                if len(found) > 1 or peer.workload is workload:
                    return  # it may be such a server itself, and its variables speak of that
    for peer, port in found.values():
        evidence = Evidence("inferred", workload, f"key {key}")
        yield Edge(WorkloadPeer(workload), peer, (port,), Reason("server-of-key", (key,)), evidence)


def _settings(workload: Workload) -> dict[int, str]:
    """Ports of the servers that settings speak of, each with the setting's key."""
    hints: dict[int, str] = {}
    for found in workload.texts:
        if len(found.value) > _WORD or ":" in found.value:
            continue
        if (number := _setting(found.key, found.value.strip().lower())) and is_variable(found):
            hints.setdefault(number, found.key)
    return hints


def _hidden(keys: Iterable[str]) -> dict[int, str]:
    """Ports of the servers that the keys of unreadable Secrets speak of, each with the key."""
    hints: dict[int, str] = {}
    for key in keys:
        parts = {*words(key), key.lower()}
        if parts.isdisjoint(_ABOUT_A_SERVER):
            continue
        for number, names in KEYS.items():
            if parts & names:
                hints.setdefault(number, key)
    return hints


def _setting(key: str, value: str) -> int:
    """The port of the server that a setting chooses by its kind, or switches on; 0 for none."""
    if value in _YES:
        parts = set(words(key))
        return (
            next((_KINDS[part] for part in sorted(parts) if part in _KINDS), 0) if parts & _ABOUT_USE else 0
        )
    return _KINDS.get(value, 0)


def _hidden_keys(cluster: Cluster, workload: Workload) -> dict[str, bool]:
    """Names of variables whose values the input does not show, from Secrets that are encrypted or made later, each
    with whether the input holds its Secret, or what writes it."""
    shown = {found.key for found in workload.texts if found.value}
    hidden: dict[str, bool] = {}
    for container in containers(pod_spec(workload.source)):
        for entry in mappings(container.get("env")):
            ref = at(entry, "valueFrom", "secretKeyRef") if "valueFrom" in entry else None
            if ref is not None and (key := text(entry.get("name"))) not in shown:
                place = (workload.namespace, text(mapping(ref).get("name")))
                held = _holder(cluster, *place) is not None
                hidden[key] = held or hidden.get(key, False)
                if (told := text(mapping(ref).get("key"))).endswith(_STRINGS):
                    hidden.setdefault(told, held)
        for source in mappings(container.get("envFrom")):
            name = text(at(source, "secretRef", "name"))
            one = _holder(cluster, workload.namespace, name)
            if one is not None:
                made = _keys(one, workload.namespace, name)
                known = shown.intersection(made)
                if known:  # what the store fills is not
                    known -= _filled(one, workload.namespace, name)
                hidden.update((key, True) for key in made if key not in known)
    return hidden


def _holder(cluster: Cluster, namespace: str, name: str) -> Object | None:
    """A Secret, or what writes it."""
    inventory = cluster.inventory
    return inventory.get("Secret", namespace, name) or inventory.secret_writer(namespace, name)


def _keys(one: Object, namespace: str, name: str) -> list[str]:
    """Keys of a Secret, or those that an ExternalSecret's template and entries make."""
    if one.kind == "Secret":
        return [*strings(one.body.get("data")), *strings(one.body.get("stringData"))]
    made = [*templates(one, namespace, name)]
    return made + [text(entry.get("secretKey")) for entry in mappings(one.spec.get("data"))]


def _filled(one: Object, namespace: str, name: str) -> set[str]:
    """The keys that an ExternalSecret fills from its store, so that their texts hold no address."""
    if one.kind == "Secret":
        return set()
    return {key for key, held in templates(one, namespace, name).items() if "{{" in held}
