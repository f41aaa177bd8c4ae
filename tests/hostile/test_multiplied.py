"""Twice as many objects of a kind are twice the work, in one namespace and with the same labels."""

from __future__ import annotations

import pytest

from tests.hostile.multiplied import flows, growth, many, richest

# Each had something that was asked of every other object for every one of them.
KINDS = [
    # selectors that were held against every neighbour
    ("apps", "DaemonSet"),
    ("argoproj.io", "AnalysisTemplate"),
    ("argoproj.io", "CronWorkflow"),
    ("logging.banzaicloud.io", "Logging"),
    # Services before all of them
    ("platform.confluent.io", "Kafka"),
    ("app.redislabs.com", "RedisEnterpriseDatabase"),
    # what the catalogue asks of objects
    ("actions.github.com", "AutoscalingRunnerSet"),
    ("kafka.strimzi.io", "Kafka"),
    ("dynatrace.com", "DynaKube"),
    ("debezium.io", "DebeziumServer"),
    # servers that a Secret's key may mean, databases called after programs, operators, who hands configuration on
    ("apps.kubeblocks.io", "Cluster"),
    ("argoproj.io", "EventBus"),
    ("acid.zalan.do", "postgresql"),
    ("doris.selectdb.com", "DorisCluster"),
    ("flagger.app", "Canary"),
    ("jaegertracing.io", "Jaeger"),
    # members that all call each other
    ("slinky.slurm.net", "NodeSet"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_twice_the_objects_are_twice_the_work(group: str, kind: str) -> None:
    assert growth(group, kind) < 2.05


@pytest.mark.slow
@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("monitoring.coreos.com", "Prometheus"),  # each reads what all monitors select
        ("operator.victoriametrics.com", "VMAgent"),
        ("pxc.percona.com", "PerconaXtraDBClusterRestore"),  # each reads every backup's volume
        ("v1", "Pod"),  # each calls a Service before all of them
        ("apps", "StatefulSet"),  # each has a policy that names all others
    ],
)
def test_where_each_needs_each_other_work_grows_with_their_flows(group: str, kind: str) -> None:
    one, beside = richest(group, kind)
    small, middle, large = (flows(many(one, beside, count)) for count in (20, 40, 80))
    more = (large - middle) / (middle - small)
    assert more > 3  # else it is a case for the test above
    assert growth(group, kind) < more
