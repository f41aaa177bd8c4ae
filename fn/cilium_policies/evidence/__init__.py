"""Evidence: from the objects of a cluster to the edges that they imply, one module a kind.

Every module has a function `edges(cluster, given) -> Iterator[Edge]`; to add one, write it and list it with what it
reads in `kube.kinds.EVIDENCE`. An edge's `origin` names its module to the reader. A module is imported when an object
or a word that it reads stands in the input: start-up is paid at each build, and few builds hold every kind of evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.given import NOTHING_GIVEN, Given
from cilium_policies.kube.kinds import EVIDENCE, Reads
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster

if TYPE_CHECKING:
    from cilium_policies.evidence.carried import Aside

MANY = 300  # workloads: of fewer, a copy of the process costs more than it spares
_HIGHEST = 65535


def _on_ports(edge: Edge) -> bool:
    """Not so where an object says a number that is no port's (0, 99999): no pod listens on it, and Cilium refuses the
    whole policy."""
    for port in edge.ports:  # noqa: SIM110 (`all` over a generator takes three times as long)
        if port.number > _HIGHEST or not (port.number or port.name or port.icmp):
            return False
    return True


def _is_woken(name: str, reads: Reads, cluster: Cluster, given: Given) -> bool:
    """Whether the input holds what a module reads."""
    kinds: Iterable[str] = reads.wakes
    if name == "routed":
        kinds = given.routed or kinds
    if name == "external_names" and not any(one.external_name for one in cluster.services):
        return False
    return (not kinds or bool(cluster.inventory.of(*kinds))) and (
        not reads.said or any(one.mentions(reads.said) for one in cluster.workloads)
    )


def _of(name: str, cluster: Cluster, given: Given) -> Iterator[Edge]:
    """What one module finds; not by importlib's import_module, which imports `warnings` as well."""
    module = __import__(f"{__name__}.{name}", fromlist=["edges"])
    found: Iterator[Edge] = module.edges(cluster, given)
    return found


def edges(cluster: Cluster, given: Given = NOTHING_GIVEN, aside: Aside = None) -> Iterator[Edge]:
    """Every edge that the cluster's objects give evidence of, in the order of `kinds.EVIDENCE`; the same edge
    may come from several objects. Probes are among them only with `spec.cluster.probes: rules`. `aside` begins work in
    another process, for who would rather wait less than spare CPU."""
    if not cluster.workloads:
        return
    woken = (name for name, reads in EVIDENCE.items() if _is_woken(name, reads, cluster, given))
    if aside is not None and len(cluster.workloads) >= MANY:
        from cilium_policies.evidence import halved

        found = halved.edges(list(woken), _of, cluster, given, aside)
    else:
        found = (edge for name in woken for edge in _of(name, cluster, given))
    yield from filter(_on_ports, found)
    if cluster.settings.probe_rules:
        from cilium_policies.evidence import probes

        yield from probes.edges(cluster)
