"""Which registry's images a cache of another one holds."""

from __future__ import annotations

import pytest
from cilium_policies.kube.registries import cached


@pytest.mark.parametrize(
    ("repository", "origin"),
    [
        ("harbor.acme.com/dockerhub/grafana/alloy", "docker.io/grafana/alloy"),
        ("harbor.acme.com/proxy/docker.io/grafana/alloy", "docker.io/grafana/alloy"),
        ("harbor.acme.com/proxy/index.docker.io/nginx", "docker.io/library/nginx"),
        ("harbor.acme.com/proxy/dock.mau.dev/mautrix/telegram", "dock.mau.dev/mautrix/telegram"),
        (
            "harbor.acme.com/proxy/docker.elastic.co/beats/filebeat",
            "docker.elastic.co/beats/filebeat",
        ),
        ("harbor.acme.com/docker-elastic/beats/filebeat", "docker.io/beats/filebeat"),
    ],
)
def test_a_path_that_names_a_registry_in_full_means_that_one(repository: str, origin: str) -> None:
    found = cached(repository)
    assert found is not None
    assert found[1] == origin
