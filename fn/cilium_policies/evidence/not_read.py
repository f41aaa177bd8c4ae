"""Variables that a program does not read: charts set one environment for all parts of an application, and the part
that needs no database then names it all the same."""

from __future__ import annotations

import re

from cilium_policies.catalogue.recognise import is_image, repository_of
from cilium_policies.kube.objects import Mapping, text
from cilium_policies.workloads.model import Workload

_NOTHING = re.compile(r"(?!)")


def not_read(workload: Workload, ignores: dict[str, list[Mapping]]) -> re.Pattern[str]:
    """What matches the names of variables that mean nothing to these pods. Only where all of their containers run one
    image is it known which of them a variable is for."""
    rows = ignores.get(workload.component, ())
    if not rows or len(set(workload.images)) != 1:
        return _NOTHING
    repository = repository_of(workload.images[0])
    found = [text(row.get("env")) for row in rows if is_image(repository, text(row.get("image")))]
    return re.compile("|".join(found)) if found else _NOTHING
