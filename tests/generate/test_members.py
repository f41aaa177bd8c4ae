"""Pods of one cluster that all call each other: an edge each instead of one for each pair, and the same policies."""

from __future__ import annotations

import pytest
from cilium_policies.cli.options import run_on
from cilium_policies.config.model import Config
from cilium_policies.config.settings import config_of
from cilium_policies.document.split import split
from cilium_policies.evidence.edge import Edge
from cilium_policies.function import Made, Options, make, run
from cilium_policies.generate import roles

from tests.evidence.shown import flows
from tests.hostile import multiplied
from tests.support import namespace

DATABASES = "\n---\n".join(
    f"apiVersion: app.redislabs.com/v1alpha1\nkind: RedisEnterpriseDatabase\nmetadata: {{name: d{at}, namespace: db}}\n"
    f"spec: {{databasePort: {12000 + at}}}"
    for at in range(20)
)


def sharded(shards: int) -> str:
    """A cluster of the object's own coordinator and so many shards, each with labels of its own."""
    return (
        "apiVersion: stackgres.io/v1alpha1\nkind: SGShardedCluster\nmetadata: {name: big, namespace: db}\n"
        f"spec: {{coordinator: {{instances: 2}}, shards: {{clusters: {shards}, instancesPerCluster: 2}}}}"
    )


def stream(*documents: str) -> bytes:
    return "\n---\n".join((namespace("db"), *documents)).encode()


def made(data: bytes, *, keep: bool = False) -> Made:
    sources = [split(data, "stdin")]
    config: Config = config_of(sources, None, (("mode", "enforce"),))
    return make(sources, config, Options(), keep=keep)


def written(data: bytes, *overrides: tuple[str, str]) -> bytes:
    return run(
        [("stdin", data)], Options(overrides=(("mode", "enforce"), *overrides), only_policies=True)
    ).stdout


def test_twice_the_shards_are_twice_the_edges() -> None:
    few, many = (len(made(stream(sharded(shards))).plan.edges) for shards in (20, 40))
    assert few < many <= 2 * few


@pytest.mark.parametrize(
    "documents",
    [(sharded(12),), (DATABASES,), (sharded(12), DATABASES)],
    ids=["labels of their own", "the same labels", "two clusters"],
)
def test_the_policies_are_those_of_every_pair(
    documents: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = stream(*documents)
    compact = written(data)
    monkeypatch.setattr(roles, "MANY", 10**6)
    assert compact == written(data)


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("apps", "StatefulSet"),  # rendered, and those of one part call each other
        ("slinky.slurm.net", "NodeSet"),  # those of every part call those of one
        ("core.pingcap.com", "TiDBGroup"),  # one with another port
        ("core.pingcap.com", "PDGroup"),
    ],
)
@pytest.mark.parametrize("many", [2, 8])
def test_pods_that_play_their_parts_are_told_as_every_pair_is(
    group: str, kind: str, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = multiplied.many(*multiplied.richest(group, kind), 10)
    monkeypatch.setattr(roles, "MANY", many)
    plan, kept, compact = made(data).plan, made(data, keep=True).plan, written(data)
    assert any(edge.members is not None for edge in plan.edges)
    monkeypatch.setattr(roles, "MANY", 10**6)
    assert compact == written(data)
    every = made(data, keep=True).plan
    assert pairs(kept.edges) == pairs(every.edges)
    assert [str(one) for one in kept.uncovered] == [str(one) for one in every.uncovered]
    assert [str(one) for one in kept.guessed] == [str(one) for one in every.guessed]


def pairs(edges: list[Edge]) -> list[tuple[object, ...]]:
    """The edges without their workloads' identities."""
    return [
        (
            edge.client.key if edge.client else edge.source,
            edge.server.key if edge.server else edge.target,
            edge.ports,
            edge.reason,
            edge.evidence.origin,
            edge.foreign,
        )
        for edge in edges
    ]


RING = b"""\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
spec:
  components:
    define:
      - component: ring
        what: a store
        match: [{app: ring}]
        images: [ring]
        edges:
          - {from: all-pods, ports: [7000/TCP], why: data}
          - {to: component:ring, ports: [7000/TCP, 7001/TCP], why: gossip, of: [server]}
          - {to: component:ring, ports: [7002/TCP], why: work, part: [worker], of: [worker]}
"""


def test_a_client_that_runs_the_members_image_takes_no_port_from_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    servers = [
        "apiVersion: apps/v1\nkind: StatefulSet\n"
        f"metadata: {{name: s{at}, namespace: db}}\n"
        f"spec: {{template: {{metadata: {{labels: {{app: ring, app.kubernetes.io/component: server, at: s{at}}}}}, "
        "spec: {containers: [{name: c, image: ring, ports: [{containerPort: 7000}, {containerPort: 7001}]}]}}}"
        for at in range(10)
    ]
    client = (  # the first of all, and told by its image alone
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: client, namespace: db}\n"
        "spec: {jobTemplate: {spec: {template: {metadata: {labels: {app.kubernetes.io/component: worker}}, "
        "spec: {containers: [{name: c, image: ring}]}}}}}"
    )
    data = [("in.yaml", stream(client, *servers))]
    monkeypatch.setattr(roles, "MANY", 2)
    few = flows(run_on(data, Options(config=("config.yaml", RING))).made.plan.edges)
    assert {"db/s0 > db/s1 7000/TCP,7001/TCP", "db/client > db/s1 7000/TCP"} <= few
    monkeypatch.setattr(roles, "MANY", 10**6)
    assert few == flows(run_on(data, Options(config=("config.yaml", RING))).made.plan.edges)


def test_a_mesh_tunnels_every_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    data = sharded(12).encode() + (
        b"\n---\napiVersion: v1\nkind: Namespace\n"
        b"metadata: {name: db, annotations: {linkerd.io/inject: enabled}}\n"
    )
    compact = written(data)
    assert b'port: "4143"' in compact
    monkeypatch.setattr(roles, "MANY", 10**6)
    assert compact == written(data)


def test_what_policies_of_the_user_close_is_told_of_every_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: closed, namespace: db}\n"
        "spec: {podSelector: {}, policyTypes: [Ingress]}"
    )
    sources = [("stdin", stream(sharded(9), closed))]
    compact = run(sources, Options()).stderr
    assert "540 flows that your own policies close will be open" in compact[-1]
    monkeypatch.setattr(roles, "MANY", 10**6)
    assert compact == run(sources, Options()).stderr


def test_questions_are_asked_of_single_pods() -> None:
    plan = made(stream(sharded(9)), keep=True).plan
    ends = {(edge.client.name, edge.server.name) for edge in plan.edges if edge.client and edge.server}
    assert ("big-shard3", "big-shard7") in ends


def test_the_config_takes_one_pair_away() -> None:
    data = stream(sharded(9))
    config = (
        "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\n"
        "spec: {mode: enforce, deny: [{from: {pod: db/big-shard3}, to: {pod: db/big-shard7}, why: no}]}\n"
    )
    sources = [split(data, "stdin")]
    plan = make(sources, config_of(sources, ("config", config.encode()), ()), Options(), keep=True).plan
    ends = {(edge.client.name, edge.server.name) for edge in plan.edges if edge.client and edge.server}
    assert ("big-shard3", "big-shard7") not in ends
    assert {("big-shard7", "big-shard3"), ("big-shard3", "big-shard6")} <= ends
