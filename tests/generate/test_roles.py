"""Which pods play a part, and which instance a client means."""

from __future__ import annotations

from cilium_policies.config.settings import Settings
from cilium_policies.evidence.edge import Peer
from cilium_policies.generate.roles import Roles
from cilium_policies.kube.inventory import Inventory
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload


def workload(where: str, component: str, release: str = "") -> Workload:
    namespace, name = where.split("/")
    made = Workload(namespace, name, "Deployment")
    made.component, made.release = component, release
    return made


def roles(*workloads: Workload, **words: tuple[Peer, ...]) -> Roles:
    return Roles(Cluster(Inventory([]), list(workloads), [], Settings()), **words)


NEAR, FAR, TWIN = workload("a/db", "redis", "x"), workload("b/db", "redis"), workload("a/db2", "redis", "y")


def test_the_nearest_is_of_the_own_release_else_namespace_else_all() -> None:
    found = roles(NEAR, FAR, TWIN)
    assert found.nearest(workload("a/web", "", "y"), "redis") == [TWIN]
    assert found.nearest(workload("a/web", "", "z"), "redis") == [NEAR, TWIN]
    assert found.nearest(workload("c/web", ""), "redis") == [NEAR, FAR, TWIN]


def test_scrapers_and_gateways_are_shown_or_said() -> None:
    scraper, gateway = workload("a/p", "prometheus"), workload("a/g", "traefik")
    shown = roles(scraper, gateway, NEAR)
    assert [one.workload for one in shown.scrapers] == [scraper]
    assert [one.workload for one in shown.gateways] == [gateway]
    said = (Peer("namespace", namespace="ops"),)
    assert roles(scraper, scrapers=said).scrapers == said
    assert roles(gateway, gateways=said).gateways == said
