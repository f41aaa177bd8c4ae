"""Who answers DNS in this cluster: the input shows it, the config says it, or it is as usual."""

from __future__ import annotations

from itertools import product

from cilium_policies.cilium.model import Cidr, PortRange, Requirement, Rule, Selector, ToPorts
from cilium_policies.config.model import Config
from cilium_policies.evidence.edge import Peer, pods
from cilium_policies.generate.rules import NAMESPACE_KEY
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

USUAL_NAMESPACE = "kube-system"
# kubeadm, Talos, k3s and RKE2 write kube-dns; a default install of the CoreDNS chart writes coredns.
USUAL_KEY = "k8s-app"
USUAL_VALUES = ("coredns", "kube-dns")
PORT = 53
_SERVER_COMPONENTS = ("coredns",)


class Dns:
    """The DNS pods: their namespace, the selector that finds them, the pod ports they listen on, resolvers
    that are no pods, and whether a node-local cache is asked."""

    __slots__ = ("addresses", "namespace", "node_local", "ports", "requirements", "workloads")

    def __init__(self, cluster: Cluster, config: Config) -> None:
        said, platform = config.cluster, cluster.settings.platform
        labels = said.dns_labels or platform.dns_labels
        self.workloads = [] if labels else servers(cluster)
        self.namespace = (
            said.dns_namespace
            or platform.dns_namespace
            or (self.workloads[0].namespace if self.workloads else USUAL_NAMESPACE)
        )
        self.requirements = self._requirements(labels)
        self.ports = said.dns_ports or platform.dns_ports or (PORT,)
        optional = platform.optional_dns if cluster.settings.said else ()
        self.addresses = (*said.dns_addresses, *platform.dns_addresses, *optional)
        local = said.node_local_dns
        self.node_local = local if local is not None else platform.node_local_dns or _has_node_local(cluster)

    def _requirements(self, labels: dict[str, str]) -> tuple[Requirement, ...]:
        if labels:
            return tuple(Requirement(key, "In", (value,)) for key, value in sorted(labels.items()))
        shown = [one for one in self.workloads if one.namespace == self.namespace]
        if all(one.labels.get(USUAL_KEY) in USUAL_VALUES for one in shown):
            return (
                Requirement(USUAL_KEY, "In", USUAL_VALUES),
            )  # the same text in every build of the cluster
        return tuple(Requirement(key, "In", (value,)) for key, value in sorted(shown[0].selector.items()))

    def peers(self) -> tuple[Peer, ...]:
        """The DNS pods as ends of edges, shown or not."""
        if self.workloads:
            return tuple(map(pods, self.workloads))
        choices = [[(one.key, value) for value in one.values] for one in self.requirements]
        return tuple(Peer("labels", namespace=self.namespace, labels=labels) for labels in product(*choices))

    def is_shown_by(self, peer: Peer) -> bool:
        """Whether labels that a Service selects by are those of the DNS pods, which the input does not show."""
        labels = dict(peer.labels)
        return (
            peer.kind == "labels"
            and peer.namespace == self.namespace
            and all(labels.get(one.key) in one.values for one in self.requirements)
        )

    def selector(self, namespace: str) -> Selector:
        """The DNS pods as a peer of a policy in `namespace`."""
        if namespace == self.namespace:
            return Selector(self.requirements)
        return Selector((Requirement(NAMESPACE_KEY, "In", (self.namespace,)), *self.requirements))

    def rules(self, namespace: str, *, visible: bool = False) -> tuple[Rule, ...]:
        """The egress rules that let a pod ask; `visible` sends the questions through Cilium's DNS proxy, as
        toFQDNs needs it."""
        found = [Rule(endpoints=(self.selector(namespace),), why="cluster DNS")]
        ports = [dns_ports(self.ports)]
        if self.node_local:
            found.append(Rule(entities=("host",), why="node-local DNS cache"))
            ports.append(dns_ports((PORT,)))
        if self.addresses:
            cidrs = tuple(Cidr(one) for one in sorted(set(self.addresses)))
            found.append(Rule(cidrs=cidrs, why="DNS outside the cluster's pods"))
            ports.append(dns_ports((PORT,)))
        if visible:
            ports = [one._replace(l7="dns", rules={"dns": [{"matchPattern": "*"}]}) for one in ports]
        return tuple(rule._replace(ports=(group,)) for rule, group in zip(found, ports, strict=True))


def dns_ports(numbers: tuple[int, ...]) -> ToPorts:
    """Ports on which names are asked for, by either protocol."""
    return ToPorts(tuple(PortRange(str(one), protocol) for one in numbers for protocol in ("UDP", "TCP")))


def servers(cluster: Cluster) -> list[Workload]:
    """The DNS pods that the input or its inventory shows."""
    known = [one for one in cluster.workloads if one.component in _SERVER_COMPONENTS]
    for name in ("kube-dns", "coredns"):
        service = cluster.service(USUAL_NAMESPACE, name)
        if service and not known:
            known = [one for one in cluster.backends(service) if not one.host_network]
    return [one for one in known if one.selector]


def _has_node_local(cluster: Cluster) -> bool:
    return any(one.component == "node-local-dns" for one in cluster.workloads)
