"""What must hold between two inputs: a second set of namespaces is no peer of the first, a bystander changes none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from cilium_policies.catalogue.load import load
from cilium_policies.config.model import Config
from cilium_policies.document.split import split
from cilium_policies.evidence.edge import Edge, namespace_of
from cilium_policies.function import Options, make

from tests.engine.corpus import cases
from tests.short import manifests
from tests.trust.beside import pairs, sweep
from tests.trust.doubling import SHARED, SUFFIX, doubled
from tests.trust.named import as_text, ground, keys, openings, written
from tests.trust.named import edges as named_edges
from tests.trust.sweep import disguises, policies

NAMED = '"k8s:io.kubernetes.pod.namespace": "evil"'
DOUBLED = (Path(__file__).parent / "doubled.yaml").read_text(encoding="utf-8")


def edges(text: str) -> list[Edge]:
    return make([split(manifests(text))], Config(mode="enforce"), Options()).plan.edges


def between(found: list[Edge], sets: tuple[str, ...]) -> Iterator[str]:
    for edge in found:
        ends = [namespace_of(peer).partition("-")[0] for peer in (edge.source, edge.target)]
        if ends[0] != ends[1] and set(ends) <= set(sets):
            yield f"{edge.client} => {edge.server} {edge.evidence.origin}"


def test_a_second_set_of_namespaces_is_no_peer_of_the_first() -> None:
    both = DOUBLED.replace("SET", "alpha") + DOUBLED.replace("SET", "beta")
    assert list(between(edges(both), ("alpha", "beta"))) == []


def test_within_one_set_the_ties_hold() -> None:
    """The first test would be passed by opening nothing at all."""
    both = DOUBLED.replace("SET", "alpha") + DOUBLED.replace("SET", "beta")
    found = {
        (edge.client.name, edge.server.name)
        for edge in edges(both)
        if edge.client is not None
        and edge.server is not None
        and namespace_of(edge.source) != namespace_of(edge.target)
        and namespace_of(edge.source).startswith("alpha")
    }
    assert {("lidarr", "alpha-pg"), ("gitea", "alpha-pg"), ("web", "alpha-cache")} <= found


# They act on objects of every namespace: sources, Providers, stores, data sources that select a Grafana by its labels,
# routes that are to be probed (gatus-sidecar watches all namespaces unless `--namespace` says one; gatus asks them).
_BY_OBJECTS = (
    "flux-source-controller",
    "flux-notification-controller",
    "external-secrets",
    "grafana-instance",
    "gatus-sidecar",
    "gatus",
)


def _is_everybodys(edge: Edge) -> bool:
    """What rightly goes from one set to the other: a scraper reads what its own object selects, which is everything
    here, an operator looks after the objects of all namespaces, and so do Flux's controllers."""
    if edge.origin == "monitor":
        return True
    client, server = edge.client, edge.server
    assert client is not None, edge
    assert server is not None, edge
    catalogue = load()
    if client.component in _BY_OBJECTS or client.component in catalogue.roles["gateway"]:
        return True  # which Gateway a route that an operator makes will name, its object does not say
    if edge.evidence.component == server.component and client.component in catalogue.roles["scraper"]:
        return True
    entry = catalogue.get(edge.evidence.component)
    stated = entry.own_edges if entry is not None else ()
    return any(one.every and one.peer == f"component:{server.component}" for one in stated)


@pytest.mark.parametrize(
    "name",
    [
        "seed-cluster",
        "argo-cd",
        "kube-prometheus-stack",
        "online-boutique",
        "sock-shop",
        "apps-root-template",
        "apps-root-bjws",
        "apps-root-buroa",
        "apps-root-onedr0p",
    ],
)
def test_a_real_cluster_and_its_double_are_no_peers(corpus: Path, name: str) -> None:
    case = next(one for one in cases(corpus) if one.name == name)
    texts = doubled(build.read_text(encoding="utf-8") for build in case.builds)
    sources = [split(text.encode(), str(number)) for number, text in enumerate(texts)]
    found = make(sources, Config(mode="enforce"), Options()).plan.edges
    spaces = set(
        chain.from_iterable((namespace_of(edge.source), namespace_of(edge.target)) for edge in found)
    )
    assert any(one.endswith(SUFFIX) for one in spaces)
    across = [
        f"{edge.client} => {edge.server} {edge.evidence.component or edge.evidence.origin}"
        for edge in found
        for ends in [(namespace_of(edge.source), namespace_of(edge.target))]
        if all(ends) and not set(ends) & set(SHARED)
        if ends[0].endswith(SUFFIX) != ends[1].endswith(SUFFIX) and not _is_everybodys(edge)
    ]
    assert across == []


def others(made: dict[str, Any]) -> dict[str, list[tuple[Any, Any]]]:
    """The rules of every namespace but evil's, less those that name evil: what is announced to it is no flow between
    others."""
    found = {}
    for name, policy in made.items():
        if not name.startswith("evil/"):
            specs = policy.get("specs") or [policy["spec"]]
            found[name] = [
                tuple(
                    [rule for rule in spec.get(side) or () if NAMED not in json.dumps(rule)]
                    for side in ("ingress", "egress")
                )
                for spec in specs
            ]
    return found


# Every thirtieth of some thousand; `python -m tests.trust.sweep` takes them all.
@pytest.mark.parametrize("how", ["label", "image"])
def test_a_bystander_changes_nothing_between_others(how: str) -> None:
    before = others(policies([{"dep": "evil/x", "ports": [4444]}]))
    told = [
        yaml.safe_dump(pod)
        for way, _, pod in disguises(30)
        if way == how and others(policies([pod])) != before
    ]
    assert told == []


# Every hundredth of some eight thousand; `python -m tests.trust.beside` takes them all, and releases on request.
def test_the_marks_of_a_peer_open_nothing_of_its_neighbours_unsaid() -> None:
    assert [*sweep(100, 3, "both")] == []


def test_a_release_that_is_a_programs_peer_opens_what_the_catalogue_knows() -> None:
    """The test above would be passed by neighbours that nobody calls: an alert sender's way to a mail server's."""
    assert any(
        "alertmanager" in line for line in sweep(1, pairs().index(("alertmanager", "prometheus")), "object")
    )


def test_objects_of_every_kind_have_nobody_elses_programs_call_others_unsaid() -> None:
    """What an entry states of a program where an object of some kind stands in the cluster (`when: {object: …}`)."""
    cluster = ground()
    before = keys(named_edges(cluster))
    found = openings(before, named_edges(cluster + as_text(written("url"))))
    assert [line for line in found if "[catalogue " in line] == []
