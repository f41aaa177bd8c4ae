"""What a port's name tells: one rule, whoever asks."""

from __future__ import annotations

import pytest
from cilium_policies.kube.ports import is_of_metrics, is_of_operations


@pytest.mark.parametrize(
    "name", ["metrics", "http-metrics", "prometheus", "exporter", "HTTP-Metrics", "monitoring"]
)
def test_ports_of_scrapers(name: str) -> None:
    assert is_of_metrics(name)
    assert is_of_operations(name)


@pytest.mark.parametrize(
    "name", ["health", "healthz", "liveness", "live", "ready", "readyz", "pprof", "debug"]
)
def test_ports_of_the_kubelet_and_of_developers(name: str) -> None:
    assert not is_of_metrics(name)
    assert is_of_operations(name)


@pytest.mark.parametrize("name", ["", "http", "web", "livekit", "delivery", "already", "db"])
def test_ports_of_clients(name: str) -> None:
    assert not is_of_operations(name)
