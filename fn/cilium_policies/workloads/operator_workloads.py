"""Pods that operators make from custom resources of the input, as the catalogue's `madeBy` tells.

`operator_workloads(inventory, catalogue, operators) -> (workloads, services)`; `operators` are the workloads known so
far (rendered and from releases, recognised): the controllers among them say where their pods run, and how they
are configured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from cilium_policies.catalogue.conditions import holds, object_makes, signs, via_agrees
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component, MadeBy
from cilium_policies.kube.gateway_api import Proxy
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.labels import ANY
from cilium_policies.kube.names import are_labels
from cilium_policies.kube.objects import Mapping, Object
from cilium_policies.kube.pods import pod_template
from cilium_policies.kube.reading import UNPLACED
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.model import Service, Workload

if TYPE_CHECKING:
    from cilium_policies.catalogue.facts import Answers
    from cilium_policies.kube.access_rules import Bindings


def operator_workloads(
    inventory: Inventory,
    catalogue: Catalogue,
    operators: Iterable[Workload],
    unplaced: list[Object] | None = None,
    platform: str = "",
    bindings: Callable[[], Bindings] | None = None,
    predicted: Sequence[Object] = (),
) -> tuple[list[Workload], list[Service]]:
    """The workloads that custom resources stand for, and the Services that their operators make. `unplaced` is given
    the objects of which pods come in a namespace that the input does not tell; `platform` is the distribution, and
    `bindings` tell operators from pods that look like them. `predicted` are objects that no manifest shows: Services of
    charts that nobody rendered."""
    controllers: dict[str, list[Workload]] = {}
    for operator in operators:
        controllers.setdefault(operator.component, []).append(operator)
    made = list(_made(inventory, catalogue, controllers, platform, bindings, predicted))
    if not made:
        return [], []
    # few builds hold such objects
    from cilium_policies.workloads.aliases import aliases
    from cilium_policies.workloads.exposed import exposed
    from cilium_policies.workloads.operator_pods import services_of, workload_of
    from cilium_policies.workloads.rendered import chosen_of

    chosen = chosen_of(inventory, catalogue)
    found: dict[tuple[str, str, str], Workload] = {}
    behind: dict[tuple[str, str, str], list[Service]] = {}
    known = catalogue.proxies
    for one, component, entry, facts in made:
        workload = workload_of(one, component, entry, facts.operator, catalogue, inventory)
        if entry.namespace == "operator" and workload.namespace in UNPLACED:
            if unplaced is not None:
                unplaced.append(one)
            continue  # a cluster-scoped object whose operator another build holds
        if not workload.selector:
            continue  # nothing tells its pods from others, and an empty selector takes the namespace's
        if chosen is not None and not entry.beside and (template := pod_template(one)) is not None:
            workload.texts += tuple(chosen.told(one, template))
        services = services_of(inventory, one, entry, workload, known.get(component.name, Proxy()))
        if component.name not in known and not entry.beside:
            section = entry.enabled if isinstance(entry.enabled, str) else ""
            services += exposed(one, workload, section, services, entry.services)
        if not are_labels({key: value for key, value in workload.labels.items() if value != ANY}):
            continue  # its name is no label's value: the operator cannot make these pods
        key = (workload.namespace, workload.name, component.name)
        if key not in found:
            found[key], behind[key] = workload, services
        else:
            found[key].texts += workload.texts
            found[key].beside += (one,)
    before = [service for services in behind.values() for service in services]
    before += list(aliases(((one, entry) for one, _, entry, _ in made), inventory, before))
    return list(found.values()), before


def _made(
    inventory: Inventory,
    catalogue: Catalogue,
    controllers: dict[str, list[Workload]],
    platform: str,
    bindings: Callable[[], Bindings] | None,
    predicted: Sequence[Object],
) -> Iterator[tuple[Object, Component, MadeBy, _Facts]]:
    """The objects of which pods come, each with the entry that says so."""
    for group, kind in dict.fromkeys((one.group, one.kind) for one in (*inventory.objects, *predicted)):
        for component, entry in catalogue.made_by(group, kind):
            operator = _operator(controllers.get(entry.operator, ()), group, bindings)
            facts = _Facts(inventory, controllers, operator, platform, bindings)
            words = signs(entry.enabled, entry.default)
            told = [one for one in inventory.of(kind, group=group) if words is None or one.may_say(words)]
            told += (one for one in predicted if (one.group, one.kind) == (group, kind))
            # of several objects that mean the same pods the first by name speaks for them, in whichever build
            for one in sorted(told, key=lambda one: (one.namespace, one.name)):
                if not _makes(entry, one, facts):
                    continue
                if not entry.each:
                    yield one, component, entry, facts
                    continue
                from cilium_policies.workloads.members import members

                for member in members(entry, one):
                    yield one, component, member, facts


def _operator(
    found: Sequence[Workload], group: str, bindings: Callable[[], Bindings] | None
) -> Workload | None:
    """Of several pods that are taken for a controller the one whose word counts for objects of its group: of a release
    or an operator's object, by a role that reads them everywhere, by label and image, and then by either."""

    def doubt(one: Workload) -> int:
        if not one.by_marks:
            return 0
        if bindings is not None and one.namespace in bindings().readers(group):
            return 1
        return 2 if one.by_label and one.by_image else 3

    return min(found, key=doubt) if len(found) > 1 else next(iter(found), None)


def _makes(entry: MadeBy, one: Object, facts: _Facts) -> bool:
    facts.body, facts.group, facts.namespace = one.body, one.group, one.namespace
    return object_makes(entry, one.body) and via_agrees(entry, one.body, facts) and holds(entry.given, facts)


class _Facts:
    """What `via` and `given` ask: the operator's values and texts (empty where it is not in the input), and
    the objects of the input; `body` is that of the object that is looked at, `group` and `namespace` are
    its own."""

    args: tuple[str, ...] = ()

    def __init__(
        self,
        inventory: Inventory,
        controllers: dict[str, list[Workload]],
        operator: Workload | None,
        platform: str,
        bindings: Callable[[], Bindings] | None,
    ) -> None:
        self.distribution = platform
        self.body: Mapping = {}
        self.group = self.namespace = ""
        self.answers: Answers = {}
        self._inventory = inventory
        self._controllers = controllers
        self._bindings = bindings
        self.operator = operator

    @property
    def values(self) -> Mapping:
        return self.operator.values if self.operator else {}

    @property
    def texts(self) -> Iterator[str]:
        return (one.value for one in self.operator.texts) if self.operator else iter(())

    @property
    def env(self) -> Iterator[tuple[str, str]]:
        return ((one.key, one.value) for one in self.operator.texts) if self.operator else iter(())

    @property
    def replicas(self) -> int:
        return self.operator.replicas if self.operator else 1

    def objects(self, group: str, kind: str) -> Iterator[Mapping]:
        return (one.body for one in self._inventory.of(kind, group=group or None))

    def placed(self, group: str, kind: str) -> Iterator[tuple[str, Mapping]]:
        """An operator acts on an object of the whole cluster whoever's release brings it: `asked_by` tells whom an edge
        is to be laid to (generate.facts), not which pods there will be."""
        return ((one.namespace, one.body) for one in self._inventory.of(kind, group=group or None))

    def hears(self, spaces: set[str], group: str) -> bool:
        """An operator is told by its own API where the object stands, or for the whole cluster."""
        return group != self.group or not self.namespace or not spaces.isdisjoint(("", self.namespace))

    def present(self, component: str) -> bool:
        """Whether the cluster has it: pods that only look like it, in some namespace, take nothing from others."""
        found = self._controllers.get(component, ())
        return any(not one.by_marks or self._is_vouched(one) for one in found)

    def _is_vouched(self, one: Workload) -> bool:
        told = self._bindings
        return told is None or told().is_vouched(one.namespace, one.service_account)

    called_so = present
