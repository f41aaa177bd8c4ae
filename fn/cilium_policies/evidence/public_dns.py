"""Own names that the Internet's DNS is shown to lead to: an authority outside checked them over HTTP, while the
gateway's address is one of a private network. Between the two stands a router, and a pod that has no DNS of its own
house to ask goes out to it and comes back."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence.public_names import is_local, is_public
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object, at, mapping, mappings, sequence, text

_ISSUERS = ("Issuer", "ClusterIssuer")
_NOTES = {"cert-manager.io/issuer": "Issuer", "cert-manager.io/cluster-issuer": "ClusterIssuer"}
_POOLS = {"IPAddressPool": "addresses", "CiliumLoadBalancerIPPool": "blocks"}


def checked_names(inventory: Inventory) -> frozenset[str]:
    """The names for which an ACME authority outside gives certificates after a request over HTTP."""
    issuers = {
        (one.kind, one.namespace if one.kind == "Issuer" else "", one.name)
        for one in inventory.of(*_ISSUERS, group="cert-manager.io")
        if _asks_over_http(one)
    }
    found = {
        name.lower()
        for kind, namespace, issuer, names in _requests(inventory)
        if (kind, namespace if kind == "Issuer" else "", issuer) in issuers
        for name in names
        if not name.startswith("*")
    }
    return frozenset(found)


def _asks_over_http(issuer: Object) -> bool:
    acme = mapping(issuer.spec.get("acme"))
    host = text(acme.get("server")).partition("://")[2].partition("/")[0].partition(":")[0].lower()
    solvers = mappings(acme.get("solvers"))
    return (
        bool(solvers) and is_public(host) and not is_local(host) and all("http01" in one for one in solvers)
    )


def _requests(inventory: Inventory) -> Iterator[tuple[str, str, str, list[str]]]:
    """Kind of an issuer, the namespace of who asks it, its name, and the names that are asked for."""
    for one in inventory.of("Certificate", group="cert-manager.io"):
        issuer = mapping(one.spec.get("issuerRef"))
        names = [*map(text, sequence(one.spec.get("dnsNames"))), text(one.spec.get("commonName"))]
        yield text(issuer.get("kind")) or "Issuer", one.namespace, text(issuer.get("name")), names
    for one in inventory.of("Ingress"):
        for note, kind in _NOTES.items():
            if issuer_name := one.annotations.get(note, ""):
                hosts = [
                    text(host)
                    for entry in mappings(one.spec.get("tls"))
                    for host in sequence(entry.get("hosts"))
                ]
                yield kind, one.namespace, issuer_name, hosts


def pools(inventory: Inventory) -> list[str]:
    """The first address of each range that load balancers get their addresses from."""
    found: list[str] = []
    for one in inventory.of(*_POOLS):
        for entry in sequence(one.spec.get(_POOLS[one.kind])):
            block = entry if isinstance(entry, dict) else {"cidr": entry}
            found.append(text(at(block, "cidr")) or text(at(block, "start")))
    return [one.partition("-")[0].partition("/")[0].strip() for one in found]


def are_private(addresses: list[str]) -> bool:
    """Whether there are some and the Internet reaches none."""
    import ipaddress  # lazily: few inputs are asked

    try:
        return bool(addresses) and all(ipaddress.ip_address(one).is_private for one in addresses)
    except ValueError:
        return False
