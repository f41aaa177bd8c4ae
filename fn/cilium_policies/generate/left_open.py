"""Directions that the user's own policies open to everybody: allows add up, so nothing is denied there."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.config.model import EGRESS, INGRESS
from cilium_policies.generate.uncovered import Key
from cilium_policies.kube.inventory import policy_objects
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_ANY = (
    (443, "TCP"),
    (5432, "TCP"),
    (40000, "TCP"),
    (40000, "UDP"),
)  # if these pass, so does every other port


def left_open(cluster: Cluster, subjects: Iterable[Workload]) -> set[Key]:
    """The key and the direction of each workload to which a stranger of the cluster and one outside may talk by the
    user's rules alone. Nothing is imported where the input has no policy."""
    if not policy_objects(cluster.inventory):
        return set()
    from cilium_policies.checks.snapshot import SOMEWHERE, as_written
    from cilium_policies.evaluate.endpoint import address, pod
    from cilium_policies.evaluate.verdict import ALLOW_RULE

    today = as_written(cluster)
    strangers = (
        pod("nobody", "nobody", {"nobody": "nobody"}, options=today.options),
        today.repository.place(address(SOMEWHERE, today.options)),
    )
    found = set()
    for one in subjects:
        end = today.end(one)
        listens = tuple((port.number, port.protocol) for port in one.ports if port.number)
        for direction, ports in ((INGRESS, listens or _ANY), (EGRESS, _ANY)):
            if all(
                today.repository.decide(end, who, *port, ingress=direction == INGRESS).reason == ALLOW_RULE
                for who in strangers
                for port in ports
            ):
                found.add((one.key, direction))
    return found
