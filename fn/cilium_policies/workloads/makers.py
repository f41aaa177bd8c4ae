"""What makes pods that nobody here knows: objects of unknown kinds, and programs that may create pods.

An unknown release is a workload of its own; an unknown *object* shows nothing of its pods. That pods come of it, its
shape says (`replicas`, `template`, `image` …), or the roles of the operator that reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.access_rules import texts
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, integer, mappings
from cilium_policies.kube.pods import WORKLOAD_KINDS
from cilium_policies.lean import Any, NamedTuple

# The API groups of Kubernetes itself; others under k8s.io are projects' (sparkoperator.k8s.io).
_KUBERNETES = frozenset(
    """
    admissionregistration.k8s.io apiextensions.k8s.io apiregistration.k8s.io authentication.k8s.io
    authorization.k8s.io certificates.k8s.io coordination.k8s.io discovery.k8s.io events.k8s.io
    flowcontrol.apiserver.k8s.io gateway.networking.k8s.io internal.apiserver.k8s.io metrics.k8s.io
    networking.k8s.io node.k8s.io policy.networking.k8s.io rbac.authorization.k8s.io resource.k8s.io
    scheduling.k8s.io snapshot.storage.k8s.io storage.k8s.io storagemigration.k8s.io
    """.split()  # noqa: SIM905 -- a list of quoted words is no easier to read
)
# Fields at the top of a spec that say pods come of it, and those that say so at any depth near it.
_SHAPE = frozenset(
    """
    replicas instances size members template podTemplate containers image nodeSets predictor workerGroupSpecs
    clusters pxc replsets jobManager driver executor jetstream steps shards nodes nodePools podSpec jobTemplate
    sourceNamespace
    """.split()  # noqa: SIM905
)
_FOR_PEOPLE = "rbac.authorization.k8s.io/aggregate-to-"
_DEEP = ("replicas", "image", "containers", "podTemplate", "podSpec")
_DEPTH = 3
MAKES = frozenset(
    "pods deployments statefulsets daemonsets replicasets jobs cronjobs replicationcontrollers".split()  # noqa: SIM905
)


class Maker(NamedTuple):
    """An object of which pods may come that no manifest shows, and why that is thought: `field` is the part of its
    spec that says so, `role` the operator's role that does, `part` the component of its entry that the config leaves
    out. Without any of them its kind alone is unknown, and it stands for all objects of that kind in its namespace.
    Of a release `namespace` is where its pods run, and `chart` the one of which `part` are values that switch on pods
    which the catalogue does not know; where it knows a chart of that name, and nothing else tells of pods, that is
    a guess (`guessed`). `newer` is the version of it that the release asks for, the older one whose pods are known, and
    its publisher, where several have one of that name."""

    source: Object
    field: str = ""
    role: Object | None = None
    part: str = ""
    namespace: str = ""
    chart: str = ""
    guessed: bool = False
    newer: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The namespace of its pods."""
        return self.namespace or self.source.namespace

    @property
    def is_told(self) -> bool:
        """Whether more than an unknown kind says that pods come of it."""
        return bool(self.field or self.role or self.part)


def is_foreign(group: str) -> bool:
    """Whether an API group is neither Kubernetes' own nor this program's."""
    return "." in group and group not in _KUBERNETES and not group.startswith("cilium-policies.")


def unknown_kinds(inventory: Inventory, catalogue: Catalogue) -> list[tuple[str, str]]:
    """The kinds of the input of which nobody knows whether pods come of them."""
    return sorted(
        (group, kind)
        for group, kind in inventory.kinds
        if is_foreign(group)
        and kind not in WORKLOAD_KINDS
        and all(
            entry.beside or (entry.enabled is not None and not entry.default)
            for _, entry in catalogue.made_by(group, kind)
        )
        and not catalogue.makes_no_pods(group, kind)
        and not catalogue.makes_copies(group, kind)
    )


def accessories(kinds: Iterable[tuple[str, str]], catalogue: Catalogue) -> set[str]:
    """The components that run beside an object's own pods, of kinds that make such too: a Job that unpacks an
    operator is not the operator. Where all that is known of a kind runs beside, that is all (a Certificate's solvers).
    """
    found: set[str] = set()
    for kind in kinds:
        known = catalogue.made_by(*kind)
        if any(not entry.beside for _, entry in known):
            found.update(one.name for one, entry in known if entry.beside)
    return found


def makers(inventory: Inventory, kinds: Iterable[tuple[str, str]], shown: set[int]) -> Iterator[Maker]:
    """The objects of these kinds of which pods may come; `shown` are the ids of those whose pods are known."""
    groups = dict(kinds)
    roles = {group: _role(inventory, group) for group in groups} if groups else {}
    for group, kind in kinds:
        told: set[str] = set()
        for one in inventory.of(kind, group=group):
            if id(one) in shown or one.where.elsewhere:
                continue
            field = _shape(one.spec)
            if field or roles[group] is not None:
                yield Maker(one, field, roles[group])
            elif one.namespace not in told:
                told.add(one.namespace)
                yield Maker(one)


def _shape(spec: Mapping) -> str:
    top = next((key for key in spec if key in _SHAPE and spec[key] not in (None, "")), "")
    return f"spec.{top}" if top else _below(spec, "spec", _DEPTH)


def _below(value: Any, path: str, depth: int) -> str:
    if not isinstance(value, dict) or depth <= 0:
        return ""
    for key in _DEEP:
        found = value.get(key)
        if (key == "replicas" and integer(found)) or (key != "replicas" and found):
            return f"{path}.{key}"
    return next(
        (found for key, one in value.items() if (found := _below(one, f"{path}.{key}", depth - 1))), ""
    )


def _role(inventory: Inventory, group: str) -> Object | None:
    """A role that reads objects of this group by its name and may create what makes pods: an operator's. One that is
    added to Kubernetes' own roles for people (admin, edit, view) is theirs."""
    for one in inventory.of("ClusterRole", "Role"):
        if any(label.startswith(_FOR_PEOPLE) for label in one.labels):
            continue
        rules = mappings(one.body.get("rules"))
        if acts_on(rules, group) and any(map(creates_pods, rules)):
            return one
    return None


def acts_on(rules: Iterable[Mapping], group: str) -> bool:
    """Whether rules are those of who acts on objects of an API group. Who may create some and neither change them nor
    write their status merely asks another operator for something, as notebooks' controllers do for a route."""
    creates = reads = False
    for rule in rules:
        if group in texts(rule, "apiGroups"):
            verbs = texts(rule, "verbs")
            if verbs & {"update", "patch", "*"} or any("/" in one for one in texts(rule, "resources")):
                return True
            creates, reads = creates or "create" in verbs, True
    return reads and not creates


def creates_pods(rule: Mapping) -> bool:
    """Whether an RBAC rule lets somebody create pods, or what makes them."""
    if not {"create", "*"} & texts(rule, "verbs"):
        return False
    groups, kinds = texts(rule, "apiGroups"), texts(rule, "resources")
    if groups and not groups & {"", "apps", "batch", "*"}:
        return False
    return bool(kinds & MAKES) or ("*" in kinds and bool(groups & {"apps", "batch", "*"}))
