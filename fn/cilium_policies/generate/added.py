"""Containers that an operator's object or a release's values add to a program's own: no entry tells what they call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.recognise import repository_of
from cilium_policies.kube.objects import mapping, mappings, text
from cilium_policies.kube.templates import templates
from cilium_policies.workloads.model import Workload

_LISTS = r"(?i)(?:extra|additional|side)_?\w{0,60}(?:containers|cars)\[\d+\]\.name$"
_INIT = "(?i)init"


def added(one: Workload, entry: Component) -> list[str]:
    """Their names; of a rendered pod the side-cars are read with it."""
    if one.rendered or one.source is None:
        return []
    found: Iterator[str]
    if one.chart:
        found = (
            each.value
            for each in one.texts
            if re.search(_LISTS, each.field) and not re.search(_INIT, each.field)
        )
    else:
        found = _of_templates(one, entry)
    return list(dict.fromkeys(filter(None, found)))


def _of_templates(one: Workload, entry: Component) -> Iterator[str]:
    """The first container of a template is the program, whoever built its image."""
    for template in templates(one.source.spec if one.source is not None else {}):
        for container in mappings(mapping(template.get("spec")).get("containers"))[1:]:
            repository = repository_of(text(container.get("image")))
            if not any(f"/{repository}".endswith(f"/{image}") for image in entry.images):
                yield text(container.get("name")) or repository
