"""What `spec.allow` and `spec.deny` say. Most builds say nothing there, and do not pay for the modules that read it."""

from __future__ import annotations

from cilium_policies.config.model import Config
from cilium_policies.document.finding import Finding
from cilium_policies.evidence.edge import Edge, written_out
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.uncovered import Key
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster


class Said(NamedTuple):
    """`edges` that are added, or those that are left; `complete`: the directions that are explained by it; `findings`
    about entries that match nothing."""

    edges: list[Edge]
    complete: set[Key]
    findings: list[Finding]


def allowed(cluster: Cluster, config: Config, roles: Roles) -> Said:
    """The edges that the user declares."""
    if not config.allow:
        return Said([], set(), [])
    from cilium_policies.generate.spec_allow import Allowed

    made = Allowed(cluster, config, roles)
    return Said(made.edges, made.complete, made.findings)


def less_denied(edges: list[Edge], cluster: Cluster, config: Config, roles: Roles) -> Said:
    """The edges without those that the user takes away."""
    if not config.deny:
        return Said(edges, set(), [])
    from cilium_policies.generate.spec_deny import Denials

    left = Denials(config.deny, written_out(edges), cluster, roles)  # they take single pairs away
    return Said(left.edges, left.complete, left.findings)
