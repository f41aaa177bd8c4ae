"""Directions without evidence that somebody is needed, and with some that nobody is: a guess, and not unknown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import islice

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.ports import SERVERS
from cilium_policies.config.model import EGRESS
from cilium_policies.evidence.edge import Edge
from cilium_policies.generate.applications import application, telling
from cilium_policies.generate.shown import is_shown
from cilium_policies.generate.stated import states
from cilium_policies.generate.uncovered import GUESSED, UNKNOWN, Key
from cilium_policies.kube.ports import is_of_operations
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.generate.told_nobody import Publishers
    from cilium_policies.generate.uncovered import Degree, Why
    from cilium_policies.workloads.model import Service

_SEARCH = (8983, 7700, 8108)  # Solr, Meilisearch, Typesense: what they ask beyond themselves they are told
_BARE = ("busybox", "alpine", "debian", "ubuntu", "bash")  # images that hold no program
Doors = Mapping[int, set[str]]  # ports on which somebody may mean to call pods, each with its names


class Likely:
    """The degree of rendered pods without evidence, given all edges and (`explaining`) those by direction."""

    def __init__(
        self,
        cluster: Cluster,
        catalogue: Catalogue,
        edges: Collection[Edge],
        explaining: Mapping[Key, Collection[Edge]],
    ) -> None:
        self._cluster = cluster
        self._catalogue = catalogue
        self._explaining = explaining
        self._edges = edges
        self._telling = telling(cluster.workloads, edges)
        self._publishers: Publishers | None = None
        self._untold: dict[str, list[Workload]] = {}

    def of(self, one: Workload, direction: str, why: Why, doors: Doors | None) -> tuple[Degree, Why]:
        """The degree, and why: `why` is kept where it is unknown."""
        if one.source is not None and not one.replicas and one.source.spec.get("replicas") == "0":
            return GUESSED, "scaled-to-none"  # and no autoscaler says otherwise
        guess = self._egress(one, why) if direction == EGRESS else self._ingress(one, why, doors)
        return (UNKNOWN, why) if guess is None else (GUESSED, guess)

    def calls_nobody(self, one: Workload) -> bool:
        """Whether it is shown that pods call nobody."""
        if not (one.rendered and one.images) or self._explaining.get((one.key, EGRESS)):
            return False
        if not all(image.rpartition("/")[2].startswith(_BARE) for image in one.images):
            return False
        from cilium_policies.generate.local_scripts import calls_nobody  # few builds have such a workload

        return calls_nobody(one)

    def _egress(self, one: Workload, why: Why) -> Why | None:
        if any(port.number in SERVERS or port.number in _SEARCH for port in one.ports):
            return "server-port"
        if why == "no-callee" and is_shown(one, self._cluster.inventory):
            if application(one) in self._telling:
                return "names-nobody"
            if self._published.are_told(one):
                return "others-say"
        return "told-nobody" if self._is_told_nobody(one) else None

    def _ingress(self, one: Workload, why: Why, doors: Doors | None) -> Why | None:
        if doors and all(any(map(is_of_operations, names)) for names in doors.values()):
            return "metrics-only"  # what a scraper or the kubelet asks for
        services = self._cluster.services_for(one)
        if not services:
            return "no-service"
        if not one.ports and all(self._is_for_others(service, one) for service in services):
            return "others-service"
        if why != "no-caller":
            return None
        if all(_governs(service, one) for service in services):
            return "governing-service"
        if self._callers_are_told(one):
            return "named-by-nobody"
        if self._published.are_told(one, beside=True):
            return "others-name"
        return "no-client" if self._is_among_told(one) else None

    def _is_for_others(self, service: Service, one: Workload) -> bool:
        """Whether a Service takes in pods that declare a port beside these: a chart's Jobs carry its labels."""
        backends = self._cluster.backends(service)
        return any(other is not one and other.ports for other in backends)

    def _callers_are_told(self, one: Workload) -> bool:
        """Whether the other parts of its application are told whom they call, each of them: a server would be named."""
        mine = application(one)
        return mine in self._telling and all(
            self._explaining.get((other.key, EGRESS))
            for other in self._cluster.in_namespace(one.namespace)
            if other is not one and application(other) == mine
        )

    def _is_among_told(self, one: Workload) -> bool:
        """Whether it is a program for everybody, whose clients have to be told where it is, and all that runs beside it
        is such a program as well, of which an entry or its own configuration says whom it calls."""
        return self._is_everybodys(one) and all(other is one for other in self._untold_in(one.namespace))

    def _untold_in(self, namespace: str) -> list[Workload]:
        """Pods of a namespace of which nothing says whom they call, two at most: enough to tell of each one there
        whether any run beside it. The whole namespace is gone through once, not again for each of its pods."""
        found = self._untold.get(namespace)
        if found is None:
            untold = (one for one in self._cluster.in_namespace(namespace) if not self._is_told(one))
            found = self._untold[namespace] = list(islice(untold, 2))
        return found

    def _is_told(self, one: Workload) -> bool:
        """Whether an entry by which it is recognised tells whom it calls, or, of a program for everybody, its own
        configuration."""
        entry = (
            self._catalogue.get(one.component) if one.component and one.by_label and one.by_image else None
        )
        if entry is not None and not entry.users_code and states(entry, EGRESS):
            return True
        return is_shown(one, self._cluster.inventory) and self._is_everybodys(one)

    def _is_everybodys(self, one: Workload) -> bool:
        from cilium_policies.generate.told_nobody import is_a_script

        return not is_a_script(one) and self._published.is_everybodys(one)

    def _is_told_nobody(self, one: Workload) -> bool:
        # Few builds have such a workload: start-up is paid at every build.
        from cilium_policies.generate.told_nobody import is_told_nobody

        return is_told_nobody(one, self._cluster, self._published)

    @property
    def _published(self) -> Publishers:
        if self._publishers is None:
            from cilium_policies.generate.told_nobody import Publishers

            self._publishers = Publishers(self._cluster.workloads, self._catalogue, self._edges)
        return self._publishers


def _governs(service: Service, one: Workload) -> bool:
    """Whether a Service is there because a StatefulSet must have one."""
    return service.headless and one.source is not None and one.source.spec.get("serviceName") == service.name
