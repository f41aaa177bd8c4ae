"""What the catalogue tells evidence: whose published ports are for the nodes only."""

from __future__ import annotations

import pytest
from cilium_policies.config.model import ClusterConfig, Config
from cilium_policies.config.peer import ConfigPeer

from tests.support import deployment, made, namespace, service


def _clients(labels: str, port: int) -> set[str]:
    published = service("net/app", selector=labels, port=port, target=str(port)).replace(
        "spec:\n", "spec:\n  type: NodePort\n", 1
    )
    documents = (namespace("net"), deployment("net/app", labels=labels, port=port), published)
    edges = made(*documents).plan.edges
    return {edge.source.name for edge in edges if edge.origin == "service"}


def test_node_port_of_an_unknown_program_is_for_everybody() -> None:
    assert _clients("app: unknown", 5000) == {"world", "host", "remote-node"}


@pytest.mark.parametrize(
    ("labels", "port", "outside"),
    [
        (
            "app.kubernetes.io/name: spegel, app.kubernetes.io/component: spegel",
            5000,
            False,
        ),  # containerd's mirror
        ("app.kubernetes.io/name: k8s-gateway", 1053, True),  # the nodes and the local network ask it
    ],
)
def test_node_port_of_a_known_program(labels: str, port: int, outside: bool) -> None:
    assert ("world" in _clients(labels, port)) is outside


@pytest.mark.parametrize("field", ["scrapers", "gateways"])
def test_a_peer_of_the_config_that_is_not_there_is_told(field: str) -> None:
    there, gone = ConfigPeer("pod", "app", "net"), ConfigPeer("pod", "agnt", "net")
    cluster = ClusterConfig(**{field: (there, gone)})
    findings = made(
        namespace("net"), deployment("net/app"), config=Config(mode="enforce", cluster=cluster)
    ).plan.findings
    assert [one.path for one in findings] == [f"spec.cluster.{field}[1]"]
    assert "pod:net/agnt matches nothing" in findings[0].message
