"""Clusters that are drawn: the flows first, the manifests after, of kinds, charts and images that nobody knows.

A drawn cluster has services that call each other. For each call it is drawn whether the manifests tell of it (an
address in the environment) or not (the program knows it), and what a service is made of: a Deployment, a Job, an object
of an unknown kind with or without a pod template, a release of an unknown chart. Whatever the product makes of that:
a call that is denied is named at one end, and a call that the manifests tell of in full passes.
"""

from __future__ import annotations

import json
import random
from typing import Any, NamedTuple

import pytest
import yaml
from cilium_policies.config.model import Config
from cilium_policies.document.split import split
from cilium_policies.function import Options, make
from cilium_policies.generate.reconcile import documents
from cilium_policies.questions.uncovered import values

from tests.engine.announced import announced, cuts
from tests.engine.measure import Denial, Miss

FORMS = ("deployment", "statefulset", "template", "object", "release")


class Service(NamedTuple):
    namespace: str
    name: str
    form: str
    port: int

    @property
    def labels(self) -> dict[str, str]:
        if self.form == "release":
            return {"app.kubernetes.io/name": self.name, "app.kubernetes.io/instance": self.name}
        if self.form == "object":
            return {"widgets.example.org/name": self.name}
        return {"app": self.name}


class Call(NamedTuple):
    source: Service
    target: Service
    told: bool  # whether an address in the manifests names the target


def drawn(seed: int) -> tuple[list[Service], list[Call]]:
    """A cluster of six to ten services in three namespaces, and who calls whom."""
    chance = random.Random(seed)
    services = [
        Service(chance.choice(("red", "green", "blue")), f"s{number}", chance.choice(FORMS), 7000 + number)
        for number in range(chance.randint(6, 10))
    ]
    calls = []
    for source in services:
        for target in chance.sample(services, 2):
            if target is not source:
                shown = source.form in ("deployment", "statefulset", "template")
                calls.append(Call(source, target, shown and chance.random() < 0.6))
    calls[-1] = calls[-1]._replace(told=False)  # one at least is known to its program alone
    return services, calls


def manifests(services: list[Service], calls: list[Call]) -> str:
    found: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in sorted({one.namespace for one in services})
    ]
    for one in services:
        addresses = [
            {
                "name": f"PEER_{call.target.name}_URL",
                "value": f"http://{call.target.name}.{call.target.namespace}:80",
            }
            for call in calls
            if call.source is one and call.told
        ]
        found += _made(one, addresses)
    return yaml.safe_dump_all(found, sort_keys=False)


def _made(one: Service, env: list[dict[str, str]]) -> list[dict[str, Any]]:
    place = {"name": one.name, "namespace": one.namespace}
    container = {
        "name": "main",
        "image": f"registry.example.org/{one.name}:1",
        "ports": [{"containerPort": one.port}],
        "env": env,
    }
    template = {"metadata": {"labels": one.labels}, "spec": {"containers": [container]}}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": place,
        "spec": {"selector": one.labels, "ports": [{"port": 80, "targetPort": one.port}]},
    }
    if one.form in ("deployment", "statefulset"):
        kind = {"deployment": "Deployment", "statefulset": "StatefulSet"}[one.form]
        spec = {"selector": {"matchLabels": one.labels}, "template": template}
        return [{"apiVersion": "apps/v1", "kind": kind, "metadata": place, "spec": spec}, service]
    if one.form == "template":
        spec = {"parts": [{"podTemplate": template}]}
        return [
            {"apiVersion": "widgets.example.org/v1", "kind": "Assembly", "metadata": place, "spec": spec},
            service,
        ]
    if one.form == "object":
        return [
            {"apiVersion": "widgets.example.org/v1", "kind": "Widget", "metadata": place, "spec": {"size": 2}}
        ]
    chart = {"chart": {"spec": {"chart": "unheard-of"}}, "values": {"colour": "red"}}
    return [
        {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": place, "spec": chart}
    ]


def pods(services: list[Service]) -> str:
    """The pods of run time that no manifest shows."""
    return yaml.safe_dump_all(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": one.name, "namespace": one.namespace, "labels": one.labels},
            "spec": {"containers": [{"name": "main", "image": "x", "ports": [{"containerPort": one.port}]}]},
        }
        for one in services
        if one.form in ("object", "release", "template")
    )


@pytest.mark.parametrize("seed", range(12))
def test_no_call_of_a_drawn_cluster_is_cut_in_silence(seed: int, judge: Any) -> None:
    services, calls = drawn(seed)
    text = manifests(services, calls)
    run = make([split(text.encode())], Config(mode="enforce"), Options())
    world = judge.world(text=f"{text}\n---\n{pods(services)}")
    world.set_policies(documents(run.policies.policies).decode())
    ends = {one: {"namespace": one.namespace, "labels": one.labels} for one in services}
    queries = [
        {"from": ends[one.source], "to": ends[one.target], "port": one.target.port, "protocol": "TCP"}
        for one in calls
    ]
    verdicts = world.ask(queries)
    world.unload()
    misses = []
    for call, query, verdict in zip(calls, queries, verdicts, strict=True):
        sides = (("from", "egress", verdict.egress), ("to", "ingress", verdict.ingress))
        denied = tuple(Denial(end, way, side.by) for end, way, side in sides if side.verdict == "deny")
        if verdict.verdict != "allow":
            misses.append(Miss(_Row(call, query), verdict.verdict, verdict.reason(), denied))
    found = cuts(misses, announced([json.dumps({"items": values(run.plan)})]))
    assert [str(miss.row.call) for miss in found.silent] == []
    assert found.announced  # some calls are known to the programs alone
    shown = ("deployment", "statefulset", "template")
    passed = [one for one, verdict in zip(calls, verdicts, strict=True) if verdict.verdict == "allow"]
    assert [one for one in calls if one.told and one.target.form in shown and one not in passed] == []


class _Row(NamedTuple):
    """What `cuts` asks of a row."""

    call: Call
    query: dict[str, Any]
    expect: str = "allow"
    source: str = ""
