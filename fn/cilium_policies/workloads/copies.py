"""Workloads that a controller makes as copies of others, as the catalogue's `copies` tells, and their Services.

A copy has everything of what it was copied from, its configuration too (copied ConfigMaps and Secrets say the same),
but for its name and the one label by which the two are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from cilium_policies.catalogue.conditions import Beginning, at, holds
from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.access_rules import Bindings
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.names import are_labels
from cilium_policies.kube.objects import Mapping, Object, flag, integer, mappings, strings, text
from cilium_policies.kube.objects import at as exactly
from cilium_policies.workloads.makers import Maker
from cilium_policies.workloads.model import Service, ServicePort, Workload
from cilium_policies.workloads.templates import filled
from cilium_policies.workloads.vouched import Namespaces, is_proven, is_recognised

_Place = tuple[str, str]  # namespace and name


def copies(
    inventory: Inventory,
    catalogue: Catalogue,
    workloads: list[Workload],
    services: list[Service],
    lacking: list[Maker],
    namespaces: Namespaces,
    bindings: Callable[[], Bindings],
) -> list[Service]:
    """Adds the copies to `workloads`, and gives all Services as they are once those are there. `lacking` is given the
    objects that ask for a copy of something which the input does not show. `namespaces`: those
    that the config believes components in."""
    named: dict[_Place, list[Workload]] = {}
    operating: dict[str, list[Workload]] = {}  # by component
    for each in workloads:
        named.setdefault((each.namespace, each.name), []).append(each)
        operating.setdefault(each.component, []).append(each)
    shown = {(each.namespace, each.name): each for each in services}
    made: dict[_Place, Service] = {}
    for component, row, one in _asked(inventory, catalogue):
        original = _original(row, one, named.get((one.namespace, _named(row, one)), ()))
        if original is None:
            if not one.where.elsewhere:
                lacking.append(Maker(one, text(row.get("of"))))
            continue
        operators = _believed(operating.get(component, ()), one, namespaces, bindings)
        key = _key(row, original, operators)
        copy = _copy(row, one, original, key) if key else None
        if copy is None:
            continue
        if (copy.namespace, copy.name) not in named:
            named[copy.namespace, copy.name] = [copy]
            operating.setdefault(copy.component, []).append(copy)
            workloads.append(copy)
        for place, service in _before(row, one, original, copy, key, operators, shown).items():
            made.pop(place, None)  # the last one stands last
            made[place] = shown[place] = service
    return [*(each for each in services if (each.namespace, each.name) not in made), *made.values()]


def _asked(inventory: Inventory, catalogue: Catalogue) -> Iterator[tuple[str, Mapping, Object]]:
    table = catalogue.head["copies"]
    for kind in sorted({kind for _, kind in inventory.kinds} & table.keys()):
        for component, row in table[kind]:
            for one in inventory.of(kind, group=text(row.get("group"))):
                if _kind(row, one) in texts(row.get("kinds")):
                    yield component, row, one


def _believed(
    operators: Iterable[Workload], one: Object, namespaces: Namespaces, bindings: Callable[[], Bindings]
) -> list[Workload]:
    """The controllers whose settings count for this object, as anybody can write a label and an image; those of a
    release, or of the object's namespace, come first."""

    def counts(each: Workload) -> bool:
        if each.component in namespaces:
            return is_recognised(each, namespaces)
        return is_proven(each, one.namespace, one.group, bindings)

    return sorted(
        filter(counts, operators), key=lambda each: each.by_marks and each.namespace != one.namespace
    )


def _kind(row: Mapping, one: Object) -> str:
    return text(at(one.body, f"{text(row.get('of'))}.kind")) or texts(row.get("kinds"))[0]


def _named(row: Mapping, one: Object) -> str:
    return text(at(one.body, f"{text(row.get('of'))}.name"))


def _original(row: Mapping, one: Object, called_so: Iterable[Workload]) -> Workload | None:
    """What is copied: of a release that was not rendered only the name is known."""
    kind = _kind(row, one)
    return next((each for each in called_so if each.kind == kind or not each.rendered), None)


def _key(row: Mapping, original: Workload, operators: Iterable[Workload]) -> str:
    """The label that is another in the copy: the first of the row's by which the original selects its pods."""
    told = re.compile(text(row.get("toldBy")) or "(?!)")
    said = (f"{each.field}={each.value}" for one in operators for each in one.texts)
    found = next((match for match in map(told.search, said) if match), None)
    keys = found[1].split(",") if found else texts(row.get("labels"))
    source = original.source.body if original.rendered and original.source is not None else {}
    selected = strings(exactly(source, "spec", "selector", "matchLabels")) or original.labels
    return next((key for key in keys if key in selected), "")


def _copy(row: Mapping, one: Object, original: Workload, key: str) -> Workload | None:
    label = text(row.get("label")).replace("{value}", original.labels.get(key, ""))
    if key not in original.labels or not are_labels({key: label}):
        return None
    made = Workload(original.namespace, _fill(text(row.get("workload")), row, one), original.kind)
    for slot in Workload.__slots__:
        if slot not in ("namespace", "name", "kind"):
            setattr(made, slot, getattr(original, slot))
    made.labels = {**original.labels, key: label}
    made.selector = {key: label}
    if not original.release:
        made.instance = made.name
    return made


def _fill(template: str, row: Mapping, one: Object) -> str:
    return filled(template.replace("{of}", _named(row, one)), one)


def _before(
    row: Mapping,
    one: Object,
    original: Workload,
    copy: Workload,
    key: str,
    operators: list[Workload],
    shown: dict[_Place, Service],
) -> dict[_Place, Service]:
    """The Services that the object asks for, which take the place of those that are `shown`."""
    facts = _facts(one, operators)
    made: dict[_Place, Service] = {}
    for each in mappings(row.get("services")):
        chosen, other = (copy, original) if text(each.get("before")) == "copy" else (original, copy)
        service = _service(_fill(text(each.get("name")), row, one), one, chosen, key)
        place = (service.namespace, service.name)
        known = shown.get(place)
        ports = tuple(_ports(each, row, one, original))
        split = "split" in each and holds(each["split"], facts)
        if known is not None:  # what it selects by itself it does until the first copy is there
            service = known._replace(selector=service.selector)
            split = split or _selects(known, other)
        also = {key: other.labels[key]} if split else {}
        made[place] = service._replace(ports=ports or service.ports, also=also)
    return made


def _selects(service: Service, workload: Workload) -> bool:
    return bool(service.selector) and service.selector.items() <= workload.labels.items()


def _facts(one: Object, operators: list[Workload]) -> Beginning:
    """What conditions ask: the object, and how the first of its operators is set up."""
    first = operators[0] if operators else None
    args = tuple(each.value for each in first.texts if each.is_arguments) if first else ()
    return Beginning(values=first.values if first else {}, body=one.body, args=args)


def _service(name: str, one: Object, chosen: Workload, key: str) -> Service:
    metadata = {"name": name, "namespace": one.namespace}
    source = Object({"apiVersion": "v1", "kind": "Service", "metadata": metadata}, one.where)
    return Service(one.namespace, name, {key: name}, {key: chosen.labels[key]}, (), source=source)


def _ports(template: Mapping, row: Mapping, one: Object, original: Workload) -> Iterator[ServicePort]:
    """The ports that the object names, then those of the containers where it asks for them."""
    targets = set()
    for each in mappings(template.get("ports")):
        number = integer(_fill(text(each.get("port")), row, one)) or 0
        target = _fill(text(each.get("target")), row, one) or str(number)
        targets |= {target, str(number)} if target == str(number) else {target}
        if number:
            yield ServicePort(_fill(text(each.get("name")), row, one), number, "TCP", target)
    if flag(at(one.body, text(row.get("discovered")) or "")):
        for port in original.ports:
            if str(port.number) not in targets and port.name not in targets and port.protocol == "TCP":
                yield ServicePort(port.name, port.number, "TCP", str(port.number))
