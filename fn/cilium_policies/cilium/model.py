"""The policy language: CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy and NetworkPolicy as values.

Field names follow `cilium.io/v2`; what a field does is Cilium's to say (docs/…/policy/language).
"""

from __future__ import annotations

from cilium_policies.lean import Any, NamedTuple


class Requirement(NamedTuple):
    """One label requirement: operator In, NotIn, Exists, DoesNotExist. Keys keep their source prefix
    (`k8s:`, `any:`, `reserved:`) as written; no prefix means any source. `expression` is true for an In
    with one value that stood under matchExpressions: Cilium replaces only a label by its own namespace."""

    key: str
    operator: str
    values: tuple[str, ...] = ()
    expression: bool = False


class Selector(NamedTuple):
    """An endpoint selector: all requirements hold. matchLabels are In with one value. Empty selects all."""

    requirements: tuple[Requirement, ...] = ()


class PortRange(NamedTuple):
    """`port` as text: a number or a name; "0" is every port. `end` 0: no range. ANY = TCP, UDP and SCTP."""

    port: str
    protocol: str = "ANY"
    end: int = 0


class ToPorts(NamedTuple):
    """One toPorts entry: its ports and the L7 rules beside them (as parsed, kept as annotation)."""

    ports: tuple[PortRange, ...] = ()
    l7: str = ""  # "", "dns", "http", "tls", "other"
    rules: Any = None
    server_names: tuple[str, ...] = ()


class Cidr(NamedTuple):
    """One range: exactly one of cidr, group and group_selector."""

    cidr: str
    excepts: tuple[str, ...] = ()
    group: str = ""  # cidrGroupRef
    group_selector: Selector | None = None  # cidrGroupSelector


class CidrGroup(NamedTuple):
    """A CiliumCIDRGroup: ranges that rules name together, by its name or its labels."""

    name: str
    cidrs: tuple[str, ...]
    labels: dict[str, str] = {}  # noqa: RUF012


class Fqdn(NamedTuple):
    """One toFQDNs entry: exactly one of name and pattern."""

    name: str = ""
    pattern: str = ""


class ServiceRef(NamedTuple):
    """toServices: a Service by name, or by selector within a namespace."""

    namespace: str = ""
    name: str = ""
    selector: Selector | None = None


class Rule(NamedTuple):
    """One ingress or egress entry. None: the field is absent; (): it is an empty list.
    A rule with every peer field None names no peer: with ports it allows everybody on them, alone (`{}`)
    nobody (in a NetworkPolicy: everybody)."""

    endpoints: tuple[Selector, ...] | None = None
    entities: tuple[str, ...] | None = None
    cidrs: tuple[Cidr, ...] | None = None  # toCIDR and toCIDRSet together
    fqdns: tuple[Fqdn, ...] | None = None
    services: tuple[ServiceRef, ...] | None = None
    nodes: tuple[Selector, ...] | None = None
    groups: bool = False
    ports: tuple[ToPorts, ...] | None = None
    icmps: tuple[tuple[str, str], ...] | None = None  # (IPv4|IPv6, type number or name); ("", ""): no fields
    why: str = ""  # the reason for a generated rule: a comment above it and a sentence of the description
    edges: tuple[Any, ...] = ()  # what a generated rule was made of, for whoever made it; never written


PORTS = Rule._fields.index("ports")
NO_OTHERS = Rule()[1:PORTS]  # its other peers, where they are pods alone, as of most: compared in hot loops


class Spec(NamedTuple):
    """One rule set: a subject and its four lists. None: the list is absent."""

    subject: Selector | None
    node_subject: Selector | None = None
    ingress: tuple[Rule, ...] | None = None
    egress: tuple[Rule, ...] | None = None
    ingress_deny: tuple[Rule, ...] | None = None
    egress_deny: tuple[Rule, ...] | None = None
    deny_ingress_default: bool | None = None  # enableDefaultDeny.ingress
    deny_egress_default: bool | None = None
    description: str = ""

    @property
    def lists(self) -> dict[str, tuple[Rule, ...] | None]:
        """The four lists by their fields' names, in the order in which they are written."""
        return {
            "ingress": self.ingress,
            "ingressDeny": self.ingress_deny,
            "egress": self.egress,
            "egressDeny": self.egress_deny,
        }


class Policy(NamedTuple):
    """kind: CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy or NetworkPolicy. `listed`: written as `specs` even
    where it is one."""

    kind: str
    namespace: str
    name: str
    specs: tuple[Spec, ...]
    labels: dict[str, str] = {}  # noqa: RUF012
    annotations: dict[str, str] = {}  # noqa: RUF012
    listed: bool = False

    def __str__(self) -> str:
        """`Kind/namespace/name`."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)
