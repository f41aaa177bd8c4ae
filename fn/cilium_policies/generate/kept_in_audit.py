"""What `namespaces.uncovered: audit` holds back: directions of which nothing is known stay in audit beside enforce.

Cilium denies by default for a pod as soon as one policy that selects it does. So each policy that selects a held pod is
soft in that direction, and the namespace's default-deny leaves its pods out by one label. Where they cannot be told
apart by one label, or pods are meant that nobody sees, the direction of the whole namespace is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.cilium.model import Requirement, Selector, Spec
from cilium_policies.config.model import AUDIT, AUDIT_GUESSED, ENFORCE, INGRESS, Config, Mode
from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.generate.base_policies import NOBODY
from cilium_policies.generate.namespaces import Namespace
from cilium_policies.generate.uncovered import DIRECTIONS, UNKNOWN, Uncovered
from cilium_policies.kube.labels import stable
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

Label = tuple[str, str]


class KeptInAudit:
    """The modes of namespaces, and the workloads whose direction is held although that of their namespace is not."""

    def __init__(
        self, chosen: dict[str, Namespace], cluster: Cluster, config: Config, left: Iterable[Uncovered]
    ) -> None:
        self._config = config
        self._labels: dict[tuple[str, str], dict[int, Label]] = {}  # by namespace and direction
        self._whole: dict[tuple[str, str], Uncovered] = {}
        degrees = config.uncovered in (AUDIT, AUDIT_GUESSED)
        for one in left if degrees else ():
            if one.degree == UNKNOWN or config.uncovered == AUDIT_GUESSED:
                for direction in one.directions:
                    self._take(one, direction, chosen.get(one.namespace), cluster)
        self.modes = {name: self._mode(name) for name in chosen}

    def _take(self, one: Uncovered, direction: str, place: Namespace | None, cluster: Cluster) -> None:
        if place is None or not self._is_enforced(place.name, direction):
            return
        apart = _apart(one.workload, cluster) if one.workload is not None and place.declared else None
        if apart is None or one.workload is None:
            self._whole.setdefault((place.name, direction), one)
        else:
            self._labels.setdefault((place.name, direction), {})[id(one.workload)] = apart

    def _is_enforced(self, name: str, direction: str) -> bool:
        """Whether the direction would be enforced, and may be held: an override of its own is stronger."""
        hard, soft = self._config.mode_of(name), self._config.mode_of(name, frozenset((direction,)))
        return bool(getattr(hard, direction) == ENFORCE and getattr(soft, direction) == AUDIT)

    def _mode(self, name: str) -> Mode:
        whole = frozenset(direction for direction in DIRECTIONS if (name, direction) in self._whole)
        return self._config.mode_of(name, whole)

    def labels(self, namespace: str, direction: str) -> dict[int, Label]:
        """The held workloads (by identity) of a namespace whose direction is enforced, each with its label."""
        if (namespace, direction) in self._whole:
            return {}
        return self._labels.get((namespace, direction), {})

    def holds(self, one: Workload, direction: str) -> bool:
        """Whether a workload's direction is held by itself."""
        return id(one) in self.labels(one.namespace, direction)

    def keeps(self, one: Workload, direction: str) -> bool:
        """Whether a workload's direction stays in audit for want of knowledge, by itself or with its namespace."""
        return (one.namespace, direction) in self._whole or self.holds(one, direction)

    def mode(self, namespace: str, group: Iterable[Workload] | None = None) -> Mode:
        """The mode of a policy: for these workloads, or (None) for every pod of the namespace."""
        found = self.modes[namespace]
        members = None if group is None else {id(one) for one in group}
        for direction in DIRECTIONS:
            held = self.labels(namespace, direction)
            if held if members is None else not members.isdisjoint(held):
                found = found._replace(**{direction: AUDIT})
        return found

    def default_deny(self, namespace: str) -> tuple[Spec, ...]:
        """One rule set a direction, each for the pods whose direction is not held; () where none is held by itself."""
        if not any(self.labels(namespace, direction) for direction in DIRECTIONS):
            return ()
        mode = self.modes[namespace]
        found = []
        for direction in DIRECTIONS:
            word = getattr(mode, direction)
            if word not in (AUDIT, ENFORCE):
                continue
            who = _without(self.labels(namespace, direction).values())
            soft = False if word == AUDIT else None
            if direction == INGRESS:
                found.append(Spec(who, ingress=NOBODY, deny_ingress_default=soft))
            else:
                found.append(Spec(who, egress=NOBODY, deny_egress_default=soft))
        return tuple(found)

    def findings(self) -> Iterator[Finding]:
        """Which directions are held, and what of it is not as fine as it could be."""
        for (name, direction), one in sorted(self._whole.items(), key=lambda pair: pair[0]):
            yield Finding(
                WARNING,
                f"{direction} of namespace {name} stays in audit: nothing is known about {one.place}, and no single"
                " label tells its pods apart from the others",
                "say what it needs (list --uncovered), or set namespaces.uncovered: deny",
                namespace=name,
            )
        for (name, direction), held in sorted(self._labels.items()):
            if (name, direction) not in self._whole:
                pods = ", ".join(sorted(f"{key}={value}" for key, value in held.values()))
                which = f"the pods {pods} in namespace {name}"
                message = f"{direction} of {which} stays in audit: nothing is known about it"
                cure = "say what they need (list --uncovered), or set namespaces.uncovered: deny"
                yield Finding(WARNING, message, cure, namespace=name)


def _apart(one: Workload, cluster: Cluster) -> Label | None:
    """A label that all pods of this workload carry and no other pod of the namespace; None where there is none."""
    others = [other for other in cluster.in_namespace(one.namespace) if other is not one]
    for key, value in (*stable(one.selector).items(), *stable(one.labels).items()):
        if key in one.labels and all(other.labels.get(key) != value for other in others):
            return key, value
    return None


def _without(labels: Iterable[Label]) -> Selector:
    """Every pod but those with one of these labels."""
    values: dict[str, set[str]] = {}
    for key, value in labels:
        values.setdefault(key, set()).add(value)
    return Selector(tuple(Requirement(key, "NotIn", tuple(sorted(values[key]))) for key in sorted(values)))
