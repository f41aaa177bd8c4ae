"""Services and the workloads behind them. A hundred Services may choose the same hundred workloads: what choose alike
are looked for once, and have one answer."""

from __future__ import annotations

from functools import cached_property

from cilium_policies.kube.pods import TASKS
from cilium_policies.workloads.model import Service, ServicePort, Workload


class Serving:
    """Look-ups by labels among the workloads and Services of one input."""

    def __init__(self, workloads: list[Workload], services: list[Service]) -> None:
        self.workloads = workloads
        self.services = services
        self._by_namespace: dict[str, list[Workload]] = {}
        self._by_label: dict[tuple[str, str, str], list[Workload]] = {}
        for workload in workloads:
            self._by_namespace.setdefault(workload.namespace, []).append(workload)
            for key, value in workload.labels.items():
                self._by_label.setdefault((workload.namespace, key, value), []).append(workload)
        # By namespace the Services before each workload: each is asked for a dozen times.
        self._before: dict[str, dict[Workload, tuple[Service, ...]]] = {}
        # by identity: to find a Service by its value takes as long as the rest of a look-up
        self._behind: dict[int, tuple[Service, tuple[Workload, ...]]] = {}
        self._services = {(service.namespace, service.name): service for service in services}
        self._services_in: dict[str, list[Service]] = {}
        for service in services:
            self._services_in.setdefault(service.namespace, []).append(service)
        self._later: dict[tuple[object, ...], list[Workload]] = {}
        self._chosen: dict[tuple[object, ...], tuple[Workload, ...]] = {}
        self._doors: dict[int, tuple[tuple[Service, ...], tuple[ServicePort, ...]]] = {}

    def in_namespace(self, namespace: str) -> list[Workload]:
        return self._by_namespace.get(namespace, [])

    def service(self, namespace: str, name: str) -> Service | None:
        return self._services.get((namespace, name))

    def services_in(self, namespace: str) -> list[Service]:
        return self._services_in.get(namespace, [])

    def services_for(self, workload: Workload) -> tuple[Service, ...]:
        """The Services whose selector finds a workload's pods. Workloads behind the same ones share one answer."""
        found = self._before.get(workload.namespace)
        if found is None:
            found = self._before[workload.namespace] = self._services_before(workload.namespace)
        return found.get(workload, ())

    def _services_before(self, namespace: str) -> dict[Workload, tuple[Service, ...]]:
        """By workload; of Services that choose alike the workloads are looked for once."""
        alike: dict[object, list[Service]] = {}
        for service in self.services_in(namespace):
            alike.setdefault(_chosen(service), []).append(service)
        before: dict[Workload, list[tuple[Service, ...]]] = {}
        for services in alike.values():
            first = services[0]
            found = self.selected(namespace, first.selector)
            if first.also:
                found += self.selected(namespace, first.also)
            if found:
                together = tuple(services)
                for one in found:
                    before.setdefault(one, []).append(together)
                continue
            for service in services:
                for one in self._labelled_later(service):
                    before.setdefault(one, []).append((service,))
        if max(map(len, before.values()), default=1) == 1:
            return {one: first for one, [first] in before.items()}
        return _merged(before, self.services_in(namespace))

    def doors(self, workload: Workload) -> tuple[ServicePort, ...]:
        """The ports of the Services before a workload, of many Services each once."""
        before = self.services_for(workload)
        if len(before) < 2:
            return before[0].ports if before else ()
        known = self._doors.get(id(before))
        if known is None:
            every = dict.fromkeys([entry for service in before for entry in service.ports])
            known = self._doors[id(before)] = before, tuple(every)
        return known[1]

    def selected(self, namespace: str, labels: dict[str, str]) -> list[Workload]:
        """The workloads of a namespace whose pods carry all these labels (empty: none)."""
        if not labels:
            return []
        # The rarest label leaves few to look at: thousands of Services ask, and a namespace may hold thousands.
        found = [self._by_label.get((namespace, key, value), []) for key, value in labels.items()]
        return [one for one in min(found, key=len) if labels.items() <= one.labels.items()]

    def backends(self, service: Service) -> tuple[Workload, ...]:
        """The workloads behind a Service. Of a chart that gives its Jobs the labels of its servers the servers."""
        known = self._behind.get(id(service))
        if known is None:
            known = self._behind[id(service)] = service, self._behind_it(service)
        return known[1]

    def _behind_it(self, service: Service) -> tuple[Workload, ...]:
        """Services that choose alike share one answer, where it is long and does not hang on their ports."""
        if self._chosen and (known := self._chosen.get(_chosen(service))):
            return known
        by_labels = self.selected(service.namespace, service.selector) or self._operated(service)
        behind = by_labels or self._labelled_later(service)
        if service.also:
            behind = [*behind, *self.selected(service.namespace, service.also)]
        serving = [one for one in behind if one.ports or one.kind not in TASKS]
        found = tuple(serving or behind)
        if by_labels and len(found) > 1:
            self._chosen[_chosen(service)] = found
        return found

    def _labelled_later(self, service: Service) -> list[Workload]:
        """The one workload behind a Service that also asks for a label which programs set at run time."""
        chosen = (service.namespace, *service.selector.items(), None, *service.ports)
        if chosen not in self._later:
            rest = {
                label: value
                for label, value in service.selector.items()
                if (service.namespace, label, value) in self._by_label
            }
            if 0 < len(rest) < len(service.selector):
                found = _labelled_later(service, self.selected(service.namespace, rest), rest)
            else:
                found = []
            self._later[chosen] = found
        return self._later[chosen]

    def _operated(self, service: Service) -> list[Workload]:
        """Pods of operators by their object's name: of the labels that a Service asks for (`role: primary`) the
        operator writes more than the catalogue knows."""
        names = {one for one in service.selector.values() if (service.namespace, one) in self._made}
        if not names:
            return []
        named = [one for name in names for one in self._made[service.namespace, name]]
        if len(names) > 1:
            meant = set(map(id, named))
            named = [one for one in self.in_namespace(service.namespace) if id(one) in meant]
        return [
            one
            for one in named
            if not one.labels.items().isdisjoint(service.selector.items())
            and all(one.labels.get(key, value) == value for key, value in service.selector.items())
        ]

    @cached_property
    def _made(self) -> dict[tuple[str, str], list[Workload]]:
        """By the namespace and name of their object pods that operators make and that listen."""
        found: dict[tuple[str, str], list[Workload]] = {}
        for one in self.workloads:
            if not one.rendered and one.ports and one.source is not None:
                found.setdefault((one.namespace, one.source.name), []).append(one)
        return found


def _chosen(service: Service) -> tuple[object, ...]:
    return (service.namespace, *service.selector.items(), None, *service.also.items())


def _merged(
    before: dict[Workload, list[tuple[Service, ...]]], services: list[Service]
) -> dict[Workload, tuple[Service, ...]]:
    """The Services before each workload in the order of all (`services`), those of the same ones made once."""
    places = {id(one): place for place, one in enumerate(services)}
    known: dict[tuple[int, ...], tuple[Service, ...]] = {}
    found: dict[Workload, tuple[Service, ...]] = {}
    for one, parts in before.items():
        key = tuple(map(id, parts))
        if key not in known:
            every = [service for part in parts for service in part]
            known[key] = tuple(sorted(every, key=lambda service: places[id(service)]))
        found[one] = known[key]
    return found


def _labelled_later(service: Service, carrying: list[Workload], rest: dict[str, str]) -> list[Workload]:
    """The one workload behind a Service that also asks for a label which programs set at run time
    (`vault-active`, `role: primary`): no template of the namespace carries it, and those of the workload do not
    carry its key. A release beside what was rendered of it is the same one; of several the one that declares the
    Service's port (a database's jobs have labels of it). `carrying`: the workloads with its other labels (`rest`)."""
    found = _of_port(carrying, service) or carrying
    later = service.selector.keys() - rest
    alone = len({one.name for one in found}) == 1 and all(later.isdisjoint(one.labels) for one in found)
    return found if alone else []


def _of_port(found: list[Workload], service: Service) -> list[Workload]:
    """Those that declare a port behind the Service, by number or name."""
    told = {(entry.target or str(entry.port), entry.protocol) for entry in service.ports}
    return [
        one
        for one in found
        if any((name, port.protocol) in told for port in one.ports for name in (str(port.number), port.name))
    ]
