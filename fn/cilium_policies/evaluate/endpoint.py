"""The ends of a flow: pods, nodes and other reserved identities, addresses outside, names outside."""

from __future__ import annotations

from cilium_policies.evaluate.labels import LabelFilter, LabelSet, pod_labels, reserved
from cilium_policies.evaluate.options import DEFAULT, Options
from cilium_policies.lean import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

# Entities with one identity each, and their labels. "kube-apiserver-local": the API server on the pod's own
# node; "kube-apiserver-external": one outside the cluster.
ENTITIES = {
    "host": ("host",),
    "remote-node": ("remote-node",),
    "kube-apiserver": ("kube-apiserver", "remote-node"),
    "kube-apiserver-local": ("host", "kube-apiserver"),
    "ingress": ("ingress",),
    "health": ("health",),
    "init": ("init",),
    "unmanaged": ("unmanaged",),
}

POD_AGGREGATE = reserved("aggregate-cluster")
WORLD_AGGREGATE = reserved("aggregate-world")


class Endpoint:
    """One end, with the labels of its identity.

    `managed`: Cilium enforces policies on it. `named_ports`: port name to (number, protocol). `aggregate`: the
    labels of the identity that the policy map keeps for all of its kind; a selector that matches these
    matches every one of them. `address` and `fqdn` are known for ends outside.
    """

    __slots__ = (
        "address",
        "aggregate",
        "fqdn",
        "groups",
        "labels",
        "managed",
        "name",
        "named_ports",
        "namespace",
    )

    def __init__(self, name: str, labels: LabelSet, *, managed: bool = False, namespace: str = "") -> None:
        self.name = name
        self.labels = labels
        self.managed = managed
        self.namespace = namespace
        self.named_ports: dict[str, tuple[int, str]] = {}
        self.aggregate: LabelSet | None = None
        self.address: IPv4Address | IPv6Address | None = None
        self.fqdn = ""
        self.groups: tuple[int, ...] = ()  # positions of the CIDR groups that hold the address

    @property
    def outside(self) -> bool:
        """Whether it lies outside the cluster: address rules speak of such ends alone."""
        return any(
            key.startswith("world") for key, (source, _) in self.labels.items() if source == "reserved"
        )

    def __str__(self) -> str:
        return self.name


def pod(
    namespace: str,
    name: str,
    labels: dict[str, str],
    *,
    namespace_labels: dict[str, str] | None = None,
    service_account: str = "default",
    named_ports: dict[str, tuple[int, str]] | None = None,
    keep: LabelFilter | None = None,
    options: Options = DEFAULT,
) -> Endpoint:
    """A pod that Cilium manages. `named_ports`: port name to (number, protocol)."""
    made = pod_labels(
        labels,
        namespace,
        namespace_labels or {},
        service_account,
        options.cluster,
        keep or LabelFilter(options.labels),
    )
    endpoint = Endpoint(f"{namespace}/{name}", made, managed=True, namespace=namespace)
    endpoint.named_ports = named_ports or {}
    endpoint.aggregate = POD_AGGREGATE
    return endpoint


def node_pod(namespace: str, name: str, *, local: bool = False, api_server: bool = False) -> Endpoint:
    """A host-network pod: to the network it is its node."""
    kind = ("kube-apiserver" if api_server else "remote-node") if not local else "host"
    if local and api_server:
        kind = "kube-apiserver-local"
    return Endpoint(f"{namespace}/{name}", reserved(*ENTITIES[kind]), namespace=namespace)


def entity(name: str, options: Options = DEFAULT) -> list[Endpoint]:
    """The identities of an entity; world has two where both address families are on. Raises KeyError."""
    if name == "world":
        families = ("world-ipv4", "world-ipv6") if options.ipv6 else ("world",)
        return [Endpoint("world", reserved(family)) for family in families]
    if name == "kube-apiserver-external":
        family = "world-ipv4" if options.ipv6 else "world"
        made = Endpoint(name, reserved("kube-apiserver", family))
        made.aggregate = WORLD_AGGREGATE
        return [made]
    return [Endpoint(name, reserved(*ENTITIES[name]), managed=name in ("ingress", "health"))]


def address(text: str, options: Options = DEFAULT) -> Endpoint:
    """An address outside the cluster, given alone or with a prefix length. Raises ValueError."""
    import ipaddress

    parsed = ipaddress.ip_address(text.partition("/")[0])
    made = Endpoint(str(parsed), reserved(world_label(parsed.version, options.ipv6)))
    made.address = parsed
    made.aggregate = WORLD_AGGREGATE
    return made


def dns_name(name: str, at: str = "", options: Options = DEFAULT) -> list[Endpoint]:
    """A name outside the cluster, at one of its addresses; without one, an end for each address family."""
    families = (4, 6) if options.ipv6 and not at else (4,)
    return [_named(name, at, family, options) for family in families]


def _named(name: str, at: str, family: int, options: Options) -> Endpoint:
    made = address(at, options) if at else Endpoint(name, reserved(world_label(family, options.ipv6)))
    made.name = name
    made.fqdn = name.lower().rstrip(".") + "."
    made.aggregate = WORLD_AGGREGATE
    return made


def world_label(version: int, ipv6: bool) -> str:
    """The reserved label of an address outside; without dual stack there is one for both families."""
    if version == 6:
        return "world-ipv6"
    return "world-ipv4" if ipv6 else "world"
