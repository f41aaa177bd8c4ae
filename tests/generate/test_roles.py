"""Which pods play a part, and which instance a client means."""

from __future__ import annotations

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.config.model import Allow, Config
from cilium_policies.config.peer import ConfigPeer
from cilium_policies.config.settings import Settings
from cilium_policies.evidence.edge import NamespacePeer, Peer
from cilium_policies.generate.roles import Roles, usual_scrapers
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

from tests.support import deployment, made, namespace


def workload(where: str, component: str, release: str = "") -> Workload:
    space, name = where.split("/")
    one = Workload(space, name, "Deployment")
    one.component, one.release = component, release
    return one


def roles(*workloads: Workload, **words: tuple[Peer, ...]) -> Roles:
    return Roles(Cluster(Inventory([]), list(workloads), [], Settings(), roles=load().roles), **words)


NEAR, FAR, TWIN = workload("a/db", "redis", "x"), workload("b/db", "redis"), workload("a/db2", "redis", "y")


def test_the_near_ones_are_of_the_own_release_else_namespace() -> None:
    found = roles(NEAR, FAR, TWIN)
    assert found.near(workload("a/web", "", "y"), "redis") == [TWIN]
    assert found.near(workload("a/web", "", "z"), "redis") == [NEAR, TWIN]
    assert found.near(workload("c/web", ""), "redis") == []


def test_scrapers_and_gateways_are_shown_or_said() -> None:
    scraper, gateway = workload("a/p", "prometheus"), workload("a/g", "traefik")
    shown = roles(scraper, gateway, NEAR)
    assert [one.workload for one in shown.scrapers] == [scraper]
    assert [one.workload for one in shown.gateways] == [gateway]
    said = (NamespacePeer("ops"),)
    assert roles(scraper, scrapers=said).scrapers == said
    assert roles(gateway, gateways=said).gateways == said


def _flows(component: str, label: str, words: str) -> set[str]:
    """Who may call shop/web where the config allows the word, with a definition of the user's for a pod ops/part."""
    define = [
        {"component": component, "what": "x", "match": [{"app": label}], **({"role": words} if words else {})}
    ]
    peer = words or "gateway"
    config = Config(
        defined_components=tuple(define),
        allow=(Allow(ConfigPeer("word", peer), ConfigPeer("pod", "web", "shop"), (Port(8080),), "ui"),),
    )
    documents = (namespace("shop"), namespace("ops"), deployment("shop/web"), deployment("ops/part"))
    edges = made(*documents, config=config).plan.edges
    return {str(edge.client) for edge in edges if edge.origin == "config" and edge.server}


@pytest.mark.parametrize("role", ["gateway", "scraper"])
def test_a_users_own_component_plays_a_part_as_the_built_in_ones_do(role: str) -> None:
    assert _flows("kong", "part", role) == {"Deployment ops/part"}
    assert _flows("kong", "part", "") == set()


def test_only_what_operators_make_is_a_scraper_where_none_is_shown() -> None:
    """A vendor's agent with `role: scraper` opens nothing in builds that do not show it."""
    roles = load([{"component": "agent", "match": [{"app": "agent"}], "role": "scraper"}]).roles
    usual = usual_scrapers(Cluster(Inventory([]), [], [], Settings(), roles=roles))
    names = {dict(peer.labels).get("app.kubernetes.io/name") for peer in usual}
    assert names == {"prometheus", "vmagent"}
