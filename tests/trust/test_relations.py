"""What must hold between two inputs: a second set of namespaces is no peer of the first, a bystander changes none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cilium_policies.config.model import Config
from cilium_policies.document.split import split
from cilium_policies.evidence.edge import Edge, Peer
from cilium_policies.function import Options, make

from tests.short import manifests
from tests.trust.sweep import disguises, policies

NAMED = '"k8s:io.kubernetes.pod.namespace": "evil"'
DOUBLED = (Path(__file__).parent / "doubled.yaml").read_text(encoding="utf-8")


def edges(text: str) -> list[Edge]:
    return make([split(manifests(text))], Config(mode="enforce"), Options()).plan.edges


def space(peer: Peer) -> str:
    return peer.workload.namespace if peer.workload is not None else peer.namespace


def between(found: list[Edge], sets: tuple[str, ...]) -> Iterator[str]:
    for edge in found:
        ends = [space(peer).partition("-")[0] for peer in (edge.source, edge.target)]
        if ends[0] != ends[1] and set(ends) <= set(sets):
            yield f"{edge.source.workload} => {edge.target.workload} {edge.evidence.origin}"


def test_a_second_set_of_namespaces_is_no_peer_of_the_first() -> None:
    both = DOUBLED.replace("SET", "alpha") + DOUBLED.replace("SET", "beta")
    assert list(between(edges(both), ("alpha", "beta"))) == []


def test_within_one_set_the_ties_hold() -> None:
    """The first test would be passed by opening nothing at all."""
    both = DOUBLED.replace("SET", "alpha") + DOUBLED.replace("SET", "beta")
    found = {
        (edge.source.workload.name, edge.target.workload.name)
        for edge in edges(both)
        if edge.source.workload is not None
        and edge.target.workload is not None
        and space(edge.source) != space(edge.target)
        and space(edge.source).startswith("alpha")
    }
    assert {("lidarr", "alpha-pg"), ("gitea", "alpha-pg"), ("web", "alpha-cache")} <= found


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
        for kind, pod in disguises(30)
        if kind == how and others(policies([pod])) != before
    ]
    assert told == []
