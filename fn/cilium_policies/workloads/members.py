"""Pods and Services that an operator makes for each member of a list or mapping in one object: Druid's `spec.nodes`,
MongoDB's `spec.replsets`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from cilium_policies.catalogue.conditions import at
from cilium_policies.catalogue.model import MadeBy
from cilium_policies.catalogue.services import ServiceTemplate
from cilium_policies.kube.objects import Object, integer, text
from cilium_policies.lean import Any

# `{each.druid.port|8088}`: a field of the member (its key may hold dots), else that text
ORDINAL = "{ordinal}"  # the number of a StatefulSet's pod
BELOW = "{below "  # each of the numbers below one
_BELOW = r"\{below ([^}]*)\}+"  # a value may be a template, `{below {{ .x }}}`: it counts as one
_MOST_PODS = 100  # an object may ask for any number of them
_FIELD = r"\{each\.([^{}|]+)(?:\|([^{}]*))?\}"


def members(entry: MadeBy, one: Object) -> Iterator[MadeBy]:
    """The entry for each member of what its `each` names, `{each}` filled in: the key in a mapping, the place or the
    text in a list, 0, 1 … below a number."""
    for place, said in _found(one, entry.each):
        yield entry._replace(
            member=place,
            labels={said(key): said(value) for key, value in entry.labels.items()},
            labels_at=tuple(map(said, entry.labels_at)),
            workload=said(entry.workload),
            service_account=said(entry.service_account),
            namespace=said(entry.namespace),
            count_field=said(entry.count_field),
            services=tuple(_service(service, said) for service in entry.services if not service.each)
            + tuple(service for service in entry.services if service.each),
        )


def services(templates: Iterable[ServiceTemplate], one: Object, pods: int) -> Iterator[ServiceTemplate]:
    """The templates, those with an `each` once for each member of what it names, those with an `{ordinal}` in their
    name once for each of the pods, those with `{below N}` once for each number."""
    for template in templates:
        told = [template]
        if template.each:
            told = [_service(template, said) for _, said in _found(one, template.each)]
        for each in told:
            yield from _ordinals(each, pods) if ORDINAL in each.name else _counted(each)


def _counted(template: ServiceTemplate) -> list[ServiceTemplate]:
    """One for each number below each that its name says: `shard-{below 2}-{below 3}` are six. Each round takes one of
    them out of the name, whatever the object says there."""
    found = [template]
    while BELOW in found[0].name and len(found) <= _MOST_PODS:
        said = re.search(_BELOW, found[0].name)
        if said is None:
            return []  # the object's own name begins so
        most = integer(said[1]) or 1
        found = [
            one._replace(name=one.name.replace(said[0], str(number), 1))
            for one in found
            for number in range(min(most, _MOST_PODS))
        ]
    return found[:_MOST_PODS]


def _ordinals(template: ServiceTemplate, pods: int) -> Iterator[ServiceTemplate]:
    for number in range(min(pods, _MOST_PODS)):
        yield template._replace(name=template.name.replace(ORDINAL, str(number)))


def _found(one: Object, path: str) -> Iterator[tuple[str, Callable[[str], str]]]:
    """The members' paths, each with what fills its texts in."""
    found = at(one.body, path)
    if isinstance(found, dict):
        for key, member in found.items():
            yield f"{path}.{key}", _filler(key, member)
    elif isinstance(found, list):
        for place, member in enumerate(found):
            yield f"{path}[{place}]", _filler(member if isinstance(member, str) else str(place), member)
    elif text(found).isdigit():
        for place in range(min(int(text(found)), _MOST_PODS)):
            yield f"{path}[{place}]", _filler(str(place), None)


def _filler(called: str, member: Any) -> Callable[[str], str]:
    def said(template: str) -> str:
        if "{each" not in template:
            return template
        told = re.sub(_FIELD, lambda found: text(at(member, found[1])) or found[2] or "", template)
        return told.replace("{each}", called)

    return said


def _service(service: ServiceTemplate, said: Callable[[str], str]) -> ServiceTemplate:
    ports = (port._replace(port=said(port.port), target=said(port.target)) for port in service.ports)
    return service._replace(name=said(service.name), ports_of=said(service.ports_of), ports=tuple(ports))
