"""A plan as policies: default-deny, DNS and kube-apiserver of each namespace, and one policy a component."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from cilium_policies.cilium.model import Policy, Requirement, Rule, Selector, Spec
from cilium_policies.config.model import EGRESS, Mode
from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.evidence.edge import Edge, Members, Peer, with_peers, workload_of
from cilium_policies.evidence.ends import KUBE_APISERVER
from cilium_policies.generate.base_policies import (
    NOBODY,
    allow_dns,
    allow_dns_server,
    cluster_wide,
    default_deny,
    spec,
)
from cilium_policies.generate.gate import large, missed, refuse_unusable, unselected
from cilium_policies.generate.instances import groups
from cilium_policies.generate.naming import component_name, free, limited
from cilium_policies.generate.outside import seen, watched
from cilium_policies.generate.plan import Plan, by_end
from cilium_policies.generate.rules import rules
from cilium_policies.kube.objects import Object
from cilium_policies.kube.ports import Port
from cilium_policies.kube.reading import COMPONENT
from cilium_policies.workloads.distribution import is_bootstrapped
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.selectors import Neighbours, is_anybody, joint, requirements

MANAGED_BY = {"app.kubernetes.io/managed-by": "cilium-policies"}
POLICY = "CiliumNetworkPolicy"
CLUSTER_WIDE = "CiliumClusterwideNetworkPolicy"


class Policies:
    """The policies of a plan, by namespace and name, and what is to be said about them. `share` gives those of all
    namespaces, where several make them."""

    def __init__(self, plan: Plan, share: Callable[[Policies], list[Policy]] | None = None) -> None:
        self._plan = plan
        self._taken: dict[str, dict[str, Object]] = {}  # the user's own policies, by namespace and name
        for one in plan.cluster.inventory.of(POLICY):
            self._taken.setdefault(one.namespace, {}).setdefault(one.name, one)
        self._ingress, self._egress = by_end(plan.edges)
        self._subjects: dict[str, list[Workload]] = {}
        for subject in plan.subjects:
            self._subjects.setdefault(subject.namespace, []).append(subject)
        self._own = set(map(id, plan.subjects))
        self._open: dict[Members, frozenset[int]] = {}
        self.findings: list[Finding] = []
        self.opened = 0  # flows that the user's policies close and will be open (opened.py): asked for apart
        made = share(self) if share else self.of(sorted(plan.namespaces))
        if plan.config.cluster_wide:
            made += self._cluster_wide()
        self.policies = sorted(made, key=lambda policy: (policy.namespace, policy.name))
        self.findings += large(self.policies)
        refuse_unusable([one for one in made if not one.namespace], plan.config.cluster.cilium_version)

    def of(self, names: Iterable[str]) -> list[Policy]:
        """The policies of these namespaces. Raises RefusedError for one that Cilium would not take."""
        made = [policy for name in names for policy in self._namespace(name)]
        refuse_unusable(made, self._plan.config.cluster.cilium_version)
        return made

    def _namespace(self, name: str) -> Iterator[Policy]:
        names = set(self._taken.get(name, ()))
        held = self._plan.held
        for wide, made in self._wide(name).items():
            yield self._policy(name, wide, wide, names, made)
        everybody = self._subjects.get(name, [])
        subjects = [one for one in everybody if not is_bootstrapped(one)]
        if len(subjects) < len(everybody):
            controllers = [one for one in everybody if is_bootstrapped(one)]
            yield self._policy(name, "allow-flux", "allow-flux", names, (self._flux(controllers),))
        declared = self._plan.namespaces[name].declared
        callers: dict[Selector, list[Edge]] = {}  # a Job and a CronJob of one release may have one selector
        members: dict[Selector, list[Workload]] = {}
        with_api = not declared and not self._plan.config.cluster_wide
        neighbours = Neighbours(self._plan.cluster.in_namespace(name))
        for group in groups(subjects):
            parts = self._parts(group, with_api=with_api)
            for part, who in _selected(parts, neighbours, group):
                self.findings += map(unselected, missed(part, who))
                yield self._component(
                    part, who, held.mode(name, part), names, with_api=with_api, whole=len(parts) == 1
                )
            calling = self._calling(group) if declared else ()
            for some, who in _selected(calling, neighbours, group):
                calls = [edge for one in some for edge in self._egress[id(one)] if _to_api(edge)]
                callers.setdefault(who, []).extend(calls)
                members.setdefault(who, []).extend(some)
        if callers and not self._plan.config.cluster_wide:
            # The input's order is none: builds of one tree list the same objects differently.
            specs = tuple(
                self._caller(name, who, callers[who], held.mode(name, members[who]))
                for who in sorted(callers, key=repr)
            )
            api = self._policy(name, "allow-kube-apiserver", "allow-kube-apiserver", names, specs)
            yield api._replace(listed=True)  # one of its `specs` a caller, also where it is the only one

    def _wide(self, name: str) -> dict[str, tuple[Spec, ...]]:
        """The policies of the whole namespace, by name."""
        if not self._plan.namespaces[name].wide:
            return {}
        dns, held = self._plan.dns, self._plan.held
        mode = held.modes[name]
        found = {"default-deny": held.default_deny(name) or (default_deny(mode),)}
        if not self._plan.config.cluster_wide:
            found["allow-dns"] = (allow_dns(held.mode(name), dns, name),)
        if name == dns.namespace and not any(one.namespace == name for one in dns.workloads):
            # the config's ports, not derived ones: the same text in whichever build writes it
            scrapes = [edge for edge in self._plan.edges if dns.is_shown_by(edge.target)]
            callers = self._rules([(edge.source, edge) for edge in scrapes], name) if scrapes else ()
            ports = self._plan.cluster.settings.common_api_ports
            found["allow-dns-server"] = (allow_dns_server(held.mode(name), dns, ports, callers),)
        return found

    def _flux(self, controllers: list[Workload]) -> Spec:
        """The controllers that `flux bootstrap` applied: without it a default-deny beside them stops every change to
        the cluster, the one that takes it back included. The config's ports, not derived ones: the same text in
        whichever build writes it, but for routes and monitors that this one shows."""
        namespace = controllers[0].namespace
        apps = tuple(sorted(one.labels["app"] for one in controllers))
        ports = tuple(Port(number) for number in self._plan.cluster.settings.common_api_ports)
        ingress = [(edge.source, edge) for one in controllers for edge in self._ingress.get(id(one), ())]
        needs = [edge for one in controllers for edge in self._egress.get(id(one), ())]
        egress = [(edge.target, edge._replace(ports=ports) if _to_api(edge) else edge) for edge in needs]
        who = Selector((Requirement("app", "In", apps),))
        callers = self._rules(ingress, namespace, of_server=True)
        called = self._rules(egress, namespace)
        if _has_names(called):
            called = (*self._plan.dns.rules(namespace, visible=True), *called)
        return spec(self._plan.held.modes[namespace], who, callers, called)

    def _cluster_wide(self) -> Iterator[Policy]:
        specs = cluster_wide(self._plan.dns, self._plan.cluster.settings.api_ports)
        taken = {one.name for one in self._plan.cluster.inventory.of(CLUSTER_WIDE)}
        for name, made in specs.items():
            yield Policy(CLUSTER_WIDE, "", free(name, taken), (made,), MANAGED_BY, {COMPONENT: name})

    def _parts(self, group: list[Workload], *, with_api: bool) -> list[list[Workload]]:
        """The workloads of a component's instance by who may call them, and by whom their own end alone lets them call:
        the outside, the nodes, the API server, pods that get no policy or let many in. One policy for all would give
        each what one of them needs; whom else they call, those others' policies say."""
        found: dict[frozenset[object], list[Workload]] = {}
        mates = {id(one) for one in group}
        for one in group if len(group) > 1 else ():
            needs: set[object] = set()
            called_by = self._ingress.get(id(one), ())
            mutual = {edge.ports: edge.members.identities for edge in called_by if edge.members is not None}
            for edge in called_by:
                caller = id(workload_of(edge.source))
                if edge.members is None and caller in mutual.get(edge.ports, ()):
                    continue  # it is among them
                needs.add((edge.members or (edge.source if caller not in self._own else caller), edge.ports))
                # Members that all call each other differ in that none calls itself.
                if caller in mates and edge.ports not in mutual:
                    needs.add((id(one), edge.ports))
            for edge in self._egress.get(id(one), ()):
                called = workload_of(edge.target)
                if edge.members is not None:
                    needs |= self._open_members(edge, edge.members)
                elif id(called) in self._own and id(called) not in self._open_to_many:
                    continue
                elif (with_api or not _to_api(edge)) and not self._plan.dns.covers(edge):
                    needs.add((EGRESS, id(called) if called else edge.target, edge.ports))
            found.setdefault(frozenset(needs), []).append(one)
        return list(found.values()) or [group]

    def _open_members(self, edge: Edge, members: Members) -> set[object]:
        """The same of members that all call each other, of which some let many in."""
        if members not in self._open:
            self._open[members] = members.identities - (self._own - self._open_to_many)
        found = self._open[members]
        if not found:
            return set()
        own = id(edge.client)  # who has no second pod does not call itself
        apart = own in members.alone and own in found
        return {(EGRESS, members, edge.ports), *([(EGRESS, own, None)] if apart else ())}

    @cached_property
    def _open_to_many(self) -> set[int]:
        """The pods (their identity) that are let in by more than the name of a workload."""
        many = ("namespace", "all-pods", "labels")
        return {
            one for one, edges in self._ingress.items() if any(edge.source.kind in many for edge in edges)
        }

    def _calling(self, group: list[Workload]) -> Iterable[list[Workload]]:
        """The members of a group that call the API server, by the ports on which they do: the config may have taken
        one away."""
        found: dict[frozenset[tuple[Port, ...]], list[Workload]] = {}
        for one in group:
            ports = frozenset(edge.ports for edge in self._egress.get(id(one), ()) if _to_api(edge))
            if ports:
                found.setdefault(ports, []).append(one)
        return found.values()

    def _component(
        self,
        group: list[Workload],
        who: Selector,
        mode: Mode,
        names: set[str],
        *,
        with_api: bool,
        whole: bool,
    ) -> Policy:
        first = group[0]
        called = [edge for one in group for edge in self._ingress.get(id(one), ())]
        calling = [edge for one in group for edge in self._egress.get(id(one), ())]
        ingress = with_peers(called, inward=True)
        egress = [
            (peer, self._with_ports(edge))
            for peer, edge in with_peers(calling, inward=False)
            if (with_api or not _to_api(edge)) and not self._plan.dns.covers(edge)
        ]
        ingress_rules = self._rules(ingress, first.namespace, of_server=True)
        egress_rules = self._rules(egress, first.namespace)
        visible = _has_names(egress_rules)
        if visible or not (self._plan.namespaces[first.namespace].wide or self._plan.config.cluster_wide):
            # Pods whose allow-dns another build writes must not wait for it.
            named = () if egress_rules == NOBODY else egress_rules
            egress_rules = (*self._plan.dns.rules(first.namespace, visible=visible), *named)
        made = spec(mode, who, ingress_rules, egress_rules)
        part = "" if not whole or any(not one.part for one in group) else min(one.part for one in group)
        told = first.instance if whole else first.name
        wanted = component_name(first.component, told, part) if first.component else limited(first.name)
        return self._policy(first.namespace, wanted, first.component or first.name, names, (made,))

    def _rules(
        self, edges: list[tuple[Peer, Edge]], namespace: str, *, of_server: bool = False
    ) -> tuple[Rule, ...]:
        settings = self._plan.cluster.settings
        shown = [
            (peer, edge) for peer, edge in edges if peer.kind != "workload" or not is_anybody(peer.workload)
        ]
        flows = seen(shown, settings.fqdn)
        # Whether CoreDNS answers with the search suffix is looked up only where a rule has names.
        search = ""
        if not of_server and "fqdn" in [peer.kind for peer, _ in flows]:
            from cilium_policies.workloads.autopath import search_suffix

            search = search_suffix(self._plan.cluster, namespace)
            flows = [(peer, watched(peer, edge)) for peer, edge in flows]
        return rules(flows, namespace, settings.node_cidrs, of_server=of_server, search=search)

    def _caller(self, namespace: str, who: Selector, calls: list[Edge], mode: Mode) -> Spec:
        edges = [(edge.target, self._with_ports(edge)) for edge in calls]
        return spec(mode, who, NOBODY, self._rules(edges, namespace))

    def _with_ports(self, edge: Edge) -> Edge:
        if edge.ports or not _to_api(edge):
            return edge
        return edge._replace(ports=tuple(Port(number) for number in self._plan.cluster.settings.api_ports))

    def _policy(
        self, namespace: str, wanted: str, component: str, names: set[str], specs: tuple[Spec, ...]
    ) -> Policy:
        name = free(wanted, names)
        theirs = self._taken.get(namespace, {}).get(wanted)
        if theirs is not None:
            message = (
                f"{namespace}/{wanted} is the name of a policy of yours: the generated one is called {name}"
            )
            cure = "nothing to do, unless you want to rename yours"
            self.findings.append(theirs.finding(WARNING, message, cure))
        return Policy(POLICY, namespace, name, specs, MANAGED_BY, {COMPONENT: component})


def _selected(
    parts: Iterable[list[Workload]], neighbours: Neighbours, group: list[Workload]
) -> Iterator[tuple[list[Workload], Selector]]:
    """Each part of a group with the subject of its policy, where one selector finds its pods and nobody else's; else
    each of its workloads alone."""
    for part in parts:
        others = [one for one in group if one not in part]
        shared = joint(part, neighbours, others)
        if shared is not None:
            yield part, Selector(tuple(shared))
        else:
            for one in part:
                alone = joint([one], neighbours, [mate for mate in group if mate is not one])
                yield [one], Selector(tuple(alone or requirements(one)))


def _has_names(rules: tuple[Rule, ...]) -> bool:
    """Whether the agent has to see the pods' look-ups: it learns names from them alone."""
    return any(rule.fqdns for rule in rules)


def _to_api(edge: Edge) -> bool:
    return edge.target == KUBE_APISERVER
