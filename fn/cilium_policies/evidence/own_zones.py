"""Names of the house: those of a domain whose other names own gateways with private addresses serve (routes of the
Gateway API, Ingresses, a proxy's own resources as Emissary's Mappings), and that no route and no record of the cluster
leads anywhere. DNS of such a house answers with addresses of its own network for the gateways' names, and as a rule for
its other machines: a store on the NAS (`s3.acme.net`) beside `grafana.acme.net`."""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.evidence.claims import balancer_addresses, domain, gateway_addresses, names
from cilium_policies.evidence.public_dns import are_private, looked_up, pools, records
from cilium_policies.evidence.public_names import is_inward, is_number, is_public
from cilium_policies.kube.gateway_api import GATEWAY_API
from cilium_policies.kube.kinds import ROUTE_KINDS
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster


class _House(NamedTuple):
    domains: dict[str, set[str]]  # with the namespaces whose routes serve names of each
    served: frozenset[str]  # names that routes lead somewhere
    led: dict[str, set[str]]  # those that records do, with the namespaces of these


def may_be_near(cluster: Cluster, host: str, namespace: str) -> bool:
    """Whether a name of the Internet may well have an address of the local network: one of a zone that is called so,
    or of the house."""
    return is_inward(host) or is_of_house(cluster, host, namespace)


def is_of_house(cluster: Cluster, host: str, namespace: str) -> bool:
    """Whether a pod of this namespace may take a name for one of the house: its own routes serve others of the domain,
    or those of several namespaces do. One tenant's alone says nothing to the others."""
    if "$" in host or is_number(host) or not is_public(host):
        return False
    house = _house(cluster)
    plain = host.rstrip(".").lower()
    serving = house.domains.get(domain(plain), ())
    if not (namespace in serving or len(serving) > 1) or not house.served.isdisjoint(looked_up(plain)):
        return False
    believed = {namespace} | cluster.routing_namespaces
    return all(believed.isdisjoint(house.led.get(name, ())) for name in looked_up(plain))


@lru_cache(maxsize=2)  # each address and edge of one cluster asks
def _house(cluster: Cluster) -> _House:
    inventory = cluster.inventory
    routes = (*inventory.of(*ROUTE_KINDS, group=GATEWAY_API), *inventory.of("Ingress", "IngressRoute"))
    served = [(name.lower(), route.namespace) for route in routes for name in names(cluster, route)]
    if inventory.of(*cluster.routed):
        from cilium_policies.evidence.routed import named  # few clusters have any

        served += [(name.lower(), route.namespace) for route, name in named(cluster)]
    domains: dict[str, set[str]] = {}
    if served and _is_private(cluster):
        for name, namespace in served:
            domains.setdefault(domain(name), set()).add(namespace)
    led = {name: {word for _, word in told} for name, told in records(inventory).items()}
    return _House(domains, frozenset(name for name, _ in served), led)


def _is_private(cluster: Cluster) -> bool:
    """Whether each address that Gateways, LoadBalancers and proxies' own resources are shown to have is private, and
    there is one."""
    asked = [*balancer_addresses(cluster.services)]
    if cluster.inventory.of(*cluster.routed):
        from cilium_policies.evidence.routed import addresses  # few clusters have any

        asked += filter(is_number, addresses(cluster))
    for gateway in cluster.inventory.of("Gateway", group=GATEWAY_API):
        asked += filter(is_number, gateway_addresses(gateway))
    return are_private(asked or pools(cluster))
