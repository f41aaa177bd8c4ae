"""A custom resource that names the other end's object opens that one and no other of its kind."""

from __future__ import annotations

from cilium_policies.config.model import Config

from tests.support import namespace, policies

ES = """apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
metadata: {name: NAME, namespace: NS}
spec: {nodeSets: [{name: default, count: 1}]}
"""
KIBANA = """apiVersion: logstash.k8s.elastic.co/v1alpha1
kind: Logstash
metadata: {name: ls, namespace: a}
spec: {count: 1, elasticsearchRefs: [REF]}
"""


def called(reference: str) -> set[tuple[str, ...]]:
    clusters = [
        ES.replace("NAME", name).replace("NS", place)
        for name, place in (("es", "a"), ("other", "a"), ("es", "b"))
    ]
    documents = (namespace("a"), namespace("b"), *clusters, KIBANA.replace("REF", reference))
    found = policies(*documents, config=Config(mode="enforce"))["a/logstash-eck-ls"]
    return {
        tuple(sorted(value for one in peer.requirements for value in one.values))
        for rule in found.specs[0].egress or ()
        for peer in rule.endpoints or ()
    }


def test_by_name_in_the_own_namespace() -> None:
    assert called("{name: es, clusterName: es}") == {("elasticsearch", "es")}


def test_by_name_and_namespace() -> None:
    assert called("{name: es, namespace: b, clusterName: es}") == {("b", "elasticsearch", "es")}


def test_a_name_that_nobody_has_opens_nothing() -> None:
    assert called("{name: gone, clusterName: es}") == set()
