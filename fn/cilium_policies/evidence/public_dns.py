"""Own names that the Internet's DNS is shown to lead to: an authority outside checked them over HTTP, or a client of
dynamic DNS keeps them at the public address, while the gateway's address is one of a private network. Between the two
stands a router, and a pod that has no DNS of its own house to ask goes out to it and comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.public_names import is_local, is_public
from cilium_policies.kube.gateway_api import GATEWAY_API
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import (
    CLUSTER_SCOPED,
    Mapping,
    Object,
    at,
    mapping,
    mappings,
    sequence,
    text,
)
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster

_ISSUERS = ("Issuer", "ClusterIssuer")
_NOTES = {"cert-manager.io/issuer": "Issuer", "cert-manager.io/cluster-issuer": "ClusterIssuer"}
Records = dict[str, list[tuple[str, str]]]
LONGEST = 253  # of a DNS name
_POOLS = {"IPAddressPool": "addresses", "CiliumLoadBalancerIPPool": "blocks"}


class Told(NamedTuple):
    """Where a name leads, and whose word that is: the namespaces of the objects that say so, "" the platform's."""

    target: str
    words: frozenset[str]


def checked_names(inventory: Inventory) -> dict[str, set[str]]:
    """The names for which an ACME authority outside gives certificates after a request over HTTP, each with the
    namespaces that ask for them: anybody may ask, and only who serves the name gets one."""
    found: dict[str, set[str]] = {}
    for issuer, server in over_http(inventory):
        if is_public(server) and not is_local(server):
            for namespace, name in requests_to(inventory, issuer):
                found.setdefault(name.lower(), set()).add(namespace)
    return found


def updated_names(cluster: Cluster) -> dict[str, set[str]]:
    """What pods that keep names at the house's public address (dynamic DNS) are told: names, and wildcards, each with
    the namespaces whose word that is: "" of a chart's pods, as anybody can write the marks of others."""
    found: dict[str, set[str]] = {}
    for one in cluster.playing("name-updater"):
        word = one.namespace if one.by_marks else ""
        for said in one.texts:
            for name in re.findall(r"(?:\*\.)?(?:[\w-]{1,63}\.){1,9}[A-Za-z]{2,63}", said.value):
                found.setdefault(name.lower(), set()).add(word)
    return found


def over_http(inventory: Inventory) -> Iterator[tuple[Object, str]]:
    """Issuers whose ACME server checks names by requests over HTTP alone, with the server's name."""
    for one in inventory.of(*_ISSUERS, group="cert-manager.io"):
        acme = mapping(one.spec.get("acme"))
        host = text(acme.get("server")).partition("://")[2].partition("/")[0].partition(":")[0].lower()
        solvers = mappings(acme.get("solvers"))
        if host and solvers and all("http01" in each for each in solvers):
            yield one, host


def names_of(inventory: Inventory, issuer: Object) -> Iterator[str]:
    """The names that an issuer is asked certificates for; wildcards are never checked so."""
    return (name for _, name in requests_to(inventory, issuer))


def requests_to(inventory: Inventory, issuer: Object) -> Iterator[tuple[str, str]]:
    """The same, each with the namespace that asks."""
    for kind, namespace, asked, names in _requests(inventory):
        if _is_meant(issuer, kind, namespace, asked):
            yield from ((namespace, name) for name in names if name and not name.startswith("*"))


def solving(inventory: Inventory) -> Iterator[tuple[Object, list[Mapping]]]:
    """Issuers whose ACME server may check names by requests over HTTP, with how each of their solvers is reached."""
    for one in inventory.of(*_ISSUERS, group="cert-manager.io"):
        ways = [
            mapping(each["http01"]) for each in mappings(at(one.spec, "acme", "solvers")) if "http01" in each
        ]
        if ways:
            yield one, ways


def asking(inventory: Inventory, issuer: Object) -> Iterator[str]:
    """The namespaces whose objects ask an issuer for certificates, by a Certificate, an Ingress or a Gateway."""
    for kind, namespace, asked, _ in _requests(inventory):
        if _is_meant(issuer, kind, namespace, asked):
            yield namespace
    for one in inventory.of("Gateway", group=GATEWAY_API):
        if any(_is_meant(issuer, kind, one.namespace, asked) for kind, asked in _noted(one)):
            yield one.namespace


def _is_meant(issuer: Object, kind: str, namespace: str, name: str) -> bool:
    """Whether who asks an issuer of this kind and name, from a namespace, asks this one."""
    near = kind != "Issuer" or namespace == issuer.namespace
    return near and (kind, name) == (issuer.kind, issuer.name)


def _noted(one: Object) -> Iterator[tuple[str, str]]:
    """Kind and name of the issuers that an Ingress or a Gateway names by its annotations."""
    for note, kind in _NOTES.items():
        if name := one.annotations.get(note, ""):
            yield kind, name


def _requests(inventory: Inventory) -> Iterator[tuple[str, str, str, list[str]]]:
    """Kind of an issuer, the namespace of who asks it, its name, and the names that are asked for."""
    for one in inventory.of("Certificate", group="cert-manager.io"):
        issuer = mapping(one.spec.get("issuerRef"))
        names = [*map(text, sequence(one.spec.get("dnsNames"))), text(one.spec.get("commonName"))]
        yield text(issuer.get("kind")) or "Issuer", one.namespace, text(issuer.get("name")), names
    for one in inventory.of("Ingress"):
        for kind, name in _noted(one):
            tls = mappings(one.spec.get("tls"))
            hosts = [text(host) for entry in tls for host in sequence(entry.get("hosts"))]
            yield kind, one.namespace, name, hosts


def looked_up(host: str) -> Iterator[str]:
    """What DNS and gateways look up for a name: itself, then the wildcards that hold it, the nearest first."""
    plain = host.rstrip(".").lower()
    yield plain
    while "." in plain and len(plain) <= LONGEST:
        plain = plain.partition(".")[2]
        yield f"*.{plain}"


def records(inventory: Inventory) -> Records:
    """Where DNSEndpoints have external-dns point each name, and the namespaces that say so."""
    found: Records = {}
    for one in inventory.of("DNSEndpoint", group="externaldns.k8s.io"):
        for entry in mappings(one.spec.get("endpoints")):
            if text(entry.get("recordType")) in ("A", "AAAA", "CNAME"):
                targets = [text(target).rstrip(".").lower() for target in sequence(entry.get("targets"))]
                told = found.setdefault(text(entry.get("dnsName")).lower(), [])
                told += ((target, one.namespace) for target in targets)
    return found


def led_to(found: Records, host: str) -> list[Told]:
    """What records say of a name in the end: addresses, and the names of which they say nothing more; each with the
    namespaces of those that lead there."""
    ends: list[Told] = []
    met, asked = {host}, [Told(host, frozenset())]
    for one in asked:  # grows: a record may be an alias of another
        told = next((found[name] for name in looked_up(one.target) if name in found), None)
        if told is None:
            ends += [one] * (one.target != host)
            continue
        asked += (Told(each, one.words | {word}) for each, word in dict.fromkeys(told) if each not in met)
        met.update(each for each, _ in told)
    return ends


def pools(cluster: Cluster) -> list[str]:
    """The first address of each range that load balancers get their addresses from."""
    found: list[str] = []
    for one in _pools(cluster):
        for entry in sequence(one.spec.get(_POOLS[one.kind])):
            block = entry if isinstance(entry, dict) else {"cidr": entry}
            found.append(text(at(block, "cidr")) or text(at(block, "start")))
    return [one.partition("-")[0].partition("/")[0].strip() for one in found]


def _pools(cluster: Cluster) -> list[Object]:
    """The pools; of those in several namespaces what the platform has written: whoever gives addresses reads the pools
    of its own namespace alone (https://metallb.io/apis: "must be created in the same namespace"), where a release or a
    ClusterRoleBinding has put it, and everybody may write one elsewhere."""
    found = cluster.inventory.of(*_POOLS)
    if len({one.namespace for one in found}) < 2:
        return found
    return [one for one in found if one.kind in CLUSTER_SCOPED or _is_put(cluster, one.namespace)] or found


def _is_put(cluster: Cluster, namespace: str) -> bool:
    """Whether the platform has put something there."""
    pods = cluster.in_namespace(namespace)
    return any(not one.by_marks or cluster.access.is_vouched(namespace, one.service_account) for one in pods)


def are_private(addresses: list[str]) -> bool:
    """Whether there are some and the Internet reaches none."""
    import ipaddress  # lazily: few inputs are asked

    try:
        return bool(addresses) and all(ipaddress.ip_address(one).is_private for one in addresses)
    except ValueError:
        return False
