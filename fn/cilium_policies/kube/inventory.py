"""The objects of an input, indexed by group and kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter

from cilium_policies.kube.objects import CLUSTER_SCOPED, Mapping, Object, mappings
from cilium_policies.kube.secret_writers import WRITERS, written

_APPLIED_BY = "kustomize.toolkit.fluxcd.io/name"


class Inventory:
    """Objects in input order, found by kind (and group, where two groups share a kind)."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self.objects: list[Object] = []
        self._by_kind: dict[str, list[Object]] = {}
        self._by_group: dict[str, dict[str, list[Object]]] = {}
        self._by_name: dict[str, dict[str, list[tuple[int, Object]]]] = {}
        self._by_id: dict[tuple[str, str, str], Object] | None = None
        self._kinds: set[tuple[str, str]] = set()
        self._writers: dict[tuple[str, str], Object] | None = None
        self._applied_by: frozenset[str] | None = None
        self.repeated: list[
            Object
        ] = []  # what an earlier object of this group, kind, namespace and name stands for
        self.add(objects)

    def add(self, objects: Iterable[Object]) -> None:
        """Further objects, behind those that are there."""
        self._kinds, self._writers, self._applied_by, self._by_id = set(), None, None, None
        self._by_group, self._by_name = {}, {}
        for one in objects:
            self.objects.append(one)
            of_kind = self._by_kind.get(one.kind)
            if of_kind is None:
                of_kind = self._by_kind[one.kind] = []
            of_kind.append(one)

    @property
    def kinds(self) -> set[tuple[str, str]]:
        """Every (group, kind) that occurs."""
        if not self._kinds:
            self._kinds = {(one.group, one.kind) for one in self.objects}
        return self._kinds

    def of(self, *kinds: str, group: str | None = None) -> list[Object]:
        """All objects of these kinds, in input order within a kind."""
        if group is None:
            return [one for kind in kinds for one in self._by_kind.get(kind, ())]
        if len(kinds) == 1:
            return [*self._of_group(kinds[0], group)]
        return [one for kind in kinds for one in self._of_group(kind, group)]

    def _of_group(self, kind: str, group: str) -> Sequence[Object]:
        """Looked for once: each of a thousand workloads may ask for the objects of one kind."""
        found = self._by_group.get(kind)
        if found is None:
            found = self._by_group[kind] = {}
            for one in self._by_kind.get(kind, ()):
                found.setdefault(one.group, []).append(one)
        return found.get(group, ())

    def called(self, kind: str, names: Iterable[str], group: str | None = None) -> list[Object]:
        """The objects of a kind with one of these names, in input order."""
        if kind not in self._by_name:
            every: dict[str, list[tuple[int, Object]]] = {}
            for place, one in enumerate(self.of(kind)):
                every.setdefault(one.name, []).append((place, one))
            self._by_name[kind] = every
        found = [each for name in set(names) for each in self._by_name[kind].get(name, ())]
        return [one for _, one in sorted(found, key=itemgetter(0)) if group in (None, one.group)]

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The first object with this kind, namespace and name; Kubernetes' own before another of its kind's name (the
        ServiceAccount of Talos, the Service of Knative)."""
        if self._by_id is None:
            self._by_id = {}
            for one in self.objects:
                known = self._by_id.setdefault((one.kind, one.namespace, one.name), one)
                if known is not one and "." in known.group and not one.group:
                    self._by_id[one.kind, one.namespace, one.name] = one
        return self._by_id.get((kind, namespace, name))

    def secret_writer(self, namespace: str, name: str) -> Object | None:
        """The first object that a Secret of this name is written from: an ExternalSecret, a VaultStaticSecret …"""
        if self._writers is None:
            every = reversed(self.of(*WRITERS))
            self._writers = {(made.namespace, made.name): one for one in every for made in written(one)}
        return self._writers.get((namespace, name))

    def applied_by(self) -> frozenset[str]:
        """The names of the Flux Kustomizations that objects say they were applied by; an object that does not say so
        is not read for it."""
        if self._applied_by is None:
            saying = (one for one in self.objects if one.may_say((_APPLIED_BY.encode(),)))
            names = (one.labels.get(_APPLIED_BY) for one in saying)
            self._applied_by = frozenset(name for name in names if name is not None)
        return self._applied_by


def policy_objects(inventory: Inventory) -> list[Object]:
    """Every policy of the user's in the input."""
    cilium = inventory.of("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", group="cilium.io")
    return [*cilium, *inventory.of("NetworkPolicy", group="networking.k8s.io")]


def rule_sets(policy: Object) -> list[Mapping]:
    """The `spec` of a policy and each of its `specs`, those that are there."""
    return [one for one in (policy.spec, *mappings(policy.body.get("specs"))) if one]


def distinct(objects: Iterable[Object]) -> tuple[list[Object], list[Object]]:
    """The objects, each group, kind, namespace and name once, and apart from them what another file repeats (a shared
    Namespace, a tree given twice). Not told apart by name are objects without one, and
    those that a variable names or an outer layer has yet to place."""
    kept: list[Object] = []
    repeated: list[Object] = []
    seen: dict[tuple[str, str, str, str], str] = {}
    for one in objects:
        key = (one.group, one.kind, one.namespace, one.name)
        unplaced = one.namespace in ("", "_") and one.kind not in CLUSTER_SCOPED
        named = one.name and "${" not in one.name and "${" not in one.namespace and not unplaced
        if not (named and key in seen):
            kept.append(one)
        elif one.where.file != seen[key]:
            repeated.append(one)
        if named:
            seen.setdefault(key, one.where.file)
    return kept, repeated
