"""Who answers DNS in this cluster: the config says it, the input shows it, or it is as usual.

Every pod's questions go to these peers, so a label alone proves nothing: what counts is the config, the distribution,
the pods behind the DNS Service, or CoreDNS, each in the DNS namespace only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from cilium_policies.cilium.model import Cidr, PortRange, Requirement, Rule, Selector, ToPorts
from cilium_policies.config.model import Config
from cilium_policies.config.settings import dns_namespace
from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.evidence.edge import (
    AllPodsPeer,
    Edge,
    Evidence,
    LabelsPeer,
    Peer,
    WorkloadPeer,
    workload_of,
)
from cilium_policies.evidence.ends import NODES
from cilium_policies.evidence.reasons import Reason
from cilium_policies.generate.peers import NAMESPACE_KEY
from cilium_policies.kube.objects import Object, at, flag, mapping, mappings, strings, text
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

# kubeadm, Talos, k3s and RKE2 write kube-dns; a default install of the CoreDNS chart writes coredns.
USUAL_KEY = "k8s-app"
USUAL_VALUES = ("coredns", "kube-dns")
PORT = 53
# What the kubelet hands to pods as their resolver is the address of a Service of one of these names.
SERVICES = ("kube-dns", "coredns", "rke2-coredns-rke2-coredns", "dns-default")

Requirements = tuple[Requirement, ...]


class Dns:
    """The DNS pods: their namespace, the selectors that find them, the pod ports they listen on, the caches before
    them, and resolvers that are no pods.

    `requirements` find the usual pods, or those that the config or the distribution names; `workloads` are the
    servers that the input shows, `on_nodes` whether some of them have a node's address; `caches` find node-local
    caches that are pods, `node_local` says whether one answers on the own node's address.
    """

    __slots__ = (
        "_perhaps",
        "_untold",
        "addresses",
        "caches",
        "findings",
        "namespace",
        "node_local",
        "on_nodes",
        "ports",
        "requirements",
        "workloads",
    )

    def __init__(self, cluster: Cluster, config: Config) -> None:
        said, platform = config.cluster, cluster.settings.platform
        self.namespace = dns_namespace(said, platform)
        labels = said.dns_labels or platform.dns_labels
        self.requirements = _all_of(labels) if labels else (Requirement(USUAL_KEY, "In", USUAL_VALUES),)
        optional = platform.optional_dns if cluster.settings.said else ()
        self.addresses = (*said.dns_addresses, *platform.dns_addresses, *optional)
        here = [one for one in cluster.in_namespace(self.namespace) if one.selector]
        found = [one for one in here if self._finds(one)] if labels else _servers(cluster, here)
        self.workloads = [one for one in found if not one.host_network]
        self.on_nodes = len(self.workloads) < len(found)
        self.ports = said.dns_ports or platform.dns_ports or _listened(cluster, found)
        self._untold = [(one, self._not_opened(cluster, one)) for one in self.workloads]
        caches = [one for one in here if cluster.plays(one, "dns-cache")]
        local = said.node_local_dns
        self.node_local = (
            local
            if local is not None
            else platform.node_local_dns or any(one.host_network or not one.rendered for one in caches)
        )
        self.caches = list(_caches(cluster, self.namespace, caches))
        self.findings = [] if labels or found else list(self._elsewhere(cluster))
        known = found or said.dns_namespace or labels
        self._perhaps = None if known or not cluster.settings.perhaps.name else cluster.settings.perhaps

    def is_called(self, namespace: str, service: str) -> bool:
        """Whether a Service of this name is the one that every pod asks."""
        return namespace == self.namespace and service in SERVICES

    def _not_opened(self, cluster: Cluster, one: Workload) -> tuple[int, ...]:
        entry = cluster.components.get(one.component) if cluster.plays(one, "dns") else None
        known = [edge for edge in entry.own_edges if edge.peer == "all-pods"] if entry else []
        opened = {port.number for edge in known if edge.direction == "ingress" for port in edge.pod_ports()}
        return tuple(number for number in self.ports if number not in opened)

    def _finds(self, one: Workload) -> bool:
        return all(one.labels.get(need.key) in need.values for need in self.requirements)

    def _elsewhere(self, cluster: Cluster) -> Iterator[Finding]:
        """CoreDNS may serve the LAN, or one tenant: nobody is sent to another namespace's unasked."""
        for one in cluster.workloads:
            if (
                cluster.plays(one, "dns")
                and one.own
                and one.namespace != self.namespace
                and _is_clusters(one)
            ):
                yield one.finding(
                    WARNING,
                    f"{one} runs CoreDNS but is not taken for the cluster's DNS, which is expected in namespace"
                    f" {self.namespace}",
                    f"if pods ask it, set spec.cluster.dns.namespace: {one.namespace}",
                )

    @property
    def selectors(self) -> tuple[Requirements, ...]:
        """What finds the DNS pods: the same text in every build of the cluster, and beside it the pods that this
        input shows under other labels."""
        odd = {_all_of(one.selector) for one in self.workloads if not self._finds(one)}
        return (self.requirements, *sorted(odd))

    def peers(self) -> tuple[Peer, ...]:
        """The DNS pods as ends of edges, shown or not."""
        if self.workloads:
            return tuple(map(WorkloadPeer, self.workloads))
        choices = [[(one.key, value) for value in one.values] for one in self.requirements]
        return tuple(LabelsPeer(self.namespace, labels) for labels in product(*choices))

    def edges(self) -> Iterator[Edge]:
        """Who asks servers on ports of which the catalogue does not say so itself: all of those that it does not know,
        and another port that a known one listens on behind the DNS Service."""
        for one, numbers in self._untold:
            if not numbers:
                continue
            ports = tuple(Port(number, protocol) for number in numbers for protocol in ("UDP", "TCP"))
            evidence = Evidence("dns", one, "behind the DNS Service")
            for peer in (AllPodsPeer(), *NODES):
                yield Edge(peer, WorkloadPeer(one), ports, Reason("dns"), evidence)

    def is_shown_by(self, peer: Peer) -> bool:
        """Whether labels that a Service selects by are those of the DNS pods, which the input does not show."""
        if peer.kind != "labels" or peer.namespace != self.namespace:
            return False
        labels = dict(peer.labels)
        return all(labels.get(one.key) in one.values for one in self.requirements)

    def covers(self, edge: Edge) -> bool:
        """Whether `rules` lets all of an edge through, which then needs no rule of its own."""
        if edge.dns or workload_of(edge.target) not in self.workloads:
            return False
        asked = [port.number for port in edge.ports if not port.end]
        return 0 < len(asked) == len(edge.ports) and set(asked) <= set(self.ports)

    def _pods(self, namespace: str, found: Iterable[Requirements]) -> tuple[Selector, ...]:
        """Pods of the DNS namespace as peers of a policy in `namespace`."""
        place = () if namespace == self.namespace else (Requirement(NAMESPACE_KEY, "In", (self.namespace,)),)
        return tuple(Selector((*place, *one)) for one in found)

    def rules(self, namespace: str, *, visible: bool = False) -> tuple[Rule, ...]:
        """The egress rules that let a pod ask; `visible` sends the questions through Cilium's DNS proxy, as
        toFQDNs needs it."""
        listened, asked = dns_ports(self.ports), dns_ports((PORT,))
        found = [Rule(endpoints=self._pods(namespace, self.selectors), ports=(listened,), why="cluster DNS")]
        if self.on_nodes:
            nodes = ("host", "remote-node")
            found.append(Rule(entities=nodes, ports=(listened,), why="cluster DNS on the host network"))
        if self.caches:
            caches = self._pods(namespace, self.caches)
            found.append(Rule(endpoints=caches, ports=(asked,), why="node-local DNS cache"))
        if self.node_local:
            found.append(Rule(entities=("host",), ports=(asked,), why="node-local DNS cache"))
        if self.addresses:
            cidrs = tuple(Cidr(one) for one in sorted(set(self.addresses)))
            found.append(Rule(cidrs=cidrs, ports=(asked,), why="DNS outside the cluster's pods"))
        if self._perhaps is not None and self._perhaps.dns_namespace:
            place = Requirement(NAMESPACE_KEY, "In", (self._perhaps.dns_namespace,))
            pods = Selector((place, *(_all_of(self._perhaps.dns_labels) or self.requirements)))
            why = f"cluster DNS if this is {self._perhaps.name}"
            found.append(
                Rule(endpoints=(pods,), ports=(dns_ports(self._perhaps.dns_ports or (PORT,)),), why=why)
            )
        return tuple(map(_visible, found)) if visible else tuple(found)


def _visible(rule: Rule) -> Rule:
    seen = [one._replace(l7="dns", rules={"dns": [{"matchPattern": "*"}]}) for one in rule.ports or ()]
    return rule._replace(ports=tuple(seen))


def dns_ports(numbers: tuple[int, ...]) -> ToPorts:
    """Ports on which names are asked for, by either protocol."""
    return ToPorts(tuple(PortRange(str(one), protocol) for one in numbers for protocol in ("UDP", "TCP")))


def _servers(cluster: Cluster, here: list[Workload]) -> list[Workload]:
    """The DNS pods among those of the DNS namespace: behind the DNS Service, else CoreDNS."""
    for name in SERVICES:
        service = cluster.service(here[0].namespace, name) if here else None
        if service is not None and _is_clusters_service(service):
            found = [one for one in cluster.backends(service) if one in here and _is_clusters(one)]
            if found:
                return found
    return [one for one in here if cluster.plays(one, "dns") and _is_clusters(one)]


def _listened(cluster: Cluster, found: list[Workload]) -> tuple[int, ...]:
    """The pod ports behind the DNS Service's port 53, and that port itself: what a build that shows less writes."""
    ports = {
        port.number
        for one in found
        for service in cluster.services_for(one)
        if service.name in SERVICES
        if (port := cluster.pod_port(one, service, str(PORT))) is not None and port.number
    }
    return (PORT, *sorted(ports - {PORT}))


def _is_clusters_service(service: Service) -> bool:
    """The CoreDNS chart labels the Service that is the cluster's own (templates/service.yaml)."""
    of_chart = service.labels.get("helm.sh/chart", "").startswith("coredns-")
    return not of_chart or service.labels.get("kubernetes.io/cluster-service") == "true"


def _is_clusters(one: Workload) -> bool:
    """Whether a release's values leave it the cluster's DNS (chart coredns: `isClusterService`)."""
    return flag(one.values.get("isClusterService"), True)


def _caches(cluster: Cluster, namespace: str, caches: list[Workload]) -> Iterator[Requirements]:
    """What finds node-local caches that are pods: rendered ones outside the host's network, and those to which a
    CiliumLocalRedirectPolicy of the DNS namespace sends the questions."""
    found = {_all_of(one.selector) for one in caches if one.rendered and not one.host_network}
    for policy in cluster.inventory.of("CiliumLocalRedirectPolicy", group="cilium.io"):
        labels = strings(at(policy.spec, "redirectBackend", "localEndpointSelector", "matchLabels"))
        if policy.namespace == namespace and labels and _redirects_dns(policy):
            shown = cluster.selected(namespace, labels)
            found.update(_all_of(one.selector) for one in shown if not one.host_network)
            if not shown:
                found.add(_all_of(labels))
    yield from sorted(found)


def _all_of(labels: dict[str, str]) -> Requirements:
    return tuple(Requirement(key, "In", (value,)) for key, value in sorted(labels.items()))


def _redirects_dns(policy: Object) -> bool:
    frontend = mapping(policy.spec.get("redirectFrontend"))
    if text(at(frontend, "serviceMatcher", "serviceName")) in SERVICES:
        return True
    return any(
        text(one.get("port")) == str(PORT) for one in mappings(at(frontend, "addressMatcher", "toPorts"))
    )
