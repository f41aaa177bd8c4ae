"""The policies that name no component, in each mode."""

from __future__ import annotations

import pytest
from cilium_policies.cilium.model import Rule, Selector
from cilium_policies.config.model import ClusterConfig, Config, Mode
from cilium_policies.generate.base_policies import NOBODY, allow_dns_server, cluster_wide, default_deny, spec
from cilium_policies.generate.dns import Dns

from tests.support import cluster, namespace


def dns(**fields: object) -> Dns:
    return Dns(cluster(namespace("shop")), Config(cluster=ClusterConfig(**fields)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "ingress", "egress", "denies"),
    [
        (Mode("enforce", "enforce"), NOBODY, NOBODY, (None, None)),
        (Mode("audit", "audit"), NOBODY, NOBODY, (False, False)),
        (Mode("enforce", "audit"), NOBODY, NOBODY, (True, False)),
        (Mode("off", "enforce"), None, NOBODY, (None, None)),
        (Mode("audit", "off"), NOBODY, None, (False, False)),
    ],
)
def test_a_mode_is_the_one_block_and_off_is_no_rules(
    mode: Mode, ingress: object, egress: object, denies: tuple[bool | None, bool | None]
) -> None:
    made = default_deny(mode)
    assert (made.ingress, made.egress) == (ingress, egress)
    assert (made.deny_ingress_default, made.deny_egress_default) == denies


def test_the_description_is_the_reasons_in_the_order_of_the_rules() -> None:
    made = spec(Mode("enforce", "enforce"), Selector(), (Rule(why="a"), Rule(why="b")), (Rule(why="c"),))
    assert made.description == "a; b; c"
    assert default_deny(Mode()).description == ""


def test_the_dns_server_answers_pods_and_nodes_and_asks_upstream() -> None:
    made = allow_dns_server(Mode("enforce", "enforce"), dns(), (6443,))
    assert [rule.entities for rule in (*(made.ingress or ()), *(made.egress or ()))] == [
        None,
        ("host", "remote-node"),
        ("kube-apiserver",),
        ("host", "world"),
    ]
    assert {one.key for one in made.subject.requirements} == {"k8s-app"}


def test_cluster_wide_ones_select_pods_only_and_never_deny() -> None:
    made = cluster_wide(dns(), (6443,))
    assert set(made) == {"allow-dns-all", "allow-kube-apiserver"}
    for one in made.values():
        assert [(need.key, need.operator) for need in one.subject.requirements] == [
            ("k8s:io.kubernetes.pod.namespace", "Exists")
        ]
        assert (one.deny_ingress_default, one.deny_egress_default) == (False, False)
