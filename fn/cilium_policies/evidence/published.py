"""How the proxy of routing resources is published, where an object of its operator says so (the catalogue's
`published`): who answers when a pod calls a name that it serves, and who sends to the pods behind it.

https://docs.redhat.com/documentation/openshift_container_platform, openshift/api operator/v1/types_ingress.go
"""

from __future__ import annotations

from cilium_policies.catalogue.conditions import at
from cilium_policies.evidence.ends import NAMING_CLOUD
from cilium_policies.evidence.public_dns import pools
from cilium_policies.kube.objects import Mapping, Object, mapping, text
from cilium_policies.kube.objects import at as value_at
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster


class Way(NamedTuple):
    """`sends`: whether its pods are in the pod network; `nodes`: whether the nodes answer, and send; `answers`: whether
    the name's address leads to its pods; `outside`: whether DNS leads out of the cluster, "" where nothing shows it;
    `public`: to an address of the Internet alone."""

    sends: bool = True
    nodes: bool = True
    answers: bool = True
    outside: str = ""
    public: bool = False


_UNKNOWN = Way()


class Ways:
    """The ways in which the proxies of one entry's routes are published."""

    def __init__(self, cluster: Cluster, row: Mapping) -> None:
        self._cluster = cluster
        self._rule = rule = mapping(row.get("published"))
        kind, group = text(rule.get("kind")), text(rule.get("group"))
        found = cluster.inventory.of(kind, group=group) if kind else []
        self._told = [one for one in found if one.namespace == text(rule.get("namespace"))]
        self._first = any(self._is_first(one) for one in self._told)

    def of(self, host: str = "") -> list[Way]:
        """How the proxies are published that may serve a name; of none that is given, all of them."""
        told = [(one, text(at(one.body, text(self._rule.get("domain"))))) for one in self._told]
        if host:
            below = [one for one, domain in told if domain and f".{host}".endswith(f".{domain}")]
            if below:
                return [self._way(one) for one in below]
            told = [(one, domain) for one, domain in told if not domain or self._is_first(one)]
        ways = [self._way(one) for one, _ in told]
        return ways if self._first else [*ways, _UNKNOWN]

    def _is_first(self, one: Object) -> bool:
        """Whether it is the one that each cluster has: where the input does not show it, nothing is known of it."""
        return one.name == text(self._rule.get("first"))

    def _way(self, one: Object) -> Way:
        strategy = mapping(at(one.body, text(self._rule.get("at"))))
        match text(strategy.get("type")):
            case "HostNetwork":  # behind a load balancer of the user's, or an address that a node holds
                return Way(sends=False, answers=False)
            case "LoadBalancerService":
                return self._balanced(mapping(strategy.get("loadBalancer")))
            case "NodePortService":  # a load balancer of the user's leads to the node ports
                return Way(nodes=False, answers=False, outside="yes")
            case "Private":
                return Way(nodes=False)
            case _:
                return _UNKNOWN

    def _balanced(self, balancer: Mapping) -> Way:
        provider = text(value_at(balancer, "providerParameters", "type")).lower()
        provider = provider or self._cluster.settings.platform.cloud
        if provider == NAMING_CLOUD:
            is_public = text(balancer.get("scope")) == "External"
            return Way(nodes=False, answers=False, outside="yes", public=is_public)
        numbered = provider or pools(self._cluster)
        return Way(nodes=False, outside="no" if numbered else "")


__all__ = ["Way", "Ways"]
