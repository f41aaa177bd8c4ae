"""Policies compiled to entries: one for each rule, with its subject, its peers and its ports."""

from __future__ import annotations

from cilium_policies.cilium.model import Policy, Rule, Selector, Spec
from cilium_policies.evaluate.labels import POD_NAMESPACE
from cilium_policies.evaluate.options import Options
from cilium_policies.evaluate.peers import Compiled, Matcher, Scope, Service, matchers_of
from cilium_policies.evaluate.ports import NamedPorts, Span, in_span, spans_of
from cilium_policies.evaluate.selectors import Needs, needs_of, subject_needs
from cilium_policies.lean import NamedTuple


class RuleRef(NamedTuple):
    """Where a rule stands: its policy, the number of its spec, the list it is in, its place there.
    `position` -1: the policy as a whole (a NetworkPolicy that closes a direction without a rule)."""

    policy: Policy
    spec: int
    list_name: str  # ingress, egress, ingressDeny, egressDeny
    position: int

    @property
    def rule(self) -> Rule | None:
        """The rule itself."""
        rules = self.policy.specs[self.spec].lists[self.list_name]
        return rules[self.position] if rules and self.position >= 0 else None

    @property
    def path(self) -> str:
        """Its place as a field path: `spec.egress[2]`."""
        holder = "spec" if len(self.policy.specs) == 1 else f"specs[{self.spec}]"
        return (
            f"{holder}.{self.list_name}[{self.position}]"
            if self.position >= 0
            else f"{holder}.{self.list_name}"
        )

    def __str__(self) -> str:
        return f"{self.policy} {self.path}"


class Entry:
    """A compiled rule. `peers` None: nobody; (): everybody, where there are ports. `spans` None: all traffic."""

    __slots__ = ("closes", "deny", "idle", "ingress", "named", "peers", "ref", "rule", "spans", "subject")

    def __init__(
        self,
        ref: RuleRef,
        subject: Needs,
        peers: tuple[Matcher, ...] | None,
        spans: tuple[Span, ...] | None,
        *,
        closes: bool,
        rule: Rule | None = None,
    ) -> None:
        self.ref = ref
        self.subject = subject
        self.peers = peers
        self.spans = spans
        self.closes = closes  # whether it turns default deny on for its subjects
        self.rule = rule
        self.ingress, self.deny = _LISTS[ref.list_name]
        # whether it names a port, which each receiver may have elsewhere
        self.named = _has_names(spans) if spans else False
        # whether it speaks of no traffic at all: `{}`, an empty list of peers, ports without any port
        self.idle = peers is None or spans == () or (spans is None and not peers)

    def speaks_of(self, port: int, protocol: str, named: NamedPorts) -> bool:
        """Whether this port is meant; `named` are the receiver's ports."""
        if self.spans is None:
            return True
        return any(in_span(span, port, protocol, named, ingress=self.ingress) for span in self.spans)

    def namespace(self) -> str | None:
        """The one namespace its subjects can be in; None where that is open."""
        for need in self.subject:
            if need[:3] == ("k8s", POD_NAMESPACE, "In") and len(need.values) == 1:
                return need.values[0]
        return None


_LISTS = {  # whether it is one of ingress, and whether it denies
    "ingress": (True, False),
    "ingressDeny": (True, True),
    "egress": (False, False),
    "egressDeny": (False, True),
}


def _has_names(spans: tuple[Span, ...]) -> bool:
    for span in spans:  # noqa: SIM110 (`any` over a generator takes three times as long)
        if span.name:
            return True
    return False


def subject_of(policy: Policy, subject: Selector) -> Needs:
    """What a policy's subject selector asks of a pod."""
    if policy.kind == "NetworkPolicy":
        return needs_of(subject, "k8s")
    return subject_needs(subject, policy.namespace)


def entries_of(
    policy: Policy, services: tuple[Service, ...], options: Options, compiled: Compiled
) -> list[Entry]:
    """Every rule of a policy that the agent accepts; node policies are left out (no host firewall). `compiled` keeps
    what selectors and ports of policies that stay say, for one repository."""
    found: list[Entry] = []
    for number, spec in enumerate(policy.specs):
        if spec.subject is None:
            continue
        subject = subject_of(policy, spec.subject)
        init = any(one.key in ("$init", "reserved:init") for one in spec.subject.requirements)
        place = (policy.namespace, policy.kind == "NetworkPolicy", init)
        scope = Scope(*place, services, options, compiled.selectors.setdefault(place, {}))
        for list_name, rules, closes in _lists(spec, options):
            for index, rule in enumerate(rules or ()):
                peers = matchers_of(rule, scope, deny=list_name.endswith("Deny"))
                ref = RuleRef(policy, number, list_name, index)
                found.append(Entry(ref, subject, peers, _spans(rule, compiled), closes=closes, rule=rule))
            if scope.network_policy and rules == ():
                found.append(Entry(RuleRef(policy, number, list_name, -1), subject, None, None, closes=True))
    return found


def _spans(rule: Rule, compiled: Compiled) -> tuple[Span, ...] | None:
    if rule.icmps or not rule.ports:
        return spans_of(rule)
    known = compiled.ports.get(id(rule.ports))
    if known is None:
        known = compiled.ports[id(rule.ports)] = spans_of(rule)
    return known


def _lists(spec: Spec, options: Options) -> list[tuple[str, tuple[Rule, ...] | None, bool]]:
    """The four lists, each with whether its rules turn default deny on."""
    ingress = spec.deny_ingress_default is not False
    egress = spec.deny_egress_default is not False
    if not options.default_deny_optional:
        ingress = egress = True
    return [
        (name, rules, ingress if name.startswith("ingress") else egress) for name, rules in spec.lists.items()
    ]
