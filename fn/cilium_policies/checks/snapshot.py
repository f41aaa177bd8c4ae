"""Pods and policies together: what every question about connections asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property, partial

from cilium_policies.cilium.model import Policy
from cilium_policies.cilium.read import CCNP, read_cidr_group, read_policy
from cilium_policies.cilium.reader import Problem
from cilium_policies.cilium.refusal import Refusal
from cilium_policies.cilium.validity import minor_of, refusals
from cilium_policies.document.schema import path_of
from cilium_policies.evaluate.endpoint import Endpoint, address, node_pod, pod
from cilium_policies.evaluate.entries import Entry
from cilium_policies.evaluate.labels import CLUSTER, POD_NAMESPACE, LabelFilter
from cilium_policies.evaluate.options import Options
from cilium_policies.evaluate.peers import Labelled, Service
from cilium_policies.evaluate.repository import PolicyRepository
from cilium_policies.evaluate.selectors import Needs
from cilium_policies.kube.inventory import policy_objects
from cilium_policies.kube.labels import JOB_NAME
from cilium_policies.kube.objects import NOWHERE, Mapping, Object, Where
from cilium_policies.kube.pods import TASKS
from cilium_policies.kube.reading import COMPONENT
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_EVERYBODYS = (POD_NAMESPACE, CLUSTER)  # labels that tell few pods apart
_FEW = 16  # pods that are asked one by one
SOMEWHERE = "198.51.100.1"  # TEST-NET-2: an address of the internet that nobody has


class Known(NamedTuple):
    """One policy, and where it comes from. `body` is empty for one that this run generates."""

    policy: Policy
    where: Where = NOWHERE
    body: Mapping = {}  # noqa: RUF012
    refusals: tuple[Refusal, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def generated(self) -> bool:
        return not self.body

    @property
    def own(self) -> bool:
        """Whether this program made it, in this run or an earlier one."""
        return self.generated or COMPONENT in self.policy.annotations


class Snapshot:
    """The pods of a cluster as the engine's ends, its policies, and the world they make.

    Policies that the agent refuses are known and do not count.
    """

    def __init__(self, cluster: Cluster, policies: Sequence[Known], *, enforced: bool = False) -> None:
        """`enforced`: the program's own policies deny by default, whatever mode they are in."""
        self.cluster = cluster
        self.known = list(policies)
        settings = cluster.settings
        minor = minor_of(settings.cilium_version)
        self.options = Options(labels=settings.identity_labels, any_cluster=minor < 19, all_services=False)
        counted = [one for one in policies if not one.refusals]
        self._by_policy = {id(one.policy): one for one in counted}
        hard = [_hardened(one) if enforced else one.policy for one in counted]
        self._by_policy |= {id(made): one for made, one in zip(hard, counted, strict=True)}
        groups = [read_cidr_group(one.body) for one in cluster.inventory.of("CiliumCIDRGroup")]
        services = [
            Service(one.namespace, one.name, one.labels, one.selector, one.addresses)
            for one in cluster.services
        ]
        self.repository = PolicyRepository(hard, services, groups, self.options)
        self._keep = LabelFilter(settings.identity_labels)
        self._spaces = {one.name: one.labels for one in cluster.inventory.of("Namespace")}
        self.ends = {
            one.key: _end(one, self._spaces.get(one.namespace, {}), self._keep, self.options)
            for one in cluster.workloads
        }
        self._entries: dict[int, list[Entry]] | None = None
        self._near: dict[str, list[Endpoint]] = {}
        self._by_value: dict[tuple[str, str], list[tuple[int, Endpoint]]] = {}  # in order
        self._matched: dict[Labelled, list[Endpoint]] = {}
        self._beside: dict[tuple[str, str | None], list[tuple[int, Entry]]] = {}
        self._strangers: dict[str, Endpoint] = {}
        self.workloads = {self.ends[one.key]: one for one in cluster.workloads}

    def stranger(self, namespace: str) -> Endpoint:
        """A pod of a namespace that no manifest shows: it has no label of its own."""
        if namespace not in self._strangers:
            labels = self._spaces.get(namespace, {})
            self._strangers[namespace] = pod(
                namespace, "", {}, namespace_labels=labels, keep=self._keep, options=self.options
            )
        return self._strangers[namespace]

    @cached_property
    def outsider(self) -> Endpoint:
        """An address of the internet that nobody has."""
        return self.repository.place(address(SOMEWHERE, self.options))

    def known_of(self, policy: Policy) -> Known:
        """Where a policy of the world comes from."""
        return self._by_policy[id(policy)]

    def entries_of(self, one: Known) -> list[Entry]:
        """The compiled rules of a policy; none where the agent refuses it."""
        if self._entries is None:
            self._entries = {}
            for entry in self.repository.entries:
                self._entries.setdefault(id(self.known_of(entry.ref.policy)), []).append(entry)
        return self._entries.get(id(one), [])

    def near(self, needs: Needs) -> list[Endpoint]:
        """The pods in the namespaces that a selector names; every pod where it names none. No nodes."""
        return [end for space in self._places(needs) for end in self._near.get(space, ())]

    def _places(self, needs: Needs) -> Collection[str]:
        """The namespaces that a selector names; every one with pods where it names none."""
        if not self._near:
            for end in self.workloads:
                if end.managed:
                    self._near.setdefault(end.namespace, []).append(end)
        for need in needs:
            if need.source == "k8s" and need.key == POD_NAMESPACE and need.operator == "In":
                return need.values
        return self._near

    def fitting(self, needs: Needs) -> list[Endpoint]:
        """Those of them that may match, in the same order: with one of the values that a selector names for one of its
        labels, whichever are fewest."""
        named = [need for need in needs if need.operator == "In" and need.key not in _EVERYBODYS]
        spaces = self._places(needs) if named else ()
        near = sum([len(self._near.get(space, ())) for space in spaces])
        if near <= _FEW:
            return self.near(needs)
        if not self._by_value:
            for number, end in enumerate(self.near(())):
                for key, (_, value) in end.labels.items():
                    self._by_value.setdefault((key, value), []).append((number, end))
        found = self._by_value
        places = [[(one.key, value) for value in set(one.values)] for one in named]
        many = [sum([len(found.get(place, ())) for place in each]) for each in places]
        if min(many) >= near:
            return self.near(needs)
        fewest = places[many.index(min(many))]
        return [end for _, end in sorted([pair for place in fewest for pair in found.get(place, ())])]

    def matched(self, matcher: Labelled) -> list[Endpoint]:
        """The pods that a peer selector means."""
        found = self._matched.get(matcher)
        if found is None:
            groups = self.repository.groups
            found = [end for end in self.fitting(matcher.needs) if matcher.matches(end, groups)]
            self._matched[matcher] = found
        return found

    def beside(self, entry: Entry) -> list[Entry]:
        """The rules of the same list that may select the same pods, itself among them, in order."""
        if not self._beside:
            for number, one in enumerate(self.repository.entries):
                self._beside.setdefault((one.ref.list_name, one.namespace()), []).append((number, one))
        here = self._beside.get((entry.ref.list_name, entry.namespace()), [])
        everywhere = (
            self._beside.get((entry.ref.list_name, None), []) if entry.namespace() is not None else []
        )
        return [one for _, one in sorted([*here, *everywhere], key=lambda pair: pair[0])]

    def end(self, workload: Workload) -> Endpoint:
        return self.ends[workload.key]


Reader = Callable[[Object], Known]


def with_generated(
    cluster: Cluster,
    generated: Iterable[Policy],
    *,
    enforced: bool = False,
    glass: Iterable[Object] = (),
    read: Reader | None = None,
) -> Snapshot:
    """The user's policies and those that this run generates, in place of the ones that an earlier run wrote. `glass`:
    those that open a namespace in an emergency, which no plan knows. `read` judges a policy of the input."""
    read = read or partial(known, version=cluster.settings.cilium_version)
    written = [read(one) for one in (*policy_objects(cluster.inventory), *glass)]
    return Snapshot(cluster, [*written, *(Known(one) for one in generated)], enforced=enforced)


def as_written(
    cluster: Cluster, own: Iterable[Object] = (), *, enforced: bool = False, read: Reader | None = None
) -> Snapshot:
    """The policies that the input holds, those of earlier runs (`own`) among them; nothing generated."""
    read = read or partial(known, version=cluster.settings.cilium_version)
    written = [read(one) for one in (*policy_objects(cluster.inventory), *own)]
    return Snapshot(cluster, written, enforced=enforced)


def known(one: Object, *, version: str = "", typed: Mapping | None = None) -> Known:
    """A policy object of the input; `typed` is its body with numbers and flags, where that is known."""
    policy, problems = read_policy(one.body, one.namespace)
    assert policy is not None, one.kind
    body = typed or one.body
    found = refusals(body, version, typed=typed is not None)
    refused = tuple(refusal for refusal in found if not _is_filled_in_later(body, refusal))
    return Known(policy, one.where, one.body, refused, tuple(problems))


def _is_filled_in_later(body: Mapping, refusal: Refusal) -> bool:
    """Whether the field that is refused holds a variable of Flux's."""
    value: Any = body
    for step in path_of(refusal.path):
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            break  # a field that is missing: the one around it
    members = [*value, *value.values()] if isinstance(value, dict) else value
    return any(
        "${" in one for one in (members if isinstance(members, list) else [members]) if isinstance(one, str)
    )


def _hardened(one: Known) -> Policy:
    """The program's own policy in enforce mode. Its cluster-wide ones never deny by default."""
    if not one.own or one.policy.kind == CCNP:
        return one.policy
    specs = (spec._replace(deny_ingress_default=None, deny_egress_default=None) for spec in one.policy.specs)
    return one.policy._replace(specs=tuple(specs))


def _end(one: Workload, labels: dict[str, str], keep: LabelFilter, options: Options) -> Endpoint:
    if one.host_network:
        return node_pod(one.namespace, one.name, api_server=one.labels.get("component") == "kube-apiserver")
    named = {port.name: (port.number, port.protocol) for port in one.ports if port.name and port.number}
    by_controller = {JOB_NAME: one.name} if one.kind in TASKS else {}
    return pod(
        one.namespace,
        one.name,
        {**by_controller, **one.labels, **one.selector},
        namespace_labels=labels,
        service_account=one.service_account,
        named_ports=named,
        keep=keep,
        options=options,
    )
