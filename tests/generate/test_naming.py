"""Names of policies."""

import pytest
from cilium_policies.generate.naming import LIMIT, component_name, free, limited


@pytest.mark.parametrize(
    ("component", "instance", "name"),
    [
        ("cert-manager-webhook", "cert-manager", "cert-manager-webhook"),
        ("grafana", "grafana", "grafana"),
        ("grafana", "grafana-main", "grafana-main"),
        ("external-dns", "cloudflare-dns", "external-dns-cloudflare-dns"),
        ("vmsingle", "vm", "vmsingle-vm"),
        ("redis", "redissimo", "redis-redissimo"),
        ("flux-source-controller", "flux", "flux-source-controller"),
        ("flux-source-controller", "source-controller", "flux-source-controller-source-controller"),
        ("tofu-runner", "", "tofu-runner"),  # an object with a generateName alone
    ],
)
def test_component_and_instance(component: str, instance: str, name: str) -> None:
    assert component_name(component, instance) == name


def test_taken_names_get_a_suffix() -> None:
    taken = {"web"}
    assert [free("web", taken) for _ in range(3)] == [
        "web-cilium-policies",
        "web-cilium-policies-2",
        "web-cilium-policies-3",
    ]


def test_long_names_are_cut_with_a_hash_and_stay_apart() -> None:
    one, other = limited("a" * 300), limited("a" * 299 + "b")
    assert len(one) == len(other) == LIMIT
    assert one != other
    assert len(free(one, {one})) <= LIMIT


def test_a_part_of_a_component_stands_behind_the_name() -> None:
    assert (
        component_name("loki-cache", "loki", "memcached-results-cache")
        == "loki-cache-memcached-results-cache"
    )
    assert component_name("vector", "logs", "Agent") == "vector-logs-agent"
    assert component_name("redis", "cache-node", "node") == "redis-cache-node"
