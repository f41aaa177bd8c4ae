"""What a scraper may be meant to read and the input does not show: pods that a monitor selects, and those of releases
and objects that nobody knows, whose monitors come with them. Their pods may run in the host's network, where no policy
of their own is denied anything: only the scraper's egress is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cilium_policies.config.model import EGRESS
from cilium_policies.evidence.edge import Edge, workload_of
from cilium_policies.evidence.given import Given
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.uncovered import GUESSED, Key, Uncovered, of_workload
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_NAMED = 3  # so many are named, the rest are more


def unread(
    cluster: Cluster,
    given: Given,
    roles: Roles,
    edges: Iterable[Edge],
    subjects: Iterable[Workload],
    told: Collection[Key],
) -> Iterator[Uncovered]:
    """One line a scraper of this build; `told`: directions that are closed, or of which a line tells already."""
    own = set(map(id, subjects))
    scrapers = [one for one in roles.scraper_pods if id(one) in own and (one.key, EGRESS) not in told]
    if not scrapers:
        return
    unknown = list(_unknown(cluster))
    blind = list(_blind(cluster, edges))
    if blind:
        from cilium_policies.evidence.scrapers import Scrapers

        known = Scrapers(cluster, given)
        chosen = [(monitor, {id(workload_of(peer)) for peer in known.of(monitor)}) for monitor in blind]
    else:
        chosen = []
    for one in scrapers:
        meant = [str(monitor) for monitor, readers in chosen if id(one) in readers] + unknown
        if meant:
            names = ", ".join(meant[:_NAMED])
            more = f" and {len(meant) - _NAMED} more" if len(meant) > _NAMED else ""
            cure = f"{{from: {{pod: {one.namespace}/{one.name}}}, to: none}}"
            yield of_workload(GUESSED, "scrapes-unseen", EGRESS, one, (names + more,), cure)


def _blind(cluster: Cluster, edges: Iterable[Edge]) -> Iterator[Object]:
    """Monitors that select nothing which the input shows."""
    from cilium_policies.evidence.monitors import SELECTING

    monitors = cluster.inventory.of(*SELECTING)
    used = {id(edge.evidence.subject) for edge in edges} if monitors else set()
    return (one for one in monitors if id(one) not in used)


def _unknown(cluster: Cluster) -> Iterator[str]:
    """Releases and objects whose pods nobody here knows."""
    yield from dict.fromkeys(
        str(one.source)
        for one in cluster.workloads
        if not one.rendered and not one.component and one.source is not None
    )
    yield from (str(one.source) for one in cluster.makers if one.is_told)
