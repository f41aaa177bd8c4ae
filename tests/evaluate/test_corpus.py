"""The evaluation against Cilium's engine on real clusters, with the policies that the product writes for them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.corpus import Case, cases, cluster_text
from tests.engine.judge import Judge
from tests.engine.product import Product, Variant
from tests.evaluate.fuzz import difference
from tests.evaluate.manifests import Asked, Cluster

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ENTITIES = ("world", "host", "remote-node", "kube-apiserver", "ingress", "health")
ADDRESSES = ("1.1.1.1", "192.168.1.20", "10.10.0.5", "169.254.169.254")
POLICIES = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "NetworkPolicy", "CiliumCIDRGroup")
KINDS = (
    "Namespace",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Job",
    "CronJob",
    "Pod",
    "Service",
)
PAIRS = 300


def load(text: str) -> list[dict[str, Any]]:
    """The documents that matter to flows; others may hold scalars that PyYAML stops at."""
    found = []
    for part in text.split("\n---\n"):
        if any(f"kind: {kind}\n" in f"{part}\n" for kind in (*KINDS, *POLICIES, "EndpointSlice")):
            found += [one for one in yaml.load_all(part, LOADER) if one]
    return [one for one in found if one.get("kind") in (*KINDS, *POLICIES, "EndpointSlice")]


@pytest.mark.judge
@pytest.mark.slow
def test_real_clusters(judge: Judge, corpus: Path) -> None:
    asked, wrong = 0, []
    for case in cases(corpus):
        pairs, found = compared(judge, case)
        asked += pairs
        wrong += [f"{case.name}: {one}" for one in found]
    print(f"{asked} flows")
    assert asked > 3000
    assert not wrong, "\n".join(wrong[:20])


def compared(judge: Judge, case: Case) -> tuple[int, list[str]]:
    """How many flows of a case were asked, and those on which the two do not agree."""
    written = Product().policies(case, "enforce", Variant(""))
    documents = load(cluster_text(case)) + load(written)
    plain = [one for one in documents if one["kind"] not in POLICIES[:2]]
    own = [one for one in documents if one["kind"] in POLICIES[:2]]
    ours = Cluster(documents)
    queries = [row.query for row in case.rows] + drawn(ours)
    fields = {"text": stream(plain), "policies": stream(own), "queries": queries}
    answers = judge.request(op="once", **fields)["answers"]
    asked, wrong = 0, []
    for query, engine in zip(queries, answers, strict=True):
        if engine.get("error"):
            continue
        try:
            verdict = ours.ask(query)
        except Asked as reason:
            wrong.append(f"{query}: {reason}")
            continue
        asked += 1
        told = difference(verdict, engine)
        if told:
            wrong.append(f"{query}: {told}")
    return asked, wrong


def drawn(cluster: Cluster) -> list[dict[str, Any]]:
    """Flows between any two ends, on ports that somebody listens on."""
    draw = random.Random(len(cluster.pods))
    pods = sorted(key for key in cluster.pods if key.count("/") == 2)
    numbers = sorted(
        {port for ends in cluster.pods.values() for end in ends for port, _ in end.named_ports.values()}
    )
    ends = [{"pod": pod} for pod in pods] * 2
    ends += [{"entity": name} for name in ENTITIES] + [{"cidr": text} for text in ADDRESSES]
    found = []
    for _ in range(PAIRS):
        protocol = draw.choice(("TCP", "TCP", "UDP"))
        port = draw.choice([*numbers, 53, 443, 6443])
        pair = {"from": draw.choice(ends), "to": {"pod": draw.choice(pods)}}
        if draw.random() < 0.3:
            pair = {"from": pair["to"], "to": pair["from"]}
        found.append({**pair, "port": port, "protocol": protocol})
    return found


def stream(documents: list[dict[str, Any]]) -> str:
    return "\n---\n".join(json.dumps(one, default=str) for one in documents)
