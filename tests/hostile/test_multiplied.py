"""Twice as many objects of a kind are twice the work, in one namespace and with the same labels."""

from __future__ import annotations

import pytest

from tests.hostile.multiplied import growth

# Each had something that was asked of every other object for every one of them, at up to five times the time of half as
# many (1, 2: selectors that were held against every neighbour, 3: Services before all of them, 4: conditions of
# the catalogue that ask of objects, 5: servers that a Secret's key may mean).
KINDS = [
    ("apps", "DaemonSet"),  # 1
    ("argoproj.io", "AnalysisTemplate"),  # 1
    ("argoproj.io", "CronWorkflow"),  # 1
    ("platform.confluent.io", "Kafka"),  # 1, 3
    ("app.redislabs.com", "RedisEnterpriseDatabase"),  # 3
    ("actions.github.com", "AutoscalingRunnerSet"),  # 4
    ("kafka.strimzi.io", "Kafka"),  # 4
    ("apps.kubeblocks.io", "Cluster"),  # 5
]


@pytest.mark.slow
@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_twice_the_objects_are_twice_the_work(group: str, kind: str) -> None:
    assert growth(group, kind) < 2.05
