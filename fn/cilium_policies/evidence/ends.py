"""From a Service, or from pods, to the peers and pod ports that a policy can name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.edge import CidrPeer, EntityPeer, LabelsPeer, Peer, WorkloadPeer, workload_of
from cilium_policies.evidence.host_keys import words_of
from cilium_policies.kube.cloud_metadata import is_metadata
from cilium_policies.kube.names import are_labels, is_port_name
from cilium_policies.kube.objects import Mapping, text
from cilium_policies.kube.ports import Port, is_of_operations
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, ServicePort, Workload

_HTTPS = 443
# Servers call these over TCP alone: HTTP/3 is for browsers.
_WEB = ("http", "https", "ws", "wss")
HOST, REMOTE_NODE, WORLD = EntityPeer("host"), EntityPeer("remote-node"), EntityPeer("world")
KUBE_APISERVER = EntityPeer("kube-apiserver")
NODES = (HOST, REMOTE_NODE)
EVERY_ADDRESS = frozenset(("0.0.0.0/0", "::/0"))
# Where a name of the local network resolves to, if the config does not say.
LOCAL = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
# Who calls through a load balancer without public clients: a network's private addresses of either family.
INSIDE = (*LOCAL, "100.64.0.0/10", "fc00::/7")
NAMING_CLOUD = "aws"  # its load balancers have names, which no node translates
# The network load balancer of AWS sends to pods' own addresses from its own (in the VPC) what comes by TCP, unless an
# attribute keeps the client's; a range is enforced by its security group, which no pod sees.
# docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html, "Client IP preservation"
AWS_BALANCER = "service.beta.kubernetes.io/aws-load-balancer-"
_OF_AWS = ("type", "scheme", "nlb-target-type", "internal")
# Not -backend-protocol, which charts for everywhere set. The last three have a name written in the address's place.
_NAMED_BALANCER = (
    *(f"{AWS_BALANCER}{one}" for one in _OF_AWS),
    "load-balancer.hetzner.cloud/hostname", "loadbalancer.openstack.org/hostname",
    "service.beta.kubernetes.io/do-loadbalancer-hostname")  # fmt: skip
_KEEPS_CLIENT = "preserve_client_ip.enabled=true"
_TO_PODS = "eks.amazonaws.com/nlb"  # whose targets are addresses where nothing says otherwise
# The words of the config and the catalogue for one entity.
ENTITIES = {"kube-apiserver": KUBE_APISERVER, "host": HOST, "remote-node": REMOTE_NODE, "world": WORLD}
INGRESS_CLIENTS = (HOST, REMOTE_NODE, WORLD)


def arriving(
    ranges: Sequence[str], said: Mapping, balancer: str, protocol: str, private: Iterable[str]
) -> tuple[Peer, ...]:
    """Who of the outside arrives behind a load balancer with these ranges: anybody where it has none, or whoever is in
    the company's own network if it is internal; else they, and the network that it stands in where it hides them.
    `said` are the annotations of its Service, `balancer` the class, `private` the ranges of that network."""
    if not ranges or EVERY_ADDRESS & set(ranges):
        from cilium_policies.kube.internal_balancers import says_internal  # few inputs have a load balancer

        return inside(private) if says_internal(said) else (WORLD,)
    from cilium_policies.cilium.crd import is_cidr  # few Services have ranges

    hidden = protocol == "TCP" and _hides_clients(said, balancer)
    told = (*map(str.strip, ranges), *((private or LOCAL) if hidden else ()))
    peers = map(cidr, dict.fromkeys(told))
    return tuple(peer for peer in peers if "${" in peer.name or is_cidr(peer.name))


def inside(private: Iterable[str]) -> tuple[Peer, ...]:
    """Clients of a load balancer that has none in public: the ranges of the company's own network."""
    return tuple(map(cidr, tuple(private) or INSIDE))


def _hides_clients(said: Mapping, balancer: str) -> bool:
    kept = _KEEPS_CLIENT in text(said.get(f"{AWS_BALANCER}target-group-attributes")).replace(" ", "")
    targets = text(said.get(f"{AWS_BALANCER}nlb-target-type")) or ("ip" if balancer == _TO_PODS else "")
    return not kept and (targets == "ip" or said.get(f"{AWS_BALANCER}type") == "nlb-ip")


def tunnels(cluster: Cluster) -> tuple[Peer, ...]:
    """The pods through which the API server of a managed cluster reaches others (konnectivity)."""
    found: list[Peer] = []
    for one in cluster.settings.platform.tunnel:
        shown = [
            WorkloadPeer(each)
            for each in cluster.in_namespace(one.namespace)
            if not each.host_network and one.labels.items() <= each.labels.items()
        ]
        labelled = LabelsPeer(one.namespace, tuple(sorted(one.labels.items())))
        found += shown or [labelled]
    return tuple(found)


def api_callers(cluster: Cluster) -> tuple[Peer, ...]:
    """Where the API server's calls to pods come from: itself, the nodes it may run on, its tunnel."""
    return (KUBE_APISERVER, *NODES, *tunnels(cluster))


@lru_cache(maxsize=8192)
def ends(workload: Workload) -> tuple[Peer, ...]:
    """The peers that stand for a workload's pods: host-network pods carry the identity of their node, and
    `remote-node` never covers the own one, so they are both node entities."""
    return NODES if workload.host_network else (WorkloadPeer(workload),)


def identities(peer: Peer) -> tuple[Peer, ...]:
    """The identities that a peer's pods may have: in the host's network that of their node, the own one or another."""
    if peer.kind != "workload":
        return (peer,)
    one = peer.workload
    return NODES if one.host_network else (*NODES, peer) if one.maybe_host_network else (peer,)


def service_ports(service: Service, port: str, protocol: str = "") -> Iterator[ServicePort]:
    """The ports of a Service that a number or a name means; "" means every port of it."""
    for entry in service.ports:
        if port in ("", entry.name, str(entry.port)) and protocol in ("", entry.protocol):
            yield entry


def asked(cluster: Cluster, proxy: Workload, port: int) -> list[Service]:
    """The Services before a proxy to which a name that it serves may lead: of those with this port the ones that the
    outside reaches, where there are some. Another one may be for its controller alone: an admission webhook on 443."""
    before = [one for one in cluster.services_in(proxy.namespace) if proxy in cluster.backends(one)]
    published = [one for one in before if one.is_published and any(each.port == port for each in one.ports)]
    return published or before


def backends(
    cluster: Cluster, service: Service, port: str = "", protocol: str = ""
) -> Iterator[tuple[Peer, Port]]:
    """Peers and pod ports behind a Service port: its pods (by its selector alone, where another build holds
    them), the nodes for host-network pods, and the EndpointSlice addresses of a selector-less Service. An
    ExternalName Service has none of these."""
    workloads = cluster.backends(service)
    for entry in service_ports(service, port, protocol):
        target = entry.target or str(entry.port)
        for workload in workloads:
            found = cluster.target_port(workload, target, entry.protocol)
            if found is not None:
                for end in ends(workload):
                    yield end, found
        if service.selector and not workloads and are_labels(service.selector):
            if target.isdigit():
                yield _elsewhere(service), Port(int(target), entry.protocol)
            elif is_port_name(target):
                yield _elsewhere(service), Port(0, entry.protocol, target)
        if not service.selector and service.addresses:
            listened = dict(service.endpoint_ports)
            only = next(iter(listened.values())) if len(listened) == 1 else 0
            number = listened.get(entry.name) or only or (int(target) if target.isdigit() else entry.port)
            for address in service.addresses:
                if not is_metadata(address):  # only by the user's own word
                    yield cidr(address), Port(number, entry.protocol)


def on_any_port(
    cluster: Cluster, service: Service, caller: Workload, inside: frozenset[tuple[str, int, str]]
) -> list[tuple[Peer, Port]]:
    """What a Service's bare name may mean, which says nothing of a port: all that it has for its members, and for
    others not those on which members alone call each other (`inside`)."""
    every = [
        one for entry in service.ports for one in backends(cluster, service, str(entry.port), entry.protocol)
    ]

    def is_inside(peer: Peer, port: Port) -> bool:
        there = workload_of(peer)
        name = there.component if there is not None else ""
        return name != caller.component and (name, port.number, port.protocol) in inside

    return [one for one in every if not is_inside(*one)] or every


def asked_for(service: Service, address: Address, name: str) -> tuple[str, list[ServicePort]]:
    """The port of a Service that an address means, by its name or number ("" not known), and what the Service has
    there; `name` is that of an SRV name."""
    wanted = name or (str(address.port) if address.port else _likely_port(service, address.key))
    found = list(service_ports(service, wanted)) if wanted else []
    if not found and not address.explicit:
        # `url: http://web` beside `port: 9090`, as some charts have it: the Service's own port is meant.
        found = list(service_ports(service, _likely_port(service, address.key)))
    if len(found) > 1 and address.scheme in _WEB and any(entry.protocol == "TCP" for entry in found):
        found = [entry for entry in found if entry.protocol != "UDP"]
    if not (name or address.port or address.scheme) and address.key.lower().endswith("endpoint"):
        # Clients of object stores speak TLS unless they are told not to.
        secure = (one for one in service.ports if one.port == _HTTPS or one.name == "https")
        found += [one for one in secure if one not in found]
    return wanted, found


def _likely_port(service: Service, key: str) -> str:
    """The port meant when only the name is given: the single one, else one that is called as what the key of the name
    speaks of (`WEBHOOK_HOSTS` and `webhook`), else the first that is not for metrics."""
    serving = [entry for entry in service.ports if not is_of_operations(entry.name)]
    chosen: list[ServicePort] = serving or list(service.ports)
    if len(chosen) > 1 and key:
        words = words_of(key)
        chosen = [entry for entry in chosen if entry.name.lower() in words] or chosen
    return str(chosen[0].port) if chosen else ""


def workloads_at(targets: Iterable[tuple[Peer, Port]]) -> tuple[Workload, ...]:
    """The workloads among what `backends` finds, each once."""
    found = (workload_of(peer) for peer, _ in targets)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _elsewhere(service: Service) -> Peer:
    return LabelsPeer(service.namespace, tuple(sorted(service.selector.items())))


def cidr(address: str) -> CidrPeer:
    """One address, or a range, as peer; Cilium refuses a bare address."""
    if "/" in address:
        return CidrPeer(address)
    return CidrPeer(f"{address}/128" if ":" in address else f"{address}/32")


def is_shown(cluster: Cluster, service: Service) -> bool:
    """Whether a Service stands in the input, before pods whose templates do as well."""
    shown = service.source is not None and service.source.kind == "Service"
    return shown and all(one.rendered for one in cluster.backends(service))


def is_family(cluster: Cluster, workload: Workload, service: Service) -> bool:
    """Whether a Service is for members of one thing: headless, or before pods of the caller's own release."""
    behind_it = cluster.backends(service)
    return service.headless or bool(
        workload.release and behind_it and all(one.release == workload.release for one in behind_it)
    )


def is_behind_a_cloud(cluster: Cluster, peer: Peer) -> bool:
    """Whether a gateway is reached by the name of a load balancer: AWS gives names, which no node translates."""
    gateway, aws = workload_of(peer), cluster.settings.platform.cloud == NAMING_CLOUD
    return gateway is not None and any(
        service.type == "LoadBalancer"
        and (aws or any(note.startswith(_NAMED_BALANCER) for note in service.balancer[0]))
        for service in cluster.services_for(gateway)
    )
