"""Who answers DNS in this cluster: the input shows it, the config says it, or it is as usual."""

from __future__ import annotations

from itertools import product

from cilium_policies.cilium.model import PortRange, Requirement, Rule, Selector, ToPorts
from cilium_policies.config.model import Config
from cilium_policies.evidence.edge import Peer, pods
from cilium_policies.generate.rules import NAMESPACE_KEY
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

USUAL_NAMESPACE = "kube-system"
# kubeadm, Talos, k3s and RKE2 write kube-dns; a default install of the CoreDNS chart writes coredns.
USUAL_KEY = "k8s-app"
USUAL_VALUES = ("coredns", "kube-dns")
PORTS = ToPorts((PortRange("53", "UDP"), PortRange("53", "TCP")))
_SERVER_COMPONENTS = ("coredns",)


class Dns:
    """The DNS pods: their namespace, the selector that finds them, and whether a node-local cache is asked."""

    __slots__ = ("namespace", "node_local", "requirements", "workloads")

    def __init__(self, cluster: Cluster, config: Config) -> None:
        self.workloads = [] if config.cluster.dns_labels else servers(cluster)
        self.namespace = config.cluster.dns_namespace or (
            self.workloads[0].namespace if self.workloads else USUAL_NAMESPACE
        )
        self.requirements = self._requirements(config)
        said = config.cluster.node_local_dns
        self.node_local = said if said is not None else _has_node_local(cluster)

    def _requirements(self, config: Config) -> tuple[Requirement, ...]:
        if config.cluster.dns_labels:
            return tuple(
                Requirement(key, "In", (value,)) for key, value in sorted(config.cluster.dns_labels.items())
            )
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
        ports = PORTS._replace(l7="dns", rules={"dns": [{"matchPattern": "*"}]}) if visible else PORTS
        found = [Rule(endpoints=(self.selector(namespace),), ports=(ports,), why="cluster DNS")]
        if self.node_local:
            found.append(Rule(entities=("host",), ports=(ports,), why="node-local DNS cache"))
        return tuple(found)


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
