"""Pods that share the service account of a caller of the API and make no use of it themselves.

A chart often has one account for all its parts, bound to what one of them needs. Where the catalogue knows the programs
of both pods, the role binding is evidence of the one that its entry says calls the API, not of a cache beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.recognise import is_image, repository_of
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.reasons import CALLS_API
from cilium_policies.generate.ties import Ties
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


class SharedAccounts:
    """The edges to the API that are another's; their pods are gathered in `Ties.spared`, with the one that calls it."""

    def __init__(self, cluster: Cluster, catalogue: Catalogue, ties: Ties) -> None:
        self._catalogue = catalogue
        self._ties = ties
        self._users: dict[tuple[str, str], list[Workload]] = {}
        for one in cluster.workloads:
            self._users.setdefault((one.namespace, one.service_account), []).append(one)

    def own(self, edges: Iterable[Edge]) -> list[Edge]:
        """The edges without those that a shared account alone tells of."""
        return [one for one in edges if one.reason != CALLS_API or not self._is_anothers(one)]

    def _is_anothers(self, edge: Edge) -> bool:
        client = edge.client
        if client is None or getattr(edge.evidence.subject, "kind", "") not in _BINDINGS:
            return False
        beside = self._users[client.namespace, client.service_account]
        if len(beside) < 2 or not self._is_no_caller(client):
            return False
        callers = (one for one in beside if one.component and self._calls(one, one.component))
        caller = next(callers, None)
        if caller is not None:
            self._ties.spared[id(client)] = (client, caller)
        return caller is not None

    def _is_no_caller(self, one: Workload) -> bool:
        """Whether it is certain what each of the pod's containers runs, and no entry of theirs speaks of the API."""
        entry = self._catalogue.get(one.component)
        if entry is None or not (one.rendered and one.by_label and one.by_image) or one.by_user or one.unsure:
            return False
        own = (*entry.images, *entry.runs)
        others = [
            image for image in one.images if not any(is_image(repository_of(image), each) for each in own)
        ]
        names = [entry.name, *one.sidecars]
        if len(others) > len(one.sidecars) or entry.users_code:
            return False
        return not any(self._is_guess(name) or self._calls(one, name) for name in names)

    def _is_guess(self, name: str) -> bool:
        entry = self._catalogue.get(name)
        return entry is None or entry.guessed

    def _calls(self, one: Workload, name: str) -> bool:
        """Whether an entry says of this pod's role that it may call the API."""
        entry = self._catalogue.get(name)
        return entry is not None and any(
            known.peer == "kube-apiserver"
            and known.direction == "egress"
            and self._ties.plays(one, known.part)
            for known in entry.own_edges
        )
