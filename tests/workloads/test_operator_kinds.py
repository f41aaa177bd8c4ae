"""Pods of operators' kinds: label sets as the operators' own sources write them, ports and whom they call.

Expectations are read off those sources: Strimzi (`Labels.java`, `KafkaConnectCluster.java` …), ECK
(`pkg/controller/*/labels.go`), Percona (`pkg/naming`), Opstree (`internal/k8sutils/labels.go`), Altinity
(`pkg/model/chi/tags/labeler`), KubeRay (`utils/constant.go`), KServe (`pkg/constants`).
"""

from __future__ import annotations

import pytest
from cilium_policies.catalogue.conditions import at

from tests.support import cluster

S = "strimzi.io"
COMMON = "common.k8s.elastic.co/type"
PXC = "app.kubernetes.io/name=percona-xtradb-cluster app.kubernetes.io/instance=x app.kubernetes.io/component"
KINDS = [
    (
        "kafka.strimzi.io/KafkaConnect",
        "",
        f"{S}/cluster=x {S}/kind=KafkaConnect {S}/component-type=kafka-connect",
    ),
    (
        "kafka.strimzi.io/KafkaBridge",
        "",
        f"{S}/cluster=x {S}/kind=KafkaBridge {S}/component-type=kafka-bridge",
    ),
    (
        "kafka.strimzi.io/KafkaMirrorMaker2",
        "",
        f"{S}/cluster=x {S}/kind=KafkaMirrorMaker2 {S}/component-type=kafka-mirror-maker-2",
    ),
    (
        "kafka.strimzi.io/Kafka",
        "cruiseControl: {}",
        f"{S}/cluster=x {S}/kind=Kafka {S}/component-type=cruise-control",
    ),
    (
        "kafka.strimzi.io/Kafka",
        "kafkaExporter: {}",
        f"{S}/cluster=x {S}/kind=Kafka {S}/component-type=kafka-exporter",
    ),
    ("logstash.k8s.elastic.co/Logstash", "", f"{COMMON}=logstash logstash.k8s.elastic.co/name=x"),
    ("beat.k8s.elastic.co/Beat", "type: filebeat", f"{COMMON}=beat beat.k8s.elastic.co/name=x"),
    ("apm.k8s.elastic.co/ApmServer", "", f"{COMMON}=apm-server apm.k8s.elastic.co/name=x"),
    ("agent.k8s.elastic.co/Agent", "", f"{COMMON}=agent agent.k8s.elastic.co/name=x"),
    ("maps.k8s.elastic.co/ElasticMapsServer", "", f"{COMMON}=maps maps.k8s.elastic.co/name=x"),
    ("pxc.percona.com/PerconaXtraDBCluster", "pxc: {size: 3}", f"{PXC}=pxc"),
    ("pxc.percona.com/PerconaXtraDBCluster", "haproxy: {enabled: true}", f"{PXC}=haproxy"),
    (
        "redis.redis.opstreelabs.in/RedisReplication",
        "clusterSize: 3",
        "app=x redis_setup_type=replication role=replication",
    ),
    (
        "redis.redis.opstreelabs.in/RedisSentinel",
        "",
        "app=x-sentinel redis_setup_type=sentinel role=sentinel",
    ),
    ("redis.redis.opstreelabs.in/RedisCluster", "", "app=x-leader redis_setup_type=cluster role=leader"),
    ("redis.redis.opstreelabs.in/RedisCluster", "", "app=x-follower redis_setup_type=cluster role=follower"),
    (
        "clickhouse.altinity.com/ClickHouseInstallation",
        "",
        "clickhouse.altinity.com/app=chop clickhouse.altinity.com/chi=x",
    ),
    ("mongodbcommunity.mongodb.com/MongoDBCommunity", "members: 3", "app=x-svc"),
    ("ray.io/RayCluster", "", "ray.io/cluster=x ray.io/is-ray-node=yes ray.io/node-type=head"),
    ("sparkoperator.k8s.io/SparkApplication", "", "sparkoperator.k8s.io/app-name=x spark-role=driver"),
    ("serving.kserve.io/InferenceService", "", "serving.kserve.io/inferenceservice=x component=predictor"),
    (
        "serving.kserve.io/InferenceService",
        "transformer: {}",
        "serving.kserve.io/inferenceservice=x component=transformer",
    ),
    ("kubeflow.org/PyTorchJob", "", "training.kubeflow.org/job-name=x"),
    ("serving.knative.dev/Service", "", "serving.knative.dev/service=x"),
    ("argoproj.io/Sensor", "", "controller=sensor-controller sensor-name=x owner-name=x"),
    ("argoproj.io/EventSource", "", "controller=eventsource-controller eventsource-name=x owner-name=x"),
    ("tekton.dev/PipelineRun", "", "app.kubernetes.io/managed-by=tekton-pipelines"),
]


@pytest.mark.parametrize(("kind", "spec", "labels"), KINDS)
def test_labels_of_the_pods(kind: str, spec: str, labels: str) -> None:
    group, _, name = kind.partition("/")
    shown = f"apiVersion: {group}/v1\nkind: {name}\nmetadata: {{name: x, namespace: a}}\nspec: {{{spec}}}\n"
    found = [one.labels for one in cluster(shown).workloads]
    assert dict(pair.split("=") for pair in labels.split()) in found


def test_an_empty_mapping_asks_for_a_part_and_its_absence_for_none() -> None:
    def parts(spec: str) -> set[str]:
        shown = f"apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {{name: x, namespace: a}}\nspec: {{{spec}}}\n"
        return {one.component for one in cluster(shown).workloads}

    assert parts("kafka: {}") == {"strimzi-kafka"}
    assert parts("kafka: {}, cruiseControl: {}") == {"strimzi-kafka", "strimzi-cruise-control"}
    assert at({"spec": {"a": {}}}, "spec.a") == {}
