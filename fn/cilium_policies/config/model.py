"""The config as values: what the schema lets through, with every default filled in."""

from __future__ import annotations

from fnmatch import fnmatchcase

from cilium_policies.kube.objects import Mapping, Where
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cilium_policies.config.peer import ConfigPeer
    from cilium_policies.lean import Literal

    NamesMode = Literal["false", "known", "all"]

OFF, AUDIT, ENFORCE = "off", "audit", "enforce"
AUDIT_GUESSED = "audit-guessed"
INGRESS, EGRESS = "ingress", "egress"


class Mode(NamedTuple):
    """off, audit or enforce for each direction of a namespace."""

    ingress: str = AUDIT
    egress: str = AUDIT

    @property
    def off(self) -> bool:
        return self.ingress == OFF and self.egress == OFF

    @property
    def word(self) -> str:
        """One word where both directions agree, else `ingress enforce, egress audit`."""
        if self.ingress == self.egress:
            return self.ingress
        return f"ingress {self.ingress}, egress {self.egress}"


class Rollout(NamedTuple):
    """`accepted`: unknown directions of phases up to this one were accepted by a person."""

    phases: tuple[tuple[str, ...], ...]
    phase: int = 0
    accepted: int = 0

    def phase_of(self, namespace: str) -> int:
        """The number (from 1) of the first phase that matches; one after the last where none does."""
        for number, patterns in enumerate(self.phases, 1):
            if any(fnmatchcase(namespace, pattern) for pattern in patterns):
                return number
        return len(self.phases) + 1


class ClusterConfig(NamedTuple):
    """`spec.cluster`; empty means: derive it, else the usual."""

    domain: str = "cluster.local"
    distribution: str = ""
    cilium_version: str = ""  # as written, without a leading v
    api_ports: tuple[int, ...] = ()
    dns_namespace: str = ""
    dns_labels: dict[str, str] = {}  # noqa: RUF012
    dns_ports: tuple[int, ...] = ()
    dns_addresses: tuple[str, ...] = ()  # resolvers that are no pods of the cluster, as ranges
    node_local_dns: bool | None = None
    scrapers: tuple[ConfigPeer, ...] = ()
    gateways: tuple[ConfigPeer, ...] = ()
    node_cidrs: tuple[str, ...] = ()
    load_balancer_cidrs: tuple[str, ...] = ()  # where load balancers outside the cluster call pods from
    private_cidrs: tuple[str, ...] = ()  # where names of the company's own network resolve to
    identity_labels: tuple[str, ...] = ()
    fqdn: NamesMode = "false"
    probe_rules: bool = False


class Allow(NamedTuple):
    """One entry of `spec.allow` or `spec.deny`. `ports` empty: every port; `namespaces`: one such edge in each;
    `purpose`: only what the catalogue marks so (telemetry, updates)."""

    source: ConfigPeer
    target: ConfigPeer
    ports: tuple[Port, ...] = ()
    why: str = "allowed by the config"
    namespaces: tuple[str, ...] = ()
    http: tuple[tuple[str, str], ...] = ()  # (method, path), "" for any
    dns: tuple[str, ...] = ()
    where: Where = Where()
    number: int = 0  # its place in the list, from 0
    purpose: str = ""


class Trust(NamedTuple):
    """`spec.trust`: whom it believes about other namespaces. `grants` are (from, to) patterns of namespaces;
    `components`: name → the patterns of namespaces in which it is recognised."""

    foreign: str = "announce"  # allow, announce or deny
    grants: tuple[tuple[str, str], ...] = ()
    components: dict[str, tuple[str, ...]] = {}  # noqa: RUF012


class Write(NamedTuple):
    source_kind: str = "GitRepository"
    source_name: str = "flux-system"
    source_namespace: str = ""
    path_prefix: str | None = None  # None: the output folder as typed
    interval: str = "1h"


class Config(NamedTuple):
    """Everything a user may say. The same config means the same in every way the program is run."""

    enabled: bool = True
    action: str = "generate"  # or check
    mode: str = AUDIT
    include: tuple[str, ...] = ("*",)  # namespace patterns
    exclude: tuple[str, ...] = ()
    overrides: Mapping = {}  # noqa: RUF012  name: (ingress, egress); "" keeps that direction's mode
    declared_only: bool = False
    uncovered: str = "deny"  # deny, audit or audit-guessed
    default_namespace: str = ""  # of objects that carry none; "" where none is said
    rollout: Rollout | None = None
    cluster: ClusterConfig = ClusterConfig()
    disabled_components: tuple[str, ...] = ()
    defined_components: tuple[Mapping, ...] = ()
    allow: tuple[Allow, ...] = ()
    deny: tuple[Allow, ...] = ()  # edges to take away
    trust: Trust = Trust()
    cluster_wide: bool = False
    inventory: str = ""
    write: Write = Write()
    bare: bool = True  # nothing but `enabled` and `action` was said: check then asks for presence
    where: Where = Where()

    def includes(self, namespace: str) -> bool:
        """Whether policies are written for pods of this namespace (overrides aside)."""
        if any(fnmatchcase(namespace, pattern) for pattern in self.exclude):
            return False
        return any(fnmatchcase(namespace, pattern) for pattern in self.include)

    @property
    def named_namespaces(self) -> tuple[str, ...]:
        """The namespaces that `include` names in full: they count although the input may not show them."""
        return tuple(name for name in self.include if not any(sign in name for sign in "*?["))

    def mode_of(self, namespace: str, uncovered: frozenset[str] = frozenset()) -> Mode:
        """The mode of a namespace, from weakest to strongest: mode, rollout, uncovered, overrides.

        `uncovered` holds the directions ("ingress", "egress") in which a workload of the namespace is not
        explained by anything.
        """
        base = self.mode
        if self.rollout is not None:
            base = ENFORCE if self.rollout.phase_of(namespace) <= self.rollout.phase else AUDIT
        ingress = egress = base
        if self.uncovered in (AUDIT, AUDIT_GUESSED):
            ingress = AUDIT if INGRESS in uncovered else ingress
            egress = AUDIT if EGRESS in uncovered else egress
        override = self.overrides.get(namespace, ("", ""))
        return Mode(override[0] or ingress, override[1] or egress)

    @property
    def may_audit(self) -> bool:
        """Whether any namespace, seen or not, could be in audit, or a policy lift default deny."""
        overrides = [word for pair in self.overrides.values() for word in pair]
        if self.cluster_wide or self.uncovered in (AUDIT, AUDIT_GUESSED) or AUDIT in overrides:
            return True
        if self.rollout is None:
            return self.mode == AUDIT
        return self.rollout.phase <= len(self.rollout.phases)


def audit_needs_newer(version: str) -> bool:
    """Whether agents of this version know no `enableDefaultDeny`, so that an audit policy would cut.

    The field came with Cilium 1.16; "" (not known) counts as newer.
    """
    numbers = [int(part) for part in version.lstrip("v").split(".")[:2] if part.isdigit()]
    return bool(numbers) and [*numbers, 0][:2] < [1, 16]
