"""A plan as policies: default-deny, DNS and kube-apiserver of each namespace, and one policy a component."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.cilium.model import Policy, Rule, Selector, Spec
from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.generate.config import AUDIT, OFF, Mode
from cilium_policies.generate.edge import Edge, Peer
from cilium_policies.generate.naming import component_name, free, limited
from cilium_policies.generate.plan import Plan, by_end
from cilium_policies.generate.rules import rules
from cilium_policies.kube.reading import COMPONENT
from cilium_policies.workloads.model import Port, Workload
from cilium_policies.workloads.selectors import joint, requirements

MANAGED_BY = {"app.kubernetes.io/managed-by": "cilium-policies"}
POLICY = "CiliumNetworkPolicy"
NOBODY = (Rule(),)
_API = "kube-apiserver"


class Policies:
    """The policies of a plan, by namespace and name, and what is to be said about them."""

    def __init__(self, plan: Plan, taken: dict[str, set[str]]) -> None:
        self._plan = plan
        self._taken = taken  # names of the user's own policies, by namespace
        self._ingress = by_end(plan.edges, lambda edge: edge.target)
        self._egress = by_end(plan.edges, lambda edge: edge.source)
        self.findings: list[Finding] = []
        self.policies = sorted(
            (policy for name in sorted(plan.namespaces) for policy in self._namespace(name)),
            key=lambda policy: (policy.namespace, policy.name),
        )

    def _namespace(self, name: str) -> Iterator[Policy]:
        names = set(self._taken.get(name, ()))
        mode = self._plan.modes[name]
        if self._plan.namespaces[name].wide:
            yield self._policy(
                name, "default-deny", "default-deny", names, (spec(mode, Selector(), NOBODY, NOBODY),)
            )
            yield self._policy(name, "allow-dns", "allow-dns", names, (self._dns(name, mode),))
        subjects = [one for one in self._plan.subjects if one.namespace == name]
        declared = self._plan.namespaces[name].declared
        callers: list[tuple[Selector, list[Edge]]] = []
        for group, who in _groups(subjects, self._plan.cluster.in_namespace(name)):
            calls = [edge for one in group for edge in self._egress.get(id(one), ()) if _to_api(edge)]
            if declared and calls:
                callers.append((who, calls))
            yield self._component(group, who, mode, names, with_api=not declared)
        if callers:
            specs = tuple(self._caller(name, who, calls, mode) for who, calls in callers)
            yield self._policy(name, "allow-kube-apiserver", "allow-kube-apiserver", names, specs)

    def _component(
        self, group: list[Workload], who: Selector, mode: Mode, names: set[str], *, with_api: bool
    ) -> Policy:
        first = group[0]
        ingress = [(edge.source, edge) for one in group for edge in self._ingress.get(id(one), ())]
        egress = [
            (edge.target, self._with_ports(edge))
            for one in group
            for edge in self._egress.get(id(one), ())
            if with_api or not _to_api(edge)
        ]
        ingress_rules = self._rules(ingress, first.namespace)
        egress_rules = self._rules(egress, first.namespace)
        if any(rule.fqdns for rule in egress_rules):
            egress_rules = (*self._plan.dns.rules(first.namespace, visible=True), *egress_rules)
        made = spec(mode, who, ingress_rules, egress_rules)
        wanted = component_name(first.component, first.instance) if first.component else limited(first.name)
        return self._policy(first.namespace, wanted, first.component or first.name, names, (made,))

    def _rules(self, edges: list[tuple[Peer, Edge]], namespace: str) -> tuple[Rule, ...]:
        settings = self._plan.cluster.settings
        seen = [(_outside(peer, settings.fqdn), edge) for peer, edge in edges]
        return rules(seen, namespace, settings.node_cidrs)

    def _caller(self, namespace: str, who: Selector, calls: list[Edge], mode: Mode) -> Spec:
        edges = [(edge.target, self._with_ports(edge)) for edge in calls]
        return spec(mode, who, NOBODY, self._rules(edges, namespace))

    def _with_ports(self, edge: Edge) -> Edge:
        if not _to_api(edge) or edge.ports:
            return edge
        return edge._replace(ports=tuple(Port(number) for number in self._plan.cluster.settings.api_ports))

    def _dns(self, name: str, mode: Mode) -> Spec:
        return spec(mode, Selector(), NOBODY, self._plan.dns.rules(name))

    def _policy(
        self, namespace: str, wanted: str, component: str, names: set[str], specs: tuple[Spec, ...]
    ) -> Policy:
        users = wanted in self._taken.get(namespace, ())
        name = free(wanted, names)
        if users:
            self.findings.append(
                Finding(
                    WARNING,
                    f"{namespace}/{wanted} is the name of a policy of yours: the generated one is called {name}",
                    kind=POLICY,
                    namespace=namespace,
                    name=wanted,
                )
            )
        return Policy(POLICY, namespace, name, specs, MANAGED_BY, {COMPONENT: component})


Group = tuple[list[Workload], Selector]


def _groups(subjects: list[Workload], neighbours: list[Workload]) -> Iterator[Group]:
    """Workloads that share a policy, with its subject: those of one component's instance, where one selector
    finds them and nobody else; all others stand alone."""
    groups: dict[tuple[str, str], list[Workload]] = {}
    for one in subjects:
        key = (one.component, one.instance) if one.component else ("", f"{one.kind}/{one.name}")
        groups.setdefault(key, []).append(one)
    for group in groups.values():
        shared = joint(group, neighbours)
        if shared is not None:
            yield group, Selector(tuple(shared))
        else:
            for one in group:
                yield [one], Selector(tuple(requirements(one)))


def spec(mode: Mode, who: Selector, ingress: tuple[Rule, ...], egress: tuple[Rule, ...]) -> Spec:
    """One rule set in a namespace's mode. In audit the rules stand as they are and deny nothing by default; a
    direction that is off has no rules at all."""
    inward = None if mode.ingress == OFF else ingress
    outward = None if mode.egress == OFF else egress
    soft = AUDIT in mode
    return Spec(
        who,
        ingress=inward,
        egress=outward,
        deny_ingress_default=_denies(mode.ingress) if soft else None,
        deny_egress_default=_denies(mode.egress) if soft else None,
        description="; ".join(rule.why for rule in (*(inward or ()), *(outward or ())) if rule.why),
    )


def _denies(mode: str) -> bool:
    return mode not in (AUDIT, OFF)


def _to_api(edge: Edge) -> bool:
    return edge.target.kind == "entity" and edge.target.name == _API


def _outside(peer: Peer, fqdn: bool) -> Peer:
    """A peer outside that is known by name: its name where the config wants FQDN rules, else the internet."""
    if fqdn and peer.kind == "internet" and peer.name:
        return Peer("fqdn", peer.name)
    if not fqdn and peer.kind == "fqdn":
        return Peer("internet")
    return Peer("internet") if peer.kind == "internet" else peer
