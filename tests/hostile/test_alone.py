"""Each spelling of a secret alone in a cluster, in every place that is read: in a crowd of thousands of names many
lines are counted and not written, and what they would say is not seen."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.within import within
from tests.hostile.planted import Planter, argument, deployment, line, thing
from tests.hostile.spellings import SPELLINGS

ALL = "cluster.fqdn=all"  # writes each host's name
FUNCTION = ("--only-policies", "-v", "--mode", "enforce", "--set", ALL)
FILE = "x.conf"


def env(key: str, value: str) -> Iterator[dict[str, Any]]:
    yield deployment(env=[{"name": key, "value": value}])


def args(key: str, value: str) -> Iterator[dict[str, Any]]:
    yield deployment(args=[argument(key, value)])


def map_(key: str, value: str) -> Iterator[dict[str, Any]]:
    yield {**thing("v1", "ConfigMap", "m", space="a"), "data": {key: value}}
    yield deployment(envFrom=[{"configMapRef": {"name": "m"}}])


def file(key: str, value: str) -> Iterator[dict[str, Any]]:
    yield {**thing("v1", "ConfigMap", "m", space="a"), "data": {FILE: line(key, value)}}
    yield deployment(envFrom=[{"configMapRef": {"name": "m"}}])


def secret(key: str, value: str) -> Iterator[dict[str, Any]]:
    data = {key: value, FILE: line(key, value)}
    yield {**thing("v1", "Secret", "m", space="a"), "data": {
        one: base64.b64encode(text.encode()).decode() for one, text in data.items()
    }}  # fmt: skip
    yield deployment(envFrom=[{"secretRef": {"name": "m"}}])


def values(key: str, value: str) -> Iterator[dict[str, Any]]:
    held = {"env": {key: value}, "config": line(key, value), "extraEnv": [{"name": key, "value": value}]}
    chart = {"spec": {"chart": "web", "version": "1.0.0"}}
    yield thing(
        "helm.toolkit.fluxcd.io/v2", "HelmRelease", "r", space="a", spec={"chart": chart, "values": held}
    )


def application(key: str, value: str) -> Iterator[dict[str, Any]]:
    source = {
        "repoURL": "https://charts.example.org", "chart": "web", "targetRevision": "1.0.0",
        "helm": {
            "values": json.dumps({"env": {key: value}, "config": line(key, value)}),
            "valuesObject": {"extraEnv": [{"name": key, "value": value}]},
            "parameters": [{"name": f"env.{key}", "value": value}],
        },
    }  # fmt: skip
    target = {"server": "https://kubernetes.default.svc", "namespace": "a"}
    spec = {"project": "default", "source": source, "destination": target}
    yield thing("argoproj.io/v1alpha1", "Application", "r", space="argocd", spec=spec)


def connector(key: str, value: str) -> Iterator[dict[str, Any]]:
    config = {key.lower().replace("_", "."): value, "database.hostname": "db.shop", "database.port": "5432"}
    spec = {"class": "io.debezium.connector.postgresql.PostgresConnector", "tasksMax": 1, "config": config}
    labels = {"strimzi.io/cluster": "c"}
    made = thing("kafka.strimzi.io/v1beta2", "KafkaConnector", "k", space="a", spec=spec)
    made["metadata"]["labels"] = labels
    yield made
    connect = {"bootstrapServers": "mq.shop:9092", "replicas": 1, "config": {key: value}}
    yield thing("kafka.strimzi.io/v1beta2", "KafkaConnect", "c", space="a", spec=connect)


def template(key: str, value: str) -> Iterator[dict[str, Any]]:
    made = {"template": {"data": {key: value, FILE: line(key, value)}}}
    yield thing("external-secrets.io/v1", "ExternalSecret", "m", space="a", spec={"target": made})
    yield deployment(envFrom=[{"secretRef": {"name": "m"}}])


PLACES = (env, args, map_, file, secret, values, application, connector, template)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES, ids=lambda one: one.__name__)
def test_none_leaves_alone(place: Any) -> None:
    found = []
    for key, spelling in SPELLINGS.items():
        plant = Planter()
        bodies = [thing("v1", "Namespace", "a", space=None), *place(key, plant.fill(spelling))]
        done = within(*FUNCTION, stdin="\n---\n".join(map(json.dumps, bodies)).encode())
        shown = (done.stdout + done.stderr).decode()
        assert done.returncode == 0, shown
        if any(one in shown for one in plant.planted):
            found.append((key, shown))
    assert [key for key, _ in found] == [], found[0]
