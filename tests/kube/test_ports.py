"""What a port's name tells: one rule, whoever asks; and which ports another holds."""

from __future__ import annotations

import pytest
from cilium_policies.kube.ports import Port, is_of_metrics, is_of_operations


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


@pytest.mark.parametrize(
    ("wide", "port", "expected"),
    [
        (Port(80), Port(80), True),
        (Port(80), Port(80, "UDP"), False),
        (Port(8000, end=8010), Port(8005), True),
        (Port(8000, end=8010), Port(8005, end=8010), True),
        (Port(8000, end=8010), Port(8005, end=8011), False),
        (Port(8000), Port(8000, end=8010), False),
        (Port(80, name="http"), Port(80), True),
        (Port(0, name="metrics"), Port(0, name="metrics"), True),
        (Port(0, name="metrics"), Port(0, name="admin"), False),
        (Port(0, name="metrics"), Port(80), False),
    ],
)
def test_a_port_covers_another_as_a_whole(wide: Port, port: Port, expected: bool) -> None:
    assert wide.covers(port) is expected
