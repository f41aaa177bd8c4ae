"""Services that a release's values publish, where none that the catalogue knows of its chart is published so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.config.model import INGRESS
from cilium_policies.generate.uncovered import GUESSED, Uncovered, of_workload
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload

_TYPES = ("LoadBalancer", "NodePort")


def unpublished(one: Workload, cluster: Cluster) -> Iterator[Uncovered]:
    """A guess, for one of the release's workloads: whoever comes from outside is denied."""
    told = [found for found in one.texts if _publishes(found)] if one.chart and not one.rendered else []
    if not told:
        return
    mates = [mate for mate in cluster.in_namespace(one.namespace) if mate.source is one.source]
    known = {service.type for mate in mates for service in cluster.services_for(mate)}
    for found in told:
        holders = [mate for mate in mates if any(each.field == found.field for each in mate.texts)]
        serving = [mate for mate in holders if cluster.services_for(mate)] or holders
        serving = [mate for mate in serving if _is_of(mate, found)] or serving
        if found.value not in known and serving[0] is one:
            line = f"{{from: world, to: {{pod: {one.namespace}/{one.name}}}, why: …}}"
            said = f"{found.field}: {found.value}"
            yield of_workload(GUESSED, "unpublished", INGRESS, one, (said,), line)
            return


def _publishes(found: Text) -> bool:
    return found.kind == "value" and found.value in _TYPES and bool(re.search(r"(?i)type$", found.field))


def _is_of(one: Workload, found: Text) -> bool:
    """Whether a value stands in the block of a workload's own part: `gateway.service.type` of `RELEASE-gateway`."""
    part = found.field.rpartition(".service")[0].rpartition(".")[2].lower()
    return bool(part) and one.name.replace("-", "").lower().endswith(part)
