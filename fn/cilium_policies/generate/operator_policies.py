"""What operators write beside the generated policies while they run: allows add up, so an open NetworkPolicy of theirs
lets in whom the generated ones keep out. The catalogue knows of them (`opens`)."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.conditions import at, holds
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.generate.facts import WorkloadFacts
from cilium_policies.generate.roles import Roles
from cilium_policies.kube.objects import Mapping, mappings, text
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload


def operator_policies(
    cluster: Cluster, catalogue: Catalogue, roles: Roles, chosen: set[str]
) -> Iterator[Finding]:
    """One finding an object whose operator writes a policy that opens its pods."""
    for name in sorted(roles.components):
        component = catalogue.get(name)
        for stated in mappings(component.data.get("opens")) if component is not None else ():
            told: set[int] = set()
            for one in roles.component(name):
                source = one.source
                if not one.own or source is None or one.namespace not in chosen or id(source) in told:
                    continue
                if _is_written(stated, one, cluster, roles):
                    told.add(id(source))
                    yield source.finding(
                        WARNING, f"{source}: {text(stated.get('why'))}", text(stated.get("cure"))
                    )


def _is_written(stated: Mapping, one: Workload, cluster: Cluster, roles: Roles) -> bool:
    facts = WorkloadFacts(one, cluster, roles)
    if one.rendered or not holds(stated.get("when"), facts):
        return False
    if path := text(stated.get("each")):
        lacks = text(stated.get("lacks"))
        if all(member.get(lacks) for member in mappings(at(facts.body, path))):
            return False
    operators = roles.component(text(stated.get("operator")))
    given = stated.get("given")
    return not operators or any(holds(given, WorkloadFacts(other, cluster, roles)) for other in operators)
